import pytest
import torch

from adde_lite.profiles import PROFILES
from adde_lite.throughput import __main__ as command
from adde_lite.throughput import recorded, survey, surveying
from adde_lite.throughput.surveying import SIZES


@pytest.fixture(scope="module")
def rates():
    """The whole survey, tiny."""
    return survey(PROFILES["tiny"], progress=False)


def test_the_survey_measures_choices_and_the_paper_shape_from_tensors_and_files(rates):
    assert [rate.name for rate in rates] == [
        "small trunk, start",
        "small trunk, uint8 in memory",
        "small trunk, channels last",
        "small trunk, bfloat16",
        "small trunk, batch of 16",
        "AlexNet 64 px, training",
        "AlexNet 64 px, one view",
        "AlexNet 64 px, two views",
        "edits, swap",
        "edits, add",
        "JPEG decoding, one core",
        "AlexNet 64 px, from JPEG files",
    ]
    assert all(0 < rate.least <= rate.per_second <= rate.most for rate in rates)
    assert {rate.second for rate in rates} == {"CPU second"}
    assert all("kept" in rate.row() for rate in rates[:5])


def test_a_gpu_is_measured_in_the_shape_and_for_as_long_as_the_course_promises():
    gpu = SIZES["gpu"]
    assert (gpu.effort.repeats, gpu.px, gpu.d) == (5, 224, 340)
    assert gpu.effort.batches >= 20
    assert gpu.compiles
    assert (surveying.SHOPPING100K.A, surveying.SHOPPING100K.J) == (12, 151)


def test_a_rate_that_the_machine_cannot_reach_costs_no_other(monkeypatch):
    def too_large(*_, **__):
        raise torch.OutOfMemoryError("out of memory: tried to allocate 80 GiB")

    for job in ("_choices", "_training", "_from_files"):
        monkeypatch.setattr(surveying, job, lambda *_: iter(()))
    monkeypatch.setattr(surveying, "extraction_rate", too_large)
    with pytest.warns(UserWarning, match="left out: out of memory"):
        rates = survey(PROFILES["tiny"], progress=False)
    assert [rate.name for rate in rates] == ["edits, swap", "edits, add"]


def test_the_command_measures_this_machine_and_writes_the_record(rates, tmp_path, monkeypatch, capsys):
    path, threads = tmp_path / "throughput.json", torch.get_num_threads()
    monkeypatch.setenv("ADDE_LITE_PROFILE", "tiny")
    monkeypatch.setattr(command, "RECORD", path)
    monkeypatch.setattr(command, "survey", lambda profile: rates if profile.name == "tiny" else [])
    try:
        command.main()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    mine = recorded(path)[-1]
    assert (mine["profile"], mine["threads"], len(mine["rows"])) == ("tiny", 1, len(rates))
    assert "JPEG decoding, one core" in capsys.readouterr().out
