"""What may be asked of a gallery beside the query: how many, by which subspaces, among which images."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval.nearest import check_k, check_lengths

# A numbers, {attribute: number}, in which those left out have weight 0, or (Q, A) for a weighting a query
Weights: TypeAlias = Tensor | Sequence[float] | Mapping[str, float]
# {attribute: the value or values that its label may have}; None is a missing label
Where: TypeAlias = Mapping[str, str | Iterable[str | None] | None]


class Conditions:
    """The doors of a gallery: each returns what came in, checked.

    Args:
        labels: int64 (N, A).
        schema: the attributes.
    """

    def __init__(self, labels: Tensor, schema: AttributeSchema) -> None:
        self._labels, self._schema = labels, schema

    def weights(self, weights: Weights | None) -> Tensor | None:
        """One weight an attribute, float64 (A,); None where all are equal. Raises InputError as `weights_of`."""
        found = weights_of(weights, self._schema)
        return None if found is None or bool((found == found[0]).all()) else found

    def rows(self, where: Where | None, k: int) -> Tensor | None:
        """Which images may be found, bool (N,); None where all may.

        Raises:
            InputError: as `rows_with`; k, how many are asked for, is not within 1 and the number left.
        """
        if where is None or (isinstance(where, Mapping) and not where):
            allowed = None
        else:
            allowed = rows_with(where, self._labels, self._schema)
        left = len(self._labels) if allowed is None else int(allowed.sum())
        check_k(k, left, filtered=allowed is not None)
        return allowed


def weights_of(weights: Weights | None, schema: AttributeSchema, queries: int | None = None) -> Tensor | None:
    """Weights by the order of the attributes, float64 (A,), or (Q, A) as they came.

    Args:
        weights: as they came in; None stays None.
        schema: the attributes.
        queries: Q, where each may have weights of its own.

    Raises:
        InputError: an unknown name, a weight below 0, infinite or not a number, only zeros, or another shape.
    """
    if weights is None:
        return None
    named = {schema.index(name): weight for name, weight in weights.items()} if isinstance(weights, Mapping) else None
    try:
        if named is None:
            found = torch.as_tensor(weights).to("cpu", torch.float64)
        else:
            found = torch.tensor([named.get(a, 0) for a in range(schema.A)], dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            "weights", repr(weights), "numbers, one an attribute", "Or name them: {'colour': 1}."
        ) from error
    if tuple(found.shape) not in {(schema.A,), (queries, schema.A)}:
        expected = f"({schema.A},), one an attribute" + (f", or {(queries, schema.A)}" if queries is not None else "")
        raise InputError("weights", f"shape {tuple(found.shape)}", expected, "Or name them: {'colour': 1}.")
    bad = ~(found.isfinite() & (found >= 0))
    if bad.any():
        where = f"weights, {schema.names[int(bad.nonzero()[0, -1])]}"
        remedy = "A weight of 0 leaves a subspace out."
        raise InputError(where, str(float(found[bad][0])), "a finite number from 0 up", remedy)
    if not found.any():
        raise InputError("weights", "only zeros", "at least one above 0", "Name the subspaces that should count.")
    return found


def codes_of(where: Where, schema: AttributeSchema) -> dict[int, list[int]]:
    """For each position of an attribute that a filter names, the label codes that may be found, ascending.

    Raises:
        InputError: an unknown attribute or value, an attribute with no value, or no names of attributes at all.
    """
    if not isinstance(where, Mapping):
        given = type(where).__name__
        raise InputError("where", f"a {given}", "{attribute: value or values}", "Such as {'colour': 'red'}.")
    codes = {}
    for name, values in where.items():
        options = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
        if not options:
            raise InputError(f"where, attribute {name!r}", "no value", "one or several", "Leave it out for any value.")
        codes[schema.index(name)] = sorted({schema.code(name, value) for value in options})
    return codes


def rows_with(where: Where, labels: Tensor, schema: AttributeSchema) -> Tensor:
    """The mask, bool (N,), of images whose labels, int64 (N, A), pass a filter.

    Raises:
        InputError: as `codes_of`; no image passes.
    """
    mask = torch.ones(len(labels), dtype=torch.bool)
    for a, codes in codes_of(where, schema).items():
        mask &= torch.isin(labels[:, a], torch.tensor(codes))
    if not mask.any():
        raise nothing_left(where)
    return mask


def nothing_left(where: Where | Tensor) -> InputError:
    """The error for a filter, by labels or by rows, that no image passes."""
    given = "no row" if isinstance(where, Tensor) else str(dict(where))
    return InputError("where", given, "what an image of the gallery passes", "Allow more values.")


def weighted(queries: Tensor, weights: Tensor | None) -> Tensor:
    """Queries (Q, A, d) with their blocks weighted by (A,) or (Q, A), flat: (Q, A * d).

    Raises:
        InputError: nothing is left of one, or its length is infinite or not a number; names its row.
    """
    wanted = (queries if weights is None else queries * weights[..., None].to(queries)).flatten(1)
    remedy = "Give weight to a subspace in which the query is not zero, or look at the prototypes of the edit."
    check_lengths(wanted.norm(dim=1), "weighted query", remedy)
    return wanted
