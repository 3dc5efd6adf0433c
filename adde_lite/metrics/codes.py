"""Label codes as the metrics take them: torch or numpy, any whole-number type."""

from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from adde_lite.errors import InputError

Codes: TypeAlias = Tensor | np.ndarray


def as_codes(name: str, given: Codes) -> Tensor:
    """The same codes as int64. Raises InputError, naming `name`, when they are not whole numbers (scores, masks)."""
    codes = as_torch(given)
    if codes.is_floating_point() or codes.is_complex() or codes.dtype == torch.bool:
        raise InputError(
            name, str(codes.dtype), "whole numbers, codes of the schema", "Take .argmax() of scores first."
        )
    return codes.long()


def as_torch(given: Codes) -> Tensor:
    """The same numbers as a tensor. Rows that run backwards, and arrays that are only to be read, are copied first."""
    if isinstance(given, np.ndarray) and not (given.flags.writeable and min(given.strides, default=0) >= 0):
        given = given.copy(order="C")  # torch can hold neither
    return torch.as_tensor(given)
