"""How many of the exact answers an index finds, for the three ways a gallery is asked."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from adde_lite.retrieval.conditions import weighted
from adde_lite.retrieval.nearest import check_k
from adde_lite.retrieval.scale.asked import Index
from adde_lite.retrieval.scale.faiss_index import FaissIndex
from adde_lite.retrieval.scale.float_vectors import FloatVectors

SPREAD = 4.0  # re-weighted: each weight between 1/4 and 4, evenly on a logarithmic scale
ROUNDING = 1e-6  # the same sum, added up in another order


def askings(queries: int, A: int, *, seed: int = 0) -> dict[str, Tensor]:
    """Weights (Q, A) of three kinds: `plain` (all 1), `re-weighted` (drawn a query), `one subspace` (in turn)."""
    drawn = torch.rand(queries, A, generator=torch.Generator().manual_seed(seed))
    return {
        "plain": torch.ones(queries, A),
        "re-weighted": SPREAD ** (2 * drawn - 1),
        "one subspace": torch.eye(A)[torch.arange(queries) % A],
    }


@torch.no_grad()
def recall(
    index: Index, embeddings: Tensor, queries: Tensor, weights: Tensor, k: int = 30, *, where: Tensor | None = None
) -> float:
    """The share of the k exact answers that an index finds, mean over queries.

    A row counts when its exact score is that of the k-th exact answer or more, so equals may stand for each other.

    Args:
        index: made of these embeddings. Open one of Milvus anew, or it may not be indexed yet and be exact.
        embeddings: (N, A, d).
        queries: float (Q, A, d).
        weights: (Q, A) or (A,).
        k: 1 .. N, or what `where` leaves.
        where: which rows may be found, a mask bool (N,); all by default.

    Raises:
        InputError: as the index's search.
    """
    found = index.search(queries, k, weights, where).rows
    passing = embeddings if where is None else embeddings[where]
    return _share(found, embeddings, _bar(passing, queries, weights, k))


def share_found(found: Tensor, answers: Tensor) -> float:
    """The share of the exact answers, rows int64 (Q, k), that are among the rows found, int64 (Q, n)."""
    return float((found[:, :, None] == answers[:, None]).any(1).double().mean())


@torch.no_grad()
def recall_table(
    indexes: Mapping[str, Index], embeddings: Tensor, queries: Tensor, *, k: int = 30, seed: int = 0
) -> dict[str, dict[str, float]]:
    """`recall` of each index for each of the `askings`: {index: {asking: share}}."""
    bars = _bars(embeddings, queries, k, seed)
    return {name: _shares(index, embeddings, queries, bars, k) for name, index in indexes.items()}


@torch.no_grad()
def rerank_table(
    index: FaissIndex,
    embeddings: Tensor,
    queries: Tensor,
    candidates: Sequence[int],
    *,
    k: int = 30,
    seed: int = 0,
) -> dict[int, dict[str, float]]:
    """`recall` for each of the `askings` by how many candidates get exact scores: {candidates: {asking: share}}.

    No more candidates than k are no rerank. The index keeps its own number of candidates.
    """
    before, told, bars = index.candidates, {}, _bars(embeddings, queries, k, seed)
    try:
        for count in candidates:
            index.candidates = count
            told[count] = _shares(index, embeddings, queries, bars, k)
    finally:
        index.candidates = before
    return told


class _Bar(NamedTuple):
    """What an answer must reach: queries as vectors (Q, A * d), their weights, the score of each k-th answer (Q, 1)."""

    asked: Tensor
    weights: Tensor
    last: Tensor


def _bar(passing: Tensor, queries: Tensor, weights: Tensor, k: int) -> _Bar:
    """One scan of all embeddings that may be found."""
    check_k(k, len(passing))
    asked = weighted(queries.detach().cpu().float(), weights)
    return _Bar(asked, weights, FloatVectors([passing]).top_scores(asked, k)[:, -1:])


def _bars(embeddings: Tensor, queries: Tensor, k: int, seed: int) -> dict[str, _Bar]:
    ways = askings(*queries.shape[:2], seed=seed)
    return {way: _bar(embeddings, queries, weights, k) for way, weights in ways.items()}


def _share(found: Tensor, embeddings: Tensor, bar: _Bar) -> float:
    _, reached = FloatVectors([embeddings]).best(bar.asked, found, found.shape[1])
    return float((reached >= bar.last - ROUNDING).float().mean())


def _shares(index: Index, embeddings: Tensor, queries: Tensor, bars: Mapping[str, _Bar], k: int) -> dict[str, float]:
    return {way: _share(index.search(queries, k, bar.weights).rows, embeddings, bar) for way, bar in bars.items()}


def by_seed(tables: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """One table a seed, all of the same rows and columns, as one: {row: {column: [a number a seed]}}."""
    return {
        row: {column: [table[row][column] for table in tables] for column in columns}
        for row, columns in tables[0].items()
    }
