"""The best k rows of one query: fast sums choose a shortlist, float64 has the last word, ties go to the lower row.

Sums in float32 differ in their last digits with the order of adding, so a look-up and a full computation, or two equal
rows, would not always come in the same order. Every row within a margin of those digits is on the shortlist, and where
two of it are that close, their scores in float64 decide.

This is done thousands of times with few numbers, at which numpy is quicker than torch.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

ROUNDING = 1e-6  # how far sums of thousands of products of unit vectors, in float32, may bring two scores apart
BLOCK = 64  # scores of which the first look takes the maximum alone


class Best:
    """The best k rows among those offered so far; memory does not grow with their number.

    Args:
        exact: from rows, int64 (n,), to their scores, float64 (n,), equal for equal rows.
        k: how many.
        margin: twice as far as an offered score may be from the exact one.
    """

    def __init__(self, exact: Callable[[Tensor], Tensor], k: int, margin: float) -> None:
        self._exact, self._k, self._margin = exact, k, margin
        self._rows, self._scores = np.empty(0, np.int64), np.empty(0)

    @property
    def rows(self) -> Tensor:
        """Best first, int64 (k,), or fewer when fewer were offered."""
        return torch.from_numpy(self._rows)

    def offer(self, scores: Tensor, first: int = 0) -> None:
        """Consider the rows first, first + 1, ... with the given scores (n,); those of -inf do not count."""
        values = scores.numpy()
        floor = self._scores[-1] if len(self._scores) == self._k else -np.inf
        found = shortlist(values, self._k, self._margin, floor)
        merged, rows = np.concatenate([self._scores, values[found]]), np.concatenate([self._rows, found + first])
        order = np.argsort(-merged)
        merged, rows = merged[order], rows[order]
        close = merged[:-1] - merged[1:] <= self._margin
        if close.any():
            merged, rows = self._settled(merged, rows, close)
        self._scores, self._rows = merged[: self._k], rows[: self._k]

    def _settled(self, scores: np.ndarray, rows: np.ndarray, close: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same in the exact order; `close` says which neighbours, (n - 1,), may stand the wrong way round."""
        unsure = np.append(close, False) | np.insert(close, 0, False)
        scores[unsure] = self._exact(torch.from_numpy(rows[unsure])).numpy()
        order = np.lexsort((rows, -scores))
        return scores[order], rows[order]


def shortlist(scores: np.ndarray, k: int, margin: float, floor: float = -np.inf) -> np.ndarray:
    """Rows whose scores reach the k-th best, less the margin, ascending.

    Args:
        scores: float (n,); -inf excludes a row.
        k: at least 1.
        margin: at least 0.
        floor: what a score must reach too, less the margin.
    """
    blocks = len(scores) // BLOCK
    tail = blocks * BLOCK
    if blocks < 2 * k:
        return _within(scores, k, margin, floor)
    # The k-th largest of the blocks' maxima is a bound, and only blocks whose maximum reaches it need a second look.
    maxima = scores[:tail].reshape(BLOCK, blocks).max(axis=0)
    floor = max(floor, float(np.partition(maxima, -k)[-k]))
    worth = np.flatnonzero(maxima >= floor - margin)
    rows = (np.arange(0, tail, blocks)[:, None] + worth).ravel()  # ascending, because each line of blocks is
    rows = np.concatenate([rows, np.arange(tail, len(scores))])
    found: np.ndarray = rows[_within(scores[rows], k, margin, floor)]
    return found


def _within(scores: np.ndarray, k: int, margin: float, floor: float) -> np.ndarray:
    if len(scores) > k:
        floor = max(floor, float(np.partition(scores, -k)[-k]))
    lowest = float(np.finfo(scores.dtype).min)  # above -inf, which excludes a row
    return np.flatnonzero(scores >= max(floor - margin, lowest))
