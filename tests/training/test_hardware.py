import pytest
from torch import nn

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
