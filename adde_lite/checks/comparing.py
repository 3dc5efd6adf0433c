"""Whether two answers are the same, and how to show one in a line."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import is_dataclass
from numbers import Number
from typing import TypeGuard

import numpy as np
import torch

SHOWN = 6  # numbers of an array that a message shows


def same(given: object, wanted: object, tolerance: float) -> bool:
    """Whether an answer equals the right one.

    Numbers, arrays and tensors are the same when they have the same shape and differ by at most `tolerance`, in
    absolute terms or relative to the wanted one; NaN equals NaN. Sequences, mappings and dataclasses are compared
    entry by entry, everything else by ==. Objects that define no equality, such as functions, cannot differ.
    """
    if isinstance(wanted, Mapping):
        return (
            isinstance(given, Mapping)
            and given.keys() == wanted.keys()
            and all(same(given[key], wanted[key], tolerance) for key in wanted)
        )
    ours, right = as_array(given), as_array(wanted)
    if ours is not None and right is not None:
        return ours.shape == right.shape and np.allclose(ours, right, rtol=tolerance, atol=tolerance, equal_nan=True)
    if _is_sequence(given) and _is_sequence(wanted):
        return len(given) == len(wanted) and all(same(*pair, tolerance) for pair in zip(given, wanted, strict=True))
    if type(given) is not type(wanted):
        return False
    if is_dataclass(wanted):
        return same(vars(given), vars(wanted), tolerance)
    return type(wanted).__eq__ is object.__eq__ or bool(given == wanted)


def as_array(value: object) -> np.ndarray | None:
    """The value as an array of numbers, float64 (...); None when it is nothing of the kind."""
    if isinstance(value, torch.Tensor):
        plain = value.layout == torch.strided and not (value.is_complex() or value.is_quantized or value.is_meta)
        return value.detach().cpu().double().numpy() if plain else None
    if isinstance(value, np.ndarray | Number | np.generic):
        array = np.asarray(value)
    elif _is_sequence(value):
        parts = [part for part in map(as_array, value) if part is not None]
        if not parts or len(parts) < len(value) or len({part.shape for part in parts}) > 1:
            return None
        array = np.asarray(parts)
    else:
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None


def kind_of(value: object) -> str:
    """What a value is, in words: its shape if it is an array, else its type."""
    array = as_array(value)
    if array is None:
        return type(value).__name__
    return f"shape {array.shape}" if array.ndim else "one number"


def shown(value: object) -> str:
    """A value in one line: of an array its shape and its first numbers."""
    array = as_array(value)
    if array is None:
        if isinstance(value, Set):
            return "{" + ", ".join(sorted(map(repr, value))) + "}"
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key!r}: {shown(each)}" for key, each in value.items()) + "}"
        return repr(value)
    numbers = [f"{number:.4g}" for number in array.ravel()[:SHOWN]]
    if not array.ndim:
        return numbers[0]
    more = ", ..." if array.size > SHOWN else ""
    return f"{array.shape}: {', '.join(numbers)}{more}"


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
