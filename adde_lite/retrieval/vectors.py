"""The embeddings of a gallery as they are kept, and the inner products of queries with their unit vectors.

Unit vectors are never made: with l_n the length of embedding g_n, the score of a query q is (q . g_n) / l_n. So the
gallery stays in the memory it came in, in half precision or memory-mapped, and is read once in order.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from adde_lite.retrieval.nearest import SCORES_AT_ONCE, check_lengths

NUMBERS_AT_ONCE = 1 << 21  # 8 MB of float32: what is converted or multiplied at once stays in the cache
# A product with one vector streams the rows at the speed of the memory, faster by numpy than by torch; a product of
# matrices with so few rows is slower than one after the other.
FEW = 5


class Vectors:
    """N embeddings of A blocks of d numbers.

    Args:
        embeddings: float (N, A, d), contiguous; kept as it is.

    Attributes:
        dtype: in which scores are computed: float64 for float64, float32 for all others.
        lengths: of the whole embeddings, float64 (N,).
        inverse: 1 over them, (N,) in `dtype`.

    Raises:
        InputError: an embedding is zero, infinite or not a number; names its row.
    """

    def __init__(self, embeddings: Tensor) -> None:
        self.embeddings, self.flat = embeddings, embeddings.flatten(1)
        self.dtype = torch.float64 if embeddings.dtype == torch.float64 else torch.float32
        self.lengths = torch.cat([part.norm(dim=1, dtype=torch.float64) for _, part in self.parts()])
        self.inverse = (1 / self.lengths).to(self.dtype)
        # Over the inverse, which is infinite too for lengths so small that `dtype` does not hold it.
        check_lengths(1 / self.inverse, f"{str(embeddings.dtype).removeprefix('torch.')} embedding")

    def __len__(self) -> int:
        return len(self.flat)

    def parts(self) -> Iterator[tuple[slice, Tensor]]:
        """The embeddings some rows at a time, (n, A * d) in `dtype`, and which rows they are."""
        return self._in_parts(max(1, NUMBERS_AT_ONCE // self.flat.shape[1]))

    def scores(self, queries: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Inner products of queries (Q, A * d) with the unit vectors, (Q, n), some rows at a time."""
        converted = self.flat.dtype != self.dtype
        for rows, part in self.parts() if converted else self._in_parts(max(1, SCORES_AT_ONCE // len(queries))):
            if len(queries) <= FEW:
                products = torch.stack([torch.from_numpy(part.numpy() @ query.numpy()) for query in queries])
            else:
                products = queries @ part.T
            yield rows, products * self.inverse[rows]

    def by_block(self, query: Tensor) -> Tensor:
        """What each block of a query (A, d) adds to its scores, (A, N)."""
        found = torch.empty(len(query), len(self), dtype=self.dtype)
        for rows, part in self.parts():
            found[:, rows] = (part.unflatten(1, query.shape) * query).sum(2).T
        return found.mul_(self.inverse)

    def settle(self, query: Tensor, rows: Tensor) -> Tensor:
        """Scores of a query (A * d,) with some rows, (n,), in float64: equal embeddings have equal scores."""
        # Sums row by row: a product of matrices may round equal rows differently, by where they stand.
        few = rows.split(max(1, NUMBERS_AT_ONCE // self.flat.shape[1]))
        return torch.cat([(self.flat[some].double() * query).sum(1) for some in few]) / self.lengths[rows]

    def _in_parts(self, count: int) -> Iterator[tuple[slice, Tensor]]:
        for first in range(0, len(self), count):
            rows = slice(first, min(first + count, len(self)))
            yield rows, self.flat[rows].to(self.dtype)
