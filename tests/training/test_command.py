"""The same entry for one process and for many: `python -m` and `torchrun -m`, and processes forked from a notebook."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from adde_lite import storage
from adde_lite.extraction.weights import stored_encoder
from adde_lite.training.__main__ import REFUSED, main

ROOT = Path(__file__).parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
TINY = ["--epochs", "1", "--size", "32", "--device", "cpu"]
SMALL = ["adde_lite.training", "WARDROBE", "--garments", "256", *TINY, "--save-every", "1"]
LIMIT_S = 120


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """One thread a process, a cache of this test's own, and nothing that names another launcher's processes."""
    folder = tmp_path_factory.mktemp("cache")
    return os.environ | {"OMP_NUM_THREADS": "1", "ADDE_LITE_CACHE": str(folder)}


def weights(folder):
    tensors, facts = storage.load(folder / "weights")
    return torch.cat([value.double().flatten() for value in tensors.values()]), facts


def test_torchrun_trains_a_named_recipe_and_resumes_when_all_its_processes_are_killed(tmp_path, surroundings):
    def started(out):
        return subprocess.Popen(
            [*TORCHRUN, *SMALL, "--out", str(out)],
            cwd=ROOT,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a group of its own, which can be killed as a whole
        )

    whole, _ = started(tmp_path / "whole").communicate(timeout=LIMIT_S)
    killed = started(tmp_path / "killed")
    end = time.monotonic() + LIMIT_S
    while not (tmp_path / "killed" / "checkpoints" / "step-0000000001").exists():
        assert killed.poll() is None and time.monotonic() < end, killed.communicate()[0]
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    said, _ = started(tmp_path / "killed").communicate(timeout=LIMIT_S)
    assert f"weights: {tmp_path / 'killed' / 'weights'}" in said
    assert whole.count("weights: ") == said.count("weights: ") == 1  # the first process speaks for all
    resumed, facts = weights(tmp_path / "killed")
    assert facts["recipe"]["data"] == {"recipe": "WARDROBE", "images": 256}
    assert torch.equal(resumed, weights(tmp_path / "whole")[0])


def test_three_stages_train_from_the_command_line_and_a_second_call_is_done_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path / "cache"))
    words = ["WARDROBE_STAGES", "--garments", "300", *TINY, "--out", str(tmp_path / "run")]
    assert main(words) == 0
    first, _ = weights(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir()) == ["stage-1", "stage-3"]
    assert main(words) == 0
    assert torch.equal(weights(tmp_path / "run")[0], first)
    assert "memory" in capsys.readouterr().err  # the lines of progress name the losses
    encoder = stored_encoder(tmp_path / "run" / "weights")
    assert torch.equal(encoder.heads.bias, storage.load(tmp_path / "run" / "weights")[0]["encoder.heads.bias"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["WARDROB"], "Did you mean 'WARDROBE'?"),
        (["WARDROBE", "--device", "tpu"], "'auto', 'cpu' or 'cuda'"),
        (["WARDROBE", "--split", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_call_is_one_line_and_status_2(words, said, capsys, tmp_path):
    assert main([*words, "--out", str(tmp_path)]) == REFUSED
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


FROM_A_NOTEBOOK = """
import torch
from adde_lite.augmentation import Augmentation
from adde_lite.training import in_processes, train
from tests.coloured_bars import coloured_bars
from tests.training.runs import RECIPE, encoder, weights, whole_run

data = coloured_bars()
torch.ones(1000, 1000) @ torch.ones(1000, 1000)  # threads that a fork must get along with

def run(fabric):
    model = encoder()
    train(model, data, RECIPE, fabric=fabric, progress=False)
    return fabric.world_size, weights(model)

processes, two = in_processes(run, 2, RECIPE, device="cpu")
_, one = in_processes(run, 1, RECIPE, device="cpu")
large = in_processes(lambda fabric: torch.ones(200_000), 2, RECIPE, device="cpu")  # more than a pipe holds
assert large.sum() == 200_000
print(processes, torch.equal(one, whole_run()), float((two - one).abs().max()) < 1e-3)
"""


def test_cells_train_in_two_processes_forked_from_the_notebook(surroundings):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FROM_A_NOTEBOOK],
        cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["2", "True", "True"], done.stderr
