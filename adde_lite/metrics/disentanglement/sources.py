"""Where the sampled scores draw codes from: a space of factors that can be encoded, or a labelled set.

Both answer the same two questions: a batch of codes whose samples share one value of a factor, and pairs of codes that
share one. Everything else about the samples is free.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.inputs import Floats, Ints, labelled, representation

Represent = Callable[[Ints], Codes]
"""Codes (B, D) of the samples with these factors, int64 (B, F)."""


class CodeSource(Protocol):
    """Codes of samples that share a value. All draws come from the generator passed in."""

    @property
    def factor_count(self) -> int:
        """Number of factors, F."""

    def some(self, count: int, draw: np.random.Generator) -> Floats:
        """Codes of any samples, float64 (count, D)."""

    def batches(self, factor: int, count: int, size: int, draw: np.random.Generator) -> Floats:
        """Batches whose samples share one value of `factor`, float64 (count, size, D)."""

    def pairs(self, factor: int, count: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
        """Codes of pairs: row i of both, each (count, D), shares a value of `factor`; rows differ in it."""


@dataclass(frozen=True)
class FactorSpace:
    """Samples of every combination of factor values, drawn uniformly.

    Args:
        represent: codes float (B, D) of the samples with factors int64 (B, F): renders and encodes, or looks up.
        sizes: number of values of each factor, two or more; values are 0 to size - 1.

    Raises:
        InputError: fewer than two factors, or a factor with fewer than two values.
    """

    represent: Represent
    sizes: Sequence[int]

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 2:
            found, expected = str(tuple(self.sizes)), "two factors or more, of two values or more"
            raise InputError("sizes", found, expected, "Leave out what does not vary.")

    @property
    def factor_count(self) -> int:
        return len(self.sizes)

    def some(self, count: int, draw: np.random.Generator) -> Floats:
        return self._codes(self._factors(count, draw))

    def batches(self, factor: int, count: int, size: int, draw: np.random.Generator) -> Floats:
        factors = self._factors(count * size, draw)
        factors[:, factor] = np.repeat(factors[::size, factor], size)
        return self._codes(factors).reshape(count, size, -1)

    def pairs(self, factor: int, count: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
        left, right = self._factors(count, draw), self._factors(count, draw)
        right[:, factor] = left[:, factor]
        return self._codes(left), self._codes(right)

    def _factors(self, count: int, draw: np.random.Generator) -> Ints:
        factors = np.empty((count, len(self.sizes)), dtype=np.int64)
        for column, size in enumerate(self.sizes):
            factors[:, column] = draw.integers(size, size=count)
        return factors

    def _codes(self, factors: Ints) -> Floats:
        codes = representation("codes that represent() returned", self.represent(factors))
        if len(codes) != len(factors):
            raise InputError("represent()", f"{len(codes)} rows", f"{len(factors)}", "Return one code a row.")
        return codes


@dataclass(frozen=True, eq=False)
class CodeGrid:
    """Codes of all combinations of factor values, as a `represent` that only looks up.

    Encoding a grid once and indexing it costs a small part of encoding every draw: see `code_grid`.

    Args:
        codes: float64 (G, D), row r for the factors that write r in mixed radix, the last factor fastest.
        sizes: number of values of each factor; their product is G.
    """

    codes: Floats
    sizes: tuple[int, ...]

    def __call__(self, factors: Ints) -> Floats:
        return np.take(self.codes, factors @ self._strides, axis=0)  # three times as fast as an index

    @cached_property
    def _strides(self) -> Ints:
        """Rows from one value of each factor to the next."""
        return np.cumprod((1, *self.sizes[:0:-1]), dtype=np.int64)[::-1]


def code_grid(codes: Codes, sizes: Sequence[int]) -> FactorSpace:
    """The factor space of a full grid that is encoded already.

    Args:
        codes: float (G, D), one row a combination, in the order of `itertools.product`: the last factor fastest.
        sizes: number of values of each factor.

    Raises:
        InputError: rows that are not one for each combination, codes that are not finite, a factor with one value.
    """
    numbers, combinations = representation("codes", codes), int(np.prod(sizes))
    if len(numbers) != combinations:
        found, expected = f"{len(numbers)} rows", f"{combinations}, the product of {tuple(sizes)}"
        raise InputError("codes", found, expected, "Encode every combination, or pass a LabelledCodes.")
    return FactorSpace(CodeGrid(numbers, tuple(sizes)), sizes)


class LabelledCodes:
    """A labelled set that is no grid: samples that share a value are rows with that label.

    A value that only one row has cannot be shared; that row is drawn by no batch and no pair.

    Args:
        codes: float (N, D).
        factors: int (N, F), F at least 2, each with two values or more.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value, or a factor of which no
            value is shared by two rows.
    """

    def __init__(self, codes: Codes, factors: Codes) -> None:
        self.codes, labels = labelled(codes, factors, least=2)
        self._groups = [_Groups.of(column, index) for index, column in enumerate(labels.T)]

    @property
    def factor_count(self) -> int:
        return len(self._groups)

    def some(self, count: int, draw: np.random.Generator) -> Floats:
        return self.codes[draw.integers(len(self.codes), size=count)]

    def batches(self, factor: int, count: int, size: int, draw: np.random.Generator) -> Floats:
        groups = self._groups[factor]
        start, length = groups.any(count, draw)
        place = draw.integers(length[:, None], size=(count, size))
        codes: Floats = np.take(self.codes, groups.rows[start[:, None] + place], axis=0)
        return codes

    def pairs(self, factor: int, count: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
        groups = self._groups[factor]
        start, length = groups.any(count, draw)
        left = draw.integers(length)
        # A row paired with itself differs in nothing. In small groups that would tell the factor by its group size.
        right = (left + 1 + draw.integers(length - 1)) % length
        return self.codes[groups.rows[start + left]], self.codes[groups.rows[start + right]]


@dataclass(frozen=True, eq=False)
class _Groups:
    """Rows of one factor, sorted by value: group g is rows[starts[g] : starts[g] + lengths[g]]."""

    rows: Ints
    starts: Ints
    lengths: Ints

    @classmethod
    def of(cls, column: Ints, factor: int) -> "_Groups":
        _, starts, lengths = np.unique(np.sort(column), return_index=True, return_counts=True)
        shared = lengths > 1
        if not shared.any():
            found = "a different value in every row"
            raise InputError(f"factors, column {factor}", found, "a value that two rows share", "Leave it out.")
        return cls(np.argsort(column, kind="stable"), starts[shared], lengths[shared])

    def any(self, count: int, draw: np.random.Generator) -> tuple[Ints, Ints]:
        """Start and length of the groups of `count` random rows, so that a value counts as often as it occurs."""
        group = draw.choice(len(self.lengths), size=count, p=self.lengths / self.lengths.sum())
        return self.starts[group], self.lengths[group]
