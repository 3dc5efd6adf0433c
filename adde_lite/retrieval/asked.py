"""A query whose scores are kept, so that every further edit of it is a look-up.

With ĝ the unit vectors of the gallery and p the prototypes,

    score(r + delta, g) = score(r, g) + (p_new - p_old) . ĝ

and the products p . ĝ stand in a table: an edit costs additions of N numbers, not a new search. The length of the
edited query is left out, because it does not change the order.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.models.adde.memory import Edits, How
from adde_lite.retrieval.best import ROUNDING, Best
from adde_lite.retrieval.conditions import Conditions, Weights, Where, weighted
from adde_lite.retrieval.table import PrototypeTable
from adde_lite.retrieval.vectors import Vectors


class Asked:
    """One query of a gallery; `Gallery.query` makes it, which costs one scan. It keeps A * N numbers.

    Args:
        query: float (A, d), checked.
        vectors, conditions: of the gallery.
        table: of the gallery's memory; without one the query can be re-weighted but not edited.
    """

    def __init__(self, query: Tensor, vectors: Vectors, conditions: Conditions, table: PrototypeTable | None) -> None:
        self._query = query.to(torch.float64, copy=True)  # so that a swapped block is the prototype, to the last digit
        self._vectors, self._conditions, self._table = vectors, conditions, table
        self._length = float(self._query.norm())  # scores are those of a query of length 1, whatever it came in
        self._by_block = vectors.by_block((self._query / self._length).to(vectors.dtype))
        self._whole = self._by_block.sum(0)
        self._scratch = torch.empty_like(self._whole)  # new memory would cost an edit more than its additions

    def holds(self, query: Tensor) -> bool:
        """Whether `query`, float (A, d), is the one whose scores are kept."""
        return torch.equal(self._query, query.double())

    def top(self, k: int, weights: Weights | None = None, where: Where | None = None) -> Tensor:
        """Rows of the k nearest images, int64 (k,); arguments and errors as `Gallery.search`."""
        chosen = self._conditions.weights(weights)
        return self._best(lambda: self._query, self._weighted(chosen), 2, k=k, chosen=chosen, where=where)

    @torch.no_grad()
    def edit(
        self,
        edits: Edits,
        k: int,
        how: How = "swap",
        labels: Tensor | None = None,
        *,
        weights: Weights | None = None,
        where: Where | None = None,
        strength: float = 1.0,
    ) -> Tensor:
        """Rows of the k images nearest to the query as the edits want it, int64 (k,).

        Exactly the order of `Gallery.search` with the edited query. A memory that holds numbers outside its blocks has
        a second, full table for "add"; only with unequal weights too does such an edit cost a scan.

        Args:
            edits, how, labels: as `PrototypeMemory.edit`, for one garment.
            k, weights, where: as `Gallery.search`.
            strength: 0 leaves the query as it is, 1 is the edit in full, numbers between go part of the way.

        Raises:
            InputError: a gallery without a memory, a strength that is not finite, an edit that leaves nothing of the
                query; also as `PrototypeMemory.edit` and `Gallery.search`.
        """
        if self._table is None:
            raise no_memory()
        if not math.isfinite(strength):
            raise InputError("strength", str(strength), "a finite number", "0 is the query itself, 1 the whole edit.")
        table, own = self._table, how == "swap"  # a new value comes with its own block alone, and the old block goes
        shares = table.memory.indicator(edits, 1, how, labels)[0].tolist()
        change = {
            value: 1.0 if own else share for value, share in enumerate(shares) if share > 0 or (share and not own)
        }
        gone = {table.owner[value] for value in change} if own else set()
        chosen = self._conditions.weights(weights)

        def edited() -> Tensor:
            columns = table.columns(list(change), own=own).unflatten(1, self._query.shape)
            step = torch.einsum("n,nad->ad", torch.tensor(list(change.values()), dtype=torch.float64), columns)
            for attribute in gone:
                step[attribute] -= self._query[attribute]
            wanted: Tensor = self._query + strength * step
            return wanted

        if own or chosen is None or not table.leaks:
            scores = self._moved(change, gone, chosen, strength)
        else:  # each block of M i has a weight of its own, and the table holds their sum
            wanted = self._wanted(edited(), chosen).to(self._by_block.dtype)
            scores = torch.cat([part[0] for _, part in self._vectors.scores(wanted[None])])
        added = sum(abs(share) * table.length(value, own=own) for value, share in change.items())
        reach = 2 + abs(strength) * (len(gone) + added / self._length)
        return self._best(edited, scores, reach, k=k, chosen=chosen, where=where)

    def _wanted(self, query: Tensor, chosen: Tensor | None) -> Tensor:
        """What to look for: the query, edited or not, by its blocks' weights, (A * d,)."""
        return weighted(query[None] / self._length, chosen)[0]

    def _moved(self, change: Mapping[int, float], gone: set[int], chosen: Tensor | None, strength: float) -> Tensor:
        """Scores of the query after an edit, (N,): those of the query, and rows of the table."""
        assert self._table is not None
        scores = self._weighted(chosen)
        factor = [strength] * len(self._query) if chosen is None else (strength * chosen).tolist()
        for value, share in change.items():
            products = self._table.products(value, own=bool(gone))
            alpha = share * factor[self._table.owner[value]] / self._length
            scores = torch.add(scores, products, alpha=alpha, out=self._scratch)
        for attribute in gone:
            scores = torch.sub(scores, self._by_block[attribute], alpha=factor[attribute], out=self._scratch)
        return scores

    def _weighted(self, chosen: Tensor | None) -> Tensor:
        """Scores of the query as it is, (N,)."""
        return self._whole if chosen is None else chosen.to(self._by_block.dtype) @ self._by_block

    def _best(
        self,
        wanted: Callable[[], Tensor],
        scores: Tensor,
        reach: float,
        *,
        k: int,
        chosen: Tensor | None,
        where: Where | None,
    ) -> Tensor:
        """The first k by scores, whose rounding is that of vectors as long as `reach`.

        `wanted` makes the query that they belong to, (A, d), which is needed where they are too close to tell.
        """
        allowed = self._conditions.rows(where, k)
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        margin = ROUNDING * reach * (1.0 if chosen is None else float(chosen.max()))
        best = Best(lambda rows: self._vectors.settle(self._wanted(wanted(), chosen), rows), k, margin)
        best.offer(scores)
        return best.rows


def no_memory() -> InputError:
    """The error for an edit that has no prototypes to edit with."""
    remedy = "Pass memory=, such as PrototypeMemory.of_means(embeddings, labels, schema)."
    return InputError("edit", "a gallery without a memory", "one with prototypes", remedy)
