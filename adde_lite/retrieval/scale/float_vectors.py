"""The float vectors behind an index: exact scores are computed from them, wherever they lie."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.retrieval.scale.content import ROWS_AT_ONCE

FLOATS_AT_ONCE = 1 << 24  # 64 MB of float32


class FloatVectors:
    """Embeddings of N images in one part or several, each in memory or memory-mapped.

    Args:
        parts: floating (n, A, d) each; not copied when they are on the CPU.
    """

    def __init__(self, parts: Sequence[Tensor]) -> None:
        self.parts = tuple(part.detach().cpu() for part in parts)
        self._starts = torch.tensor([0, *(len(part) for part in parts)]).cumsum(0)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def A(self) -> int:
        """Number of subspaces."""
        return self.parts[0].shape[1]

    @property
    def d(self) -> int:
        """Dimensions of a subspace."""
        return self.parts[0].shape[2]

    def take(self, rows: Tensor) -> Tensor:
        """Some rows, int64 (n,), as float32 (n, A * d). Of a part on disk only their pages are read."""
        taken = torch.empty(len(rows), self.A * self.d)
        home = torch.bucketize(rows, self._starts[1:], right=True)
        for number, part in enumerate(self.parts):
            here = (home == number).nonzero().flatten()
            if len(here):
                taken[here] = part[rows[here] - self._starts[number]].flatten(1).float()
        return taken

    def top_scores(self, queries: Tensor, k: int) -> Tensor:
        """The k largest inner products of each query with all rows, descending: float32 (Q, D) -> (Q, k)."""
        top = queries.new_full((len(queries), k), -torch.inf)
        for part in self.parts:
            for some in part.split(ROWS_AT_ONCE):
                scores = queries @ some.flatten(1).float().T
                top = torch.cat([top, scores], dim=1).topk(k, dim=1).values
        return top

    def best(self, queries: Tensor, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The k candidates with the largest inner product, best first, of equal ones the first row first.

        Args:
            queries: float32 (Q, A * d).
            candidates: int64 (Q, n) rows, or (n,) the same for all queries; n >= k.
            k: how many.

        Returns:
            Rows int64 (Q, k) and inner products float32 (Q, k).
        """
        candidates = candidates.sort().values.expand(len(queries), candidates.shape[-1])  # equal scores: by row
        at_once = max(1, FLOATS_AT_ONCE // (candidates.shape[1] * queries.shape[1]))
        rows, scores = [], []
        for some, theirs in zip(queries.split(at_once), candidates.split(at_once), strict=True):
            vectors = self.take(theirs.flatten()).view(*theirs.shape, -1)
            order = torch.einsum("qnd,qd->qn", vectors, some).sort(dim=1, descending=True, stable=True)
            rows.append(theirs.gather(1, order.indices[:, :k]))
            scores.append(order.values[:, :k])
        return torch.cat(rows), torch.cat(scores)
