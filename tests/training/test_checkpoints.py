"""A checkpoint is whole, or it is refused and the one before it is used."""

import os
import pickle
import random
import resource

import pytest
import torch

from adde_lite import storage
from adde_lite.training import CheckpointError
from adde_lite.training.checkpoints import FORMAT, Checkpoints
from tests.processes import in_processes
from tests.training.runs import STEPS, whole_run

FLIPS = 300
FILES = (storage.TENSORS, storage.FACTS, storage.MANIFEST)
FACTS = {"model": {"d": 6}, "training": {"rate": 0.1, "halvings": (2, 3)}}


@pytest.fixture
def two(tmp_path):
    """Two checkpoints of one run: after step 4, and after step 8."""
    checkpoints = Checkpoints(tmp_path / "run", FACTS)
    for step in (4, 8):
        checkpoints.save(step, {"network.weight": torch.full((3, 4), float(step))}, {"epoch": step})
    return checkpoints


def newest_folder(checkpoints):
    return checkpoints.folder / f"step-{checkpoints.steps()[-1]:010d}"


def assert_the_one_before_is_used(checkpoints):
    with pytest.warns(UserWarning, match=r"damaged checkpoint is passed over for the one before.*step-0000000008"):
        found = checkpoints.newest()
    assert found.step == found.facts["epoch"] == 4
    assert torch.equal(found.tensors["network.weight"], torch.full((3, 4), 4.0))


def test_the_newest_of_the_last_two_is_read_back(two):
    two.save(12, {"network.weight": torch.zeros(1)}, {"epoch": 12})
    assert two.steps() == [8, 12]
    assert two.newest().step == 12


def test_every_flipped_bit_is_noticed_and_the_previous_checkpoint_used(two):
    draw = random.Random(0)
    files = {name: (newest_folder(two) / name).read_bytes() for name in FILES}
    for number in range(FLIPS):
        name = FILES[number % len(FILES)]
        flipped = bytearray(files[name])
        flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
        (newest_folder(two) / name).write_bytes(flipped)
        assert_the_one_before_is_used(two)
        (newest_folder(two) / name).write_bytes(files[name])
    assert two.newest().step == 8


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 1, 4, 0.5, -1])
def test_truncated_file_is_noticed_and_the_previous_checkpoint_used(two, name, keep):
    path = newest_folder(two) / name
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep) if isinstance(keep, float) else keep])
    assert_the_one_before_is_used(two)


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_noticed_and_the_previous_checkpoint_used(two, name):
    (newest_folder(two) / name).unlink()
    assert_the_one_before_is_used(two)


def test_when_both_are_damaged_by_a_flip_the_run_does_not_start_anew_by_itself(two):
    for step in two.steps():
        path = two.folder / f"step-{step:010d}" / storage.TENSORS
        path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(CheckpointError, match="start anew") as caught:
        two.newest()
    assert caught.value.path.name == "step-0000000004"
    assert "tensors.safetensors" in caught.value.reason


class Bomb:
    """Unpickled, it makes a folder."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("manifest_fits", [False, True])
def test_pickle_in_place_of_a_file_is_refused_and_never_run(two, tmp_path, name, manifest_fits):
    """Also when whoever made it wrote a manifest that fits."""
    mark, folder = tmp_path / "exploded", newest_folder(two)
    bomb = pickle.dumps(Bomb(mark))
    (folder / name).write_bytes(bomb)
    if manifest_fits and name != storage.MANIFEST:
        files = {
            each: {"bytes": (folder / each).stat().st_size, "sha256": storage.file_sha256(folder / each)}
            for each in (storage.TENSORS, storage.FACTS)
        }
        (folder / storage.MANIFEST).write_text(storage._manifest(files))
    assert_the_one_before_is_used(two)
    assert not mark.exists()
    pickle.loads(bomb)
    assert mark.is_dir()


def test_file_of_another_program_beside_the_checkpoints_is_refused(two):
    (two.folder / "model.ckpt").write_bytes(b"not ours")
    with pytest.raises(CheckpointError, match=r"not a folder of checkpoints: it holds model.ckpt"):
        Checkpoints(two.folder, FACTS)


def test_folder_that_holds_other_tensors_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path, FACTS)
    storage.store(tmp_path / "step-0000000003", {"a": torch.zeros(1)}, {"hash": "of weights, not of a run"})
    with pytest.raises(CheckpointError, match=f"format None, this version reads {FORMAT}"):
        checkpoints.newest()


@pytest.mark.parametrize("other", [FORMAT - 1, FORMAT + 1])
def test_older_and_newer_formats_are_refused_with_a_way_out(two, monkeypatch, other):
    monkeypatch.setattr("adde_lite.training.checkpoints.FORMAT", other)
    with pytest.raises(CheckpointError, match=r"Go on with the version that wrote it"):
        two.newest()


def test_other_recipe_is_refused_and_the_difference_named(two):
    other = {"model": {"d": 6}, "training": {"rate": 0.2, "halvings": (2, 3)}}
    with pytest.raises(CheckpointError, match=r"training.rate 0.1 there, 0.2 here"):
        Checkpoints(two.folder, other).newest()


def test_draft_of_a_killed_save_is_cleared_away_by_the_next(two):
    draft = two.folder / ".step-0000000012-x1y2"
    draft.mkdir()
    (draft / storage.TENSORS).write_bytes(b"half")
    assert two.newest().step == 8
    two.save(12, {}, {})
    assert sorted(path.name for path in two.folder.iterdir()) == ["step-0000000008", "step-0000000012"]


def run_on_a_full_disk(folder):
    """Train; from the third checkpoint on no file may grow beyond a few bytes, which is how a full disk fails."""
    store, stored = storage.store, []

    def filling(*arguments):
        stored.append(1)
        if len(stored) == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        store(*arguments)

    storage.store = filling
    try:
        whole_run(folder)
    except CheckpointError as error:
        return {"said": str(error), "left": sorted(path.name for path in folder.iterdir())}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_full_disk_stops_the_run_and_leaves_the_checkpoints_before_whole_for_a_resume(tmp_path):
    folder = tmp_path / "run"
    (result,) = in_processes(run_on_a_full_disk, 1, folder)
    assert result["left"] == ["step-0000000004", "step-0000000006"]
    assert "not written" in result["said"] and "the one of step 6 is whole" in result["said"]
    (resumed,), (unbroken,) = in_processes(whole_run, 1, folder, 5), in_processes(whole_run, 1)
    assert torch.equal(resumed, unbroken)


def test_resume_passes_over_a_damaged_checkpoint_and_still_ends_the_same(tmp_path):
    wanted = whole_run(tmp_path / "run")
    newest = sorted((tmp_path / "run").iterdir())[-1]
    assert newest.name == f"step-{STEPS:010d}"
    content = bytearray((newest / storage.TENSORS).read_bytes())
    content[len(content) // 2] ^= 1
    (newest / storage.TENSORS).write_bytes(content)
    with pytest.warns(UserWarning, match="passed over"):
        resumed = whole_run(tmp_path / "run", seed=5)
    assert torch.equal(resumed, wanted)


def test_tensors_of_another_shape_under_the_same_recipe_are_refused(tmp_path):
    """Somebody edited a checkpoint and gave it a manifest that fits: still no half-loaded model."""
    whole_run(tmp_path / "run")
    folder = sorted((tmp_path / "run").iterdir())[-1]
    tensors, facts = storage.load(folder)
    storage.store(folder, {**tensors, "network.heads.bias": torch.zeros(1)}, facts)
    with pytest.raises(CheckpointError, match="does not fit the model"):
        whole_run(tmp_path / "run")
