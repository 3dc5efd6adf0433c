"""The best k rows of one query: fast sums choose a shortlist, float64 has the last word, ties go to the lower row.

Sums in float32 differ in their last digits with the order of adding, so a look-up and a full computation, or two equal
rows, would not always come in the same order. Every row within a margin of those digits is on the shortlist, and the
shortlist is ordered by scores in float64.
"""

import torch
from torch import Tensor

from adde_lite.retrieval.vectors import Vectors

ROUNDING = 2e-6  # more than float32 loses in a sum of thousands of products, for factors of length 1
BLOCK = 64  # scores of which the first look takes the maximum alone


class Best:
    """The best k rows among those offered so far; memory does not grow with their number.

    Args:
        vectors: the gallery.
        query: (A * d,), not zero; its length does not matter.
        k: how many.
        margin: how far scores offered may be from exact ones.
    """

    def __init__(self, vectors: Vectors, query: Tensor, k: int, margin: float) -> None:
        self._vectors, self._query, self._k, self._margin = vectors, query.double(), k, margin
        self.rows = torch.empty(0, dtype=torch.int64)
        self._scores = torch.empty(0, dtype=torch.float64)
        self._floor = -torch.inf

    def offer(self, scores: Tensor, first: int = 0) -> None:
        """Consider the rows first, first + 1, ... with the given scores (n,); those of -inf do not count.

        Rows are offered in ascending order, and scores are in the unit of `query`.
        """
        rows = shortlist(scores, self._k, self._margin, self._floor) + first
        scores = torch.cat([self._scores, self._vectors.settle(self._query, rows)])
        order = scores.argsort(descending=True, stable=True)[: self._k]  # stable: the lower row of a tie stays ahead
        self._scores, self.rows = scores[order], torch.cat([self.rows, rows])[order]
        if len(order) == self._k:
            self._floor = float(self._scores[-1])


def shortlist(scores: Tensor, k: int, margin: float, floor: float = -torch.inf) -> Tensor:
    """Rows that may be among the best k when each score may be wrong by half the margin, ascending.

    Args:
        scores: (n,); -inf excludes a row.
        k: at least 1.
        margin: at least 0.
        floor: what a score must reach, less the margin.
    """
    lowest = torch.finfo(scores.dtype).min
    blocks = len(scores) // BLOCK
    if blocks >= k:  # the k-th largest of the blocks' maxima is a bound, and one pass finds it
        maxima = scores[: blocks * BLOCK].reshape(BLOCK, blocks).amax(0)
        floor = max(floor, float(maxima.topk(k).values[-1]))
    rows = (scores >= max(floor - margin, lowest)).nonzero()[:, 0]
    if len(rows) > k:
        kept = scores[rows]
        rows = rows[kept >= kept.topk(k).values[-1] - margin]
    return rows
