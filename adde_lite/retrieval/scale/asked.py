"""What may be asked of an index, whichever library answers: query vectors, filters, k.

An index holds whole vectors, (A * d,), and ranks by inner product. Weights and edits change the query alone: the
inner product with a query whose block a is scaled by w_a is the weighted sum of the subspaces' inner products. So one
index serves every weighting, and a single subspace too, whose other weights are 0.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval.conditions import weighted
from adde_lite.retrieval.nearest import check_lengths

# {attribute: the value or values that may be found, None for a missing one}, bool (N,), or int64 rows
# A numbers, {attribute: number} (0 for the others), or (Q, A) for a weighting a query
Weights = Tensor | Sequence[float] | Mapping[str, float]
Values = str | Sequence[str | None] | None
Where = Mapping[str, Values] | Tensor


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


def weights_of(weights: Weights | None, schema: AttributeSchema) -> Tensor | None:
    """Weights as a tensor, by the order of the attributes. Raises InputError for an unknown attribute."""
    if isinstance(weights, Mapping):
        for name in weights:
            schema.index(name)
        return torch.tensor([float(weights.get(name, 0.0)) for name in schema.names])
    return weights if weights is None or isinstance(weights, Tensor) else torch.tensor(list(weights)).float()


def query_vectors(query: Tensor, weights: Tensor | None, A: int, d: int) -> Tensor:
    """Queries (A, d) or (Q, A, d) and weights (A,) or (Q, A) as the vectors to search with, float32 (Q, A * d).

    Raises:
        InputError: a shape that does not fit, a weight that is negative or no number, a query that is zero (also by its
            weights), infinite or not a number.
    """
    if not isinstance(query, Tensor) or query.ndim not in (2, 3) or tuple(query.shape[-2:]) != (A, d):
        expected = f"(A, d) or (Q, A, d) with (A, d) = {(A, d)}"
        raise InputError("query", _shape(query), expected, "Embed it with the gallery's encoder.")
    queries = query.detach().cpu().reshape(-1, A, d).float()
    if weights is not None:
        _check_weights(weights, len(queries), A)
    check_lengths(queries.flatten(1).norm(dim=1), "query")
    return weighted(queries, weights).contiguous()


def allowed_codes(where: Mapping[str, Values], schema: AttributeSchema) -> dict[int, list[int]]:
    """For each attribute position that a filter names, the label codes that may be found.

    Raises:
        InputError: an unknown attribute or value, or an attribute with no value.
    """
    codes = {}
    for attribute, wanted in where.items():
        values = [wanted] if wanted is None or isinstance(wanted, str) else list(wanted)
        if not values:
            raise InputError(
                f"where, attribute {attribute!r}", "no value", "one or several", "Leave it out for any value."
            )
        codes[schema.index(attribute)] = sorted({schema.code(attribute, value) for value in values})
    return codes


def allowed_rows(where: Tensor, there: int) -> Tensor:
    """The rows that a mask or a list of rows allows, ascending, each once.

    Raises:
        InputError: a mask of another length, a row that is not there, another type, or nothing left.
    """
    if where.dtype == torch.bool and tuple(where.shape) == (there,):
        rows = where.nonzero().flatten().cpu()
    elif where.dtype == torch.int64 and where.ndim == 1:
        rows = where.unique().cpu()
        if len(rows) and not (int(rows[0]) >= 0 and int(rows[-1]) < there):
            wrong = int(rows[0]) if int(rows[0]) < 0 else int(rows[-1])
            raise InputError("where", f"row {wrong}", f"rows 0 to {there - 1}", "Count rows from 0.")
    else:
        expected = f"bool ({there},), int64 rows, or {{attribute: value}}"
        raise InputError("where", f"{where.dtype} {tuple(where.shape)}", expected, "Make a mask of the whole gallery.")
    if not len(rows):
        raise nothing_left()
    return rows


def nothing_left() -> InputError:
    """The error for a filter that no row passes."""
    return InputError("where", "a filter that no row passes", "at least one row", "Allow more values.")


def _check_weights(weights: Tensor, queries: int, A: int) -> None:
    if not isinstance(weights, Tensor) or tuple(weights.shape) not in {(A,), (queries, A)}:
        raise InputError("weights", _shape(weights), f"({A},) or ({queries}, {A})", "One weight an attribute.")
    bad = ~(weights.isfinite() & (weights >= 0))
    if bad.any():
        a = int(bad.nonzero()[0, -1])
        raise InputError(f"weight {a}", str(float(weights[bad][0])), "a finite number from 0", "Use 0 to ignore it.")


def _shape(given: object) -> str:
    return f"shape {tuple(given.shape)}" if isinstance(given, Tensor) else f"a {type(given).__name__}"
