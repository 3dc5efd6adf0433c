import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.profiles import PROFILES, VARIABLE, profile


@pytest.fixture
def cuda(monkeypatch):
    """Make torch say that it has a CUDA device, or that it has none."""
    return lambda there: monkeypatch.setattr(torch.cuda, "is_available", lambda: there)


@pytest.mark.parametrize("name", ["tiny", "cpu", "gpu"])
def test_the_variable_names_the_profile(name, monkeypatch, cuda):
    cuda(True)
    monkeypatch.setenv(VARIABLE, name)
    assert profile().name == name
    assert profile().device == ("cuda" if name == "gpu" else "cpu")


@pytest.mark.parametrize(("there", "name"), [(True, "gpu"), (False, "cpu")])
@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_the_machine_decides(there, name, value, monkeypatch, cuda):
    cuda(there)
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    assert profile().name == name


def test_an_unknown_word_is_refused_with_the_three_that_are_known(monkeypatch):
    monkeypatch.setenv(VARIABLE, "GPU")
    with pytest.raises(InputError, match=r"'GPU'.*tiny, cpu or gpu.*unset"):
        profile()


def test_gpu_without_a_device_is_refused(monkeypatch, cuda):
    cuda(False)
    monkeypatch.setenv(VARIABLE, "gpu")
    with pytest.raises(InputError, match="CUDA device"):
        profile()


def test_pick_gives_each_profile_its_own_value():
    assert [size.pick(tiny=1, cpu=12, gpu=40) for size in PROFILES.values()] == [1, 12, 40]


def test_every_profile_has_a_seed_and_larger_profiles_keep_the_smaller_ones_seeds():
    tiny, cpu, gpu = (set(PROFILES[name].seeds) for name in ("tiny", "cpu", "gpu"))
    assert tiny
    assert tiny <= cpu <= gpu
