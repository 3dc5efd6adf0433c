"""What may be asked of an index, whichever library answers: query vectors, filters, k.

An index holds whole vectors, (A * d,), and ranks by inner product. Weights and edits change the query alone: the
inner product with a query whose block a is scaled by w_a is the weighted sum of the subspaces' inner products. So one
index serves every weighting, and a single subspace too, whose other weights are 0.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval import conditions
from adde_lite.retrieval.conditions import Weights, nothing_left, weighted, weights_of
from adde_lite.retrieval.nearest import check_lengths

Where: TypeAlias = conditions.Where | Tensor  # by labels, a mask bool (N,), or rows int64 (n,)


class Found(NamedTuple):
    """The k best rows, best first, and their inner products with the weighted query.

    `rows` is int64 and `scores` float32: (k,) for one query, (Q, k) for several.
    """

    rows: Tensor
    scores: Tensor


class Index(Protocol):
    """What every index can do; `FaissIndex.search` says it in full."""

    def __len__(self) -> int: ...

    def search(self, query: Tensor, k: int, weights: Weights | None = None, where: Where | None = None) -> Found: ...

    def add(self, embeddings: Tensor, labels: Tensor, *, ids: Sequence[str] | None = None) -> None: ...

    def ids(self, rows: Tensor) -> list[str]: ...


def query_vectors(query: Tensor, weights: Weights | None, schema: AttributeSchema, d: int) -> Tensor:
    """Queries (A, d) or (Q, A, d) and their weights as the vectors to search with, float32 (Q, A * d).

    Raises:
        InputError: a shape or type that does not fit, weights that cannot be, a query that is zero (also by its
            weights), infinite or not a number.
    """
    shape = (schema.A, d)
    if not isinstance(query, Tensor) or not query.is_floating_point():
        given = str(query.dtype) if isinstance(query, Tensor) else type(query).__name__
        raise InputError("query", given, "a tensor of floating-point numbers", "Embed the image first.")
    if query.ndim not in (2, 3) or tuple(query.shape[-2:]) != shape or not len(query):
        given = f"shape {tuple(query.shape)}"
        expected = f"(A, d) or (Q, A, d) with (A, d) = {shape}"
        raise InputError("query", given, expected, "Embed it with the gallery's encoder.")
    queries = query.detach().cpu().reshape(-1, *shape).float()
    check_lengths(queries.flatten(1).norm(dim=1), "query")
    return weighted(queries, weights_of(weights, schema, len(queries))).contiguous()


def check_rows(argument: str, rows: Tensor, there: int) -> None:
    """Raise InputError, which names the argument, unless these are rows, int64 (n,), of an index with `there` rows."""
    if rows.dtype != torch.int64 or rows.ndim != 1:
        raise InputError(argument, f"{rows.dtype} {tuple(rows.shape)}", "int64 (n,)", "Ask for one query's at a time.")
    wrong = rows[(rows < 0) | (rows >= there)]
    if len(wrong):
        raise InputError(argument, f"row {int(wrong[0])}", f"rows 0 to {there - 1}", "Count rows from 0.")


def allowed_rows(where: Tensor, there: int) -> Tensor:
    """The rows that a mask or a list of rows allows, ascending, each once.

    Raises:
        InputError: a mask of another length, a row that is not there, another type, or nothing left.
    """
    if where.dtype == torch.bool and tuple(where.shape) == (there,):
        rows = where.nonzero().flatten().cpu()
    elif where.dtype == torch.int64 and where.ndim == 1:
        rows = where.unique().cpu()
        check_rows("where", rows, there)
    else:
        expected = f"bool ({there},), int64 rows, or {{attribute: value}}"
        raise InputError("where", f"{where.dtype} {tuple(where.shape)}", expected, "Make a mask of the whole gallery.")
    if not len(rows):
        raise nothing_left(where)
    return rows
