"""How sure is a mean over queries? Percentile intervals of the bootstrap.

The queries are drawn again, with replacement and as many as there are; the mean of each drawing is noted; the interval
leaves out the lowest and the highest of these means. It speaks of other queries, not of other training seeds.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adde_lite.errors import InputError

COUNTS_AT_ONCE = 1 << 22  # 32 MB of int64


class Interval(NamedTuple):
    """From `low` to `high`, in the unit of the values."""

    low: float
    high: float


def bootstrap_interval(
    values: Tensor, *, groups: Tensor | None = None, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Interval:
    """Interval of the mean of one measure.

    Args:
        values: float (Q,), one value a query, as the metrics give with `per_query=True`.
        groups: int (Q,), queries of one number are drawn together. Edits of the same garment resemble each other:
            drawn one by one, they make an interval too narrow. None draws every query alone.
        level: share of the drawn means within the interval, between 0 and 1.
        draws: how often the queries are drawn.
        seed: same seed, same interval.

    Raises:
        InputError: no values, values that are not finite, groups of another shape, or a level or number of draws out
            of range.
    """
    return bootstrap_intervals({"values": values}, groups=groups, level=level, draws=draws, seed=seed)["values"]


def paired_interval(
    first: Tensor,
    second: Tensor,
    *,
    groups: Tensor | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """Interval of the mean of `first` - `second`, two answers to the same queries: float (Q,) each.

    What makes a query hard for both cancels, so that small differences show. Arguments and errors as
    `bootstrap_interval`; also raises InputError when the two are not of one shape.
    """
    if first.shape != second.shape:
        given = f"{tuple(first.shape)} and {tuple(second.shape)}"
        raise InputError("first and second", given, "the same shape (Q,)", "Compare answers to the same queries.")
    return bootstrap_interval(first - second, groups=groups, level=level, draws=draws, seed=seed)


def bootstrap_intervals(
    measures: Mapping[str, Tensor],
    *,
    groups: Tensor | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Intervals of several measures of the same queries, from the same drawings; otherwise as `bootstrap_interval`."""
    if not measures:
        raise InputError("measures", "none", "at least one", "Pass the values of the queries by name.")
    if not 0 < level < 1:
        raise InputError("level", str(level), "a share between 0 and 1", "Take 0.95.")
    if draws < 1:
        raise InputError("draws", str(draws), "at least 1", "Take 1000.")
    columns = [_checked(name, values) for name, values in measures.items()]
    number = torch.arange(len(columns[0])) if groups is None else groups
    for name, values in zip(measures, columns, strict=True):
        if values.shape != number.shape:
            given, expected = str(tuple(values.shape)), f"{tuple(number.shape)}, as the groups and other measures"
            raise InputError(name, given, expected, "Give one value a query.")
    _, group, sizes = np.unique(number.cpu().numpy(), return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(group, values) for values in columns], axis=1)
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(_means(sums, sizes, draws, seed), [tail, 100 - tail], axis=0)
    return {name: Interval(float(a), float(b)) for name, a, b in zip(measures, low, high, strict=True)}


def _means(sums: np.ndarray, sizes: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The mean of each drawing, (draws, M), from the groups' sums (G, M) and numbers of queries (G,)."""
    generator, count = np.random.default_rng(seed), len(sizes)
    at_once = max(1, COUNTS_AT_ONCE // count)
    means = []
    for start in range(0, draws, at_once):
        rows = min(at_once, draws - start)
        picked = generator.integers(count, size=(rows, count)) + count * np.arange(rows)[:, None]
        times = np.bincount(picked.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)
        means.append(times @ sums / (times @ sizes)[:, None])
    return np.concatenate(means)


def _checked(name: str, values: Tensor) -> np.ndarray:
    column = values.detach().cpu().double().numpy()
    if column.ndim != 1 or not len(column):
        raise InputError(name, f"shape {column.shape}", "(Q,) with at least one query", "Pass per_query=True values.")
    if not np.isfinite(column).all():
        query = int(np.flatnonzero(~np.isfinite(column))[0])
        raise InputError(f"{name}, query {query}", str(column[query]), "a finite number", "Leave the query out.")
    return column
