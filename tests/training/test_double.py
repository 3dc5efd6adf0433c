import pytest
import torch
from torch import nn

from adde_lite.training import in_float64


def test_models_and_pixels_are_double_for_a_while_whatever_happens_there():
    pixels = torch.zeros(2, dtype=torch.uint8)
    with pytest.raises(ZeroDivisionError), in_float64():
        assert (nn.Linear(1, 1).weight.dtype, pixels.float().dtype) == (torch.float64, torch.float64)
        raise ZeroDivisionError
    assert (nn.Linear(1, 1).weight.dtype, pixels.float().dtype) == (torch.float32, torch.float32)
