"""Ray's workers write the files that one process writes, and leave the machine as they found it."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from adde_lite.errors import InputError
from adde_lite.extraction import extract, extract_with_ray

# Where Ray gives up at its start, it leaves its processes to whichever test is running when they are collected.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

CALL = {"size": 16, "shard_size": 6, "progress": False}

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason='no Ray: pip install "adde-lite[scale]"')
by_ray = partial(extract_with_ray, **CALL)
by_this_process = partial(extract, device="cpu", **CALL)


@contextmanager
def enough_machine_for_ray() -> Iterator[None]:
    """Ray gives its own processes 30 seconds to start, which no setting lengthens."""
    try:
        yield
    except Exception as error:
        if "timed out during startup" not in str(error):
            raise
        pytest.skip("this machine is too busy: Ray did not start within its 30 seconds")


@pytest.mark.alone
@needs_ray
def test_ray_writes_the_files_of_one_process_and_stops_again(model, images, tmp_path, contents, capfd):
    import ray

    (images / "13.jpg").write_bytes((images / "13.jpg").read_bytes()[:60])
    with pytest.warns(UserWarning, match="1 damaged images skipped"):
        by_this_process(model, images, tmp_path / "one", damaged="skip")
    shutil.copytree(tmp_path / "one" / "shard-000001", tmp_path / "ray" / "shard-000001")
    with pytest.warns(UserWarning, match=r"1 damaged images skipped \(13\.jpg\)"), enough_machine_for_ray():
        extracted = by_ray(model, images, tmp_path / "ray", damaged="skip")
    assert contents(tmp_path / "ray") == contents(tmp_path / "one")
    assert len(extracted.load().names) == 22
    assert not ray.is_initialized()
    out, err = capfd.readouterr()
    assert out == ""
    # Ray's core says of every pool of workers that its arguments may be lost; they live as long as this process.
    assert [line for line in err.splitlines() if "ray-project/ray/issues/53727" not in line] == []


@pytest.mark.alone
@needs_ray
def test_a_cluster_that_runs_is_used_and_left_running(model, images, tmp_path):
    import ray

    (images / "13.jpg").write_bytes((images / "13.jpg").read_bytes()[:60])
    with enough_machine_for_ray():
        ray.init(
            address="local", num_cpus=1, include_dashboard=False, object_store_memory=80 * 2**20, log_to_driver=False
        )
    try:
        with pytest.raises(InputError, match=r"given 2 workers .*, expected no more than the 1 cores and . GPUs"):
            by_ray(model, images, tmp_path / "ray", workers=2)
        with pytest.raises(InputError, match=r"13\.jpg'?: given a JPEG image, cut short or damaged"):
            by_ray(model, images, tmp_path / "ray")
        assert ray.is_initialized()
    finally:
        ray.shutdown()


@needs_ray
def test_nothing_left_to_do_starts_no_ray(model, images, tmp_path, monkeypatch):
    import ray

    by_this_process(model, images, tmp_path / "out")
    monkeypatch.setattr(ray, "init", None)
    assert by_ray(model, images, tmp_path / "out").missing() == []


@needs_ray
@pytest.mark.parametrize("options", [{"workers": 0}, {"cpus": 0}, {"gpus": -1}])
def test_numbers_that_cannot_be_are_refused(model, images, tmp_path, options):
    with pytest.raises(InputError, match=r"extract_with_ray: given .*workers of"):
        by_ray(model, images, tmp_path / "out", **options)


def test_without_ray_the_error_says_how_to_install_it(model, images, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r'pip install "adde-lite\[scale\]"'):
        by_ray(model, images, tmp_path / "out")
    assert not (tmp_path / "out").exists()
