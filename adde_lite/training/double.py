"""Training in double precision, for comparisons in which rounding must not be taken for a mistake."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def in_float64() -> Iterator[None]:
    """For a while, models are made and trained in float64: new tensors, and what models and loop take for float32.

    Processes that are forked meanwhile inherit it. Give recipes with bf16=False.
    """
    from unittest.mock import patch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with patch.object(Tensor, "float", Tensor.double):
            yield
    finally:
        torch.set_default_dtype(before)
