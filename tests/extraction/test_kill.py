"""An extraction killed by the system loses the shard in work, nothing else, and ends with the same files."""

import signal
import subprocess
import sys

import pytest

from adde_lite import storage
from adde_lite.extraction import Extracted, extract

SHARD_SIZE = 4
CHILD = """
import itertools, os, signal, sys
from pathlib import Path

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.data import ahead
from adde_lite.extraction import extract
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe

weights, images, out, where, count = sys.argv[1:]
tensors, facts = storage.load(Path(weights))
model = AttributeEncoder(AttributeSchema.from_json(facts["schema"]), EncoderRecipe(**facts["recipe"]))
model.load_state_dict(tensors)
numbers = itertools.count(1)


def killed_at(call):
    def run(*args, **more):
        number = next(numbers)  # each thread its own
        done = call(*args, **more)
        if number == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return run


module, name = {"decode": (ahead, "decode_named"), "save": (storage, "save_file"), "rename": (Path, "rename")}[where]
setattr(module, name, killed_at(getattr(module, name)))
extract(model, images, out, size=16, shard_size=4, device="cpu", progress=False)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize(
    ("where", "count", "whole"),
    [("decode", 10, 2), ("save", 4, 2), ("rename", 4, 3)],  # the first file saved and renamed is the plan's
    ids=["while decoding", "while saving", "after a shard was renamed"],
)
def test_a_killed_extraction_resumes_to_the_same_files(model, images, tmp_path, contents, where, count, whole):  # noqa: PLR0917
    out, weights = tmp_path / "out", tmp_path / "weights"
    facts = {"schema": model.schema.to_json(), "recipe": vars(model.recipe)}
    storage.store(weights, model.state_dict(), facts)
    child = [sys.executable, "-c", CHILD, *map(str, (weights, images, out)), where, str(count)]
    assert subprocess.run(child, check=False).returncode == -signal.SIGKILL
    assert Extracted(out).missing() == list(range(whole, 6))
    assert any(path.name.startswith(".shard-") for path in out.iterdir()) == (where == "save")
    for to in (out, tmp_path / "unbroken"):
        extract(model, images, to, size=16, shard_size=SHARD_SIZE, device="cpu", progress=False)
    assert contents(out) == contents(tmp_path / "unbroken")
