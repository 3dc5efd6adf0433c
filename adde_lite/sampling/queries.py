"""Queries from labels: which edits of which garments have an exact answer in the gallery.

A *query* takes a reference image, edits one attribute or several, and asks for gallery images that carry the edited
label row in full. A query counts only when at least one such image exists (the public ADDE protocol).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.sampling.pairs import check_edits, count_partners, pick_partners


@dataclass(frozen=True, eq=False)
class Queries:
    """Q edit queries.

    Args:
        reference: int64 (Q,), row of the garment that is edited.
        edited: bool (Q, A), the attributes that change, at least one a query.
        target: int64 (Q, A), the label row asked for, -1 where missing.

    Raises:
        InputError: types or shapes that do not fit, a row below 0, a query without an edit.
    """

    reference: Tensor
    edited: Tensor
    target: Tensor

    def __post_init__(self) -> None:
        for name, dtype, axes in [
            ("reference", torch.int64, "Q"),
            ("edited", torch.bool, "QA"),
            ("target", torch.int64, "QA"),
        ]:
            column = getattr(self, name)
            if column.dtype != dtype or column.ndim != len(axes) or len(column) != len(self.reference):
                found = f"{column.dtype} {tuple(column.shape)}"
                expected = f"{dtype}, axes {axes}, Q = {len(self.reference)}"
                raise InputError(f"queries, {name}", found, expected, "Give one entry a query.")
        if self.edited.shape != self.target.shape:
            found, expected = f"{self.edited.shape[1]} attributes", f"{self.target.shape[1]}, as in target"
            raise InputError("queries, edited", found, expected, "Say for each attribute whether it changes.")
        self._within(None)
        idle = ~self.edited.any(1)
        if idle.any():
            where = f"queries, edited, row {int(idle.nonzero()[0])}"
            raise InputError(where, "no attribute", "at least one", "Drop the query or name what changes.")

    def __len__(self) -> int:
        return len(self.reference)

    def subset(self, rows: Tensor | np.ndarray | slice) -> "Queries":
        """The queries at `rows`: positions, a slice or a boolean mask, in the order given."""
        picked = torch.arange(len(self))[rows]
        return Queries(self.reference[picked], self.edited[picked], self.target[picked])

    def edits(self, schema: AttributeSchema, query: int) -> list[Edit]:
        """What one query asks for, in the order of the schema.

        Args:
            schema: the schema of `target`.
            query: its number, 0 to Q - 1.
        """
        (asked,) = schema.decode(self.target[[query]])
        changed = (name for name, edited in zip(schema.names, self.edited[query].tolist(), strict=True) if edited)
        return [Edit(name, value) for name in changed if (value := asked[name]) is not None]

    def indicator(self, schema: AttributeSchema, labels: Tensor) -> Tensor:
        """The edits as rows of -1/0/+1, int64 (Q, J): what goes, what comes.

        Args:
            schema: the schema of `labels`.
            labels: int64 (N, A), the label rows that `reference` counts in.

        Raises:
            InputError: a reference beyond the labels, or labels that are not of this schema.
        """
        self._within(len(labels))
        return schema.one_hot(self.target) - schema.one_hot(labels[self.reference])

    def _within(self, bound: int | None) -> None:
        rows = self.reference
        bad = rows < 0 if bound is None else (rows < 0) | (rows >= bound)
        if bad.any():
            query = int(bad.nonzero()[0])
            expected = "0 or more" if bound is None else f"0 to {bound - 1}"
            raise InputError(f"queries, reference, row {query}", str(int(rows[query])), expected, "Rows count from 0.")


def edit_queries(
    labels: Tensor,
    gallery_labels: Tensor,
    schema: AttributeSchema,
    *,
    edits: int = 1,
    limit: int | None = None,
    seed: int = 0,
) -> Queries:
    """Every edit of `edits` attributes whose exact target row is in the gallery.

    The edited attributes must be labelled in the reference, and their new values must differ. Missing equals missing
    in all other attributes. Ordered by reference, attributes, values.

    Two edits have many more answers than one. With a limit the answers are only counted at first, and no query but
    the chosen is made; time grows with the pairs of a reference and a different gallery row with the same gaps.

    Args:
        labels: int64 (N, A), the garments to edit.
        gallery_labels: int64 (M, A), the garments to find; may be the same.
        schema: the schema of both.
        edits: how many attributes change in each query, 1 to A.
        limit: keep a random part of this many queries, in the same order; None keeps all.
        seed: same seed, same part.

    Raises:
        InputError: labels that are not of this schema, a limit below 1, or more edits than attributes.
    """
    if limit is not None and limit < 1:
        raise InputError("edit_queries, limit", str(limit), "at least 1, or None for all", "Raise the limit.")
    check_edits("edit_queries", edits, schema)
    schema.check(labels)
    targets = torch.unique(schema.check(gallery_labels), dim=0)  # sorted by values, as the queries are to be
    last = count_partners(labels, targets, edits).cumsum(0)
    number = torch.arange(int(last[-1]) if len(last) else 0)
    if limit is not None:
        chosen = np.random.default_rng(seed).permutation(len(number))[:limit]
        number = torch.from_numpy(np.sort(chosen))
    reference = torch.searchsorted(last, number, right=True)
    before = torch.cat([last.new_zeros(1), last])[reference]
    target = targets[pick_partners(labels, targets, edits, reference, number - before)]
    return Queries(reference, labels[reference] != target, target)
