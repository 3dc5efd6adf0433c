"""Queries from labels: which edits of which garments have an exact answer in the gallery.

A *query* takes a reference image, edits one attribute, and asks for gallery images that carry the edited
label row in full. A query counts only when at least one such image exists (the public ADDE protocol).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError


@dataclass(frozen=True, eq=False)
class Queries:
    """Q edit queries.

    Args:
        reference: int64 (Q,), row of the garment that is edited.
        edited: int64 (Q,), the attribute that changes, 0 .. A - 1.
        target: int64 (Q, A), the label row asked for, -1 where missing.

    Raises:
        InputError: types or shapes that do not fit, an attribute or row that cannot be.
    """

    reference: Tensor
    edited: Tensor
    target: Tensor

    def __post_init__(self) -> None:
        for name, axes in [("reference", "Q"), ("edited", "Q"), ("target", "QA")]:
            column = getattr(self, name)
            if column.dtype != torch.int64 or column.ndim != len(axes) or len(column) != len(self.reference):
                found = f"{column.dtype} {tuple(column.shape)}"
                expected = f"int64, axes {axes}, Q = {len(self.reference)}"
                raise InputError(f"queries, {name}", found, expected, "Give one entry a query.")
        self._within("reference", None)
        self._within("edited", self.target.shape[1])

    def __len__(self) -> int:
        return len(self.reference)

    def subset(self, rows: Tensor | np.ndarray | slice) -> "Queries":
        """The queries at `rows`: positions, a slice or a boolean mask, in the order given."""
        picked = torch.arange(len(self))[rows]
        return Queries(self.reference[picked], self.edited[picked], self.target[picked])

    def indicator(self, schema: AttributeSchema, labels: Tensor) -> Tensor:
        """The edits as rows of -1/0/+1, int64 (Q, J): what goes, what comes.

        Args:
            schema: the schema of `labels`.
            labels: int64 (N, A), the label rows that `reference` counts in.

        Raises:
            InputError: a reference beyond the labels, or labels that are not of this schema.
        """
        self._within("reference", len(labels))
        return schema.one_hot(self.target) - schema.one_hot(labels[self.reference])

    def _within(self, name: str, bound: int | None) -> None:
        column = getattr(self, name)
        bad = column < 0 if bound is None else (column < 0) | (column >= bound)
        if bad.any():
            row = int(bad.nonzero()[0])
            expected = "0 or more" if bound is None else f"0 to {bound - 1}"
            raise InputError(f"queries, {name}, row {row}", str(int(column[row])), expected, "Counting starts at 0.")


def edit_queries(
    labels: Tensor, gallery_labels: Tensor, schema: AttributeSchema, *, limit: int | None = None, seed: int = 0
) -> Queries:
    """Every edit of one attribute whose exact target is in the gallery.

    The edited attribute must be labelled in the reference, and its new value must differ. Missing equals missing in
    all other attributes. Ordered by reference, attribute, value.

    Args:
        labels: int64 (N, A), the garments to edit.
        gallery_labels: int64 (M, A), the garments to find; may be the same.
        schema: the schema of both.
        limit: keep a random part of this many queries, in the same order; None keeps all.
        seed: same seed, same part.

    Raises:
        InputError: labels that are not of this schema, or a limit below 1.
    """
    if limit is not None and limit < 1:
        raise InputError("edit_queries, limit", str(limit), "at least 1, or None for all", "Raise the limit.")
    rows = torch.cat([schema.check(labels), schema.check(gallery_labels)])
    references, attributes, values = [], [], []
    for a, size in enumerate(schema.sizes):
        others = rows.clone()
        others[:, a] = MISSING
        _, group = torch.unique(others, dim=0, return_inverse=True)  # equal but for attribute a: same group
        mine, theirs = group[: len(labels)], group[len(labels) :]
        current, offered = labels[:, a], gallery_labels[:, a]
        reachable = torch.zeros(len(rows), size, dtype=torch.bool)
        reachable[theirs[offered != MISSING], offered[offered != MISSING]] = True
        options = reachable[mine] & (current != MISSING)[:, None] & (current[:, None] != torch.arange(size))
        reference, value = options.nonzero(as_tuple=True)
        references.append(reference)
        values.append(value)
        attributes.append(torch.full_like(value, a))
    reference, edited, value = torch.cat(references), torch.cat(attributes), torch.cat(values)
    order = torch.argsort(reference, stable=True)
    if limit is not None:
        chosen = np.random.default_rng(seed).permutation(len(order))[:limit]
        order = order[torch.from_numpy(np.sort(chosen))]
    reference, edited, value = reference[order], edited[order], value[order]
    target = labels[reference]
    target[torch.arange(len(target)), edited] = value
    return Queries(reference, edited, target)
