import os

import pytest
from torch import nn

from adde_lite.errors import InputError
from adde_lite.training import TrainingRecipe, in_processes
from adde_lite.training.hardware import working_on


class Travelling(nn.Linear):
    """Notes where it is sent, and stays."""

    def __init__(self):
        super().__init__(1, 1)
        self.places = []

    def to(self, place):
        self.places.append(str(place))
        return self


def test_a_model_comes_home_from_another_device_whatever_happens_there():
    model = Travelling()
    with pytest.raises(ZeroDivisionError), working_on("cuda", model):
        assert model.places == ["cuda"]
        raise ZeroDivisionError
    assert model.places == ["cuda", "cpu"]


def test_a_system_that_cannot_fork_is_told_to_use_torchrun_for_several_processes(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(InputError, match=r"cannot fork.*torchrun --nproc-per-node 2"):
        in_processes(lambda fabric: fabric.world_size, 2, TrainingRecipe(), device="cpu")
    assert in_processes(lambda fabric: fabric.world_size, 1, TrainingRecipe(), device="cpu") == 1
