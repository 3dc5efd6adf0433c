"""What may be asked of a gallery beside the query: how many, by which subspaces, among which garments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval.nearest import check_k, check_lengths

Weights: TypeAlias = Tensor | Sequence[float] | Mapping[str, float]
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
        """One weight an attribute, float64 (A,); None where all are equal.

        Args:
            weights: A numbers, or a mapping from names; those it does not name have weight 0.

        Raises:
            InputError: an unknown name, a weight below 0, infinite or not a number, all 0, or not A of them.
        """
        if weights is None:
            return None
        if isinstance(weights, Mapping):
            found = torch.zeros(self._schema.A, dtype=torch.float64)
            for name, weight in weights.items():
                found[self._schema.index(name)] = weight
        else:
            found = torch.as_tensor(weights).to(torch.float64)
        if found.shape != (self._schema.A,):
            expected = f"({self._schema.A},), one an attribute"
            raise InputError("weights", f"shape {tuple(found.shape)}", expected, "Or name them: {'colour': 1}.")
        bad = ~(found.isfinite() & (found >= 0))
        if bad.any():
            a = int(bad.nonzero()[0])
            remedy = "A weight of 0 leaves a subspace out."
            raise InputError(f"weights, {self._schema.names[a]}", str(float(found[a])), "a number from 0 up", remedy)
        if not found.any():
            raise InputError("weights", "only zeros", "at least one above 0", "Name the subspaces that should count.")
        return None if bool((found == found[0]).all()) else found

    def rows(self, where: Where | None, k: int) -> Tensor | None:
        """Which garments may be found, bool (N,); None where all may.

        Args:
            where: attribute -> the value or values that its label may have; None among them is a missing label.
            k: how many are asked for.

        Raises:
            InputError: an unknown attribute or value, no garment left, or k not within 1 and the number left.
        """
        allowed = None
        for name, values in (where or {}).items():
            options = [values] if values is None or isinstance(values, str) else list(values)
            codes = torch.tensor([self._schema.code(name, value) for value in options], dtype=torch.int64)
            fits = torch.isin(self._labels[:, self._schema.index(name)], codes)
            allowed = fits if allowed is None else allowed & fits
        left = len(self._labels) if allowed is None else int(allowed.sum())
        if not left:
            expected = "labels that a garment of the gallery has"
            raise InputError("where", str(dict(where or {})), expected, "Allow more values.")
        check_k(k, left, filtered=allowed is not None)
        return allowed


def weighted(queries: Tensor, weights: Tensor | None) -> Tensor:
    """Queries (Q, A, d) with their blocks weighted by (A,) or (Q, A), flat: (Q, A * d).

    Raises:
        InputError: nothing is left of one, or its length is infinite or not a number; names its row.
    """
    wanted = (queries if weights is None else queries * weights[..., None].to(queries)).flatten(1)
    remedy = "Give weight to a subspace in which the query is not zero, or look at the prototypes of the edit."
    check_lengths(wanted.norm(dim=1), "weighted query", remedy)
    return wanted
