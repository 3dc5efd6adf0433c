"""Pairs of label rows that lie a number of edits apart.

Two rows lie e edits apart when exactly e attributes differ, each labelled in both, and missing equals missing in all
others. So both rows miss the same attributes, and only rows with the same gaps are ever compared.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError

PAIRS_AT_ONCE = 1 << 20  # 4 MB of counts: larger parts fall out of the cache and take half as long again


def check_edits(where: str, edits: int, schema: AttributeSchema) -> None:
    """Raises InputError when rows of this schema cannot lie `edits` edits apart."""
    if not 1 <= edits <= schema.A:
        expected = f"1 to {schema.A}, the number of attributes"
        raise InputError(f"{where}, edits", str(edits), expected, "Edit fewer attributes.")


def count_partners(labels: Tensor, others: Tensor, edits: int) -> Tensor:
    """For each of `labels` (N, A), how many of `others` (M, A) lie `edits` edits apart: int64 (N,)."""
    counts = torch.zeros(len(labels), dtype=torch.int64)
    for rows, _, apart in _compared(labels, others):
        counts[rows] = (apart == edits).sum(1)
    return counts


def pick_partners(labels: Tensor, others: Tensor, edits: int, row: Tensor, rank: Tensor) -> Tensor:
    """The partner number `rank` of `row`, for K of them: int64 (K,), rows of `others`.

    Partners of a row are those of `others` that lie `edits` edits apart, ordered by the attributes that differ, then
    as in `others`.

    Args:
        labels, others: int64 (N, A) and (M, A).
        edits: number of attributes that differ.
        row: int64 (K,), rows of `labels`.
        rank: int64 (K,), each from 0 to the count of the row's partners less one.
    """
    partner = torch.empty_like(row)
    needed, row = row.unique(return_inverse=True)
    labels = labels[needed]
    for rows, columns, apart in _compared(labels, others):
        match = apart == edits
        place, column = match.nonzero(as_tuple=True)
        found = columns[column]
        edited = (labels[rows[place]] != others[found]).nonzero()[:, 1].reshape(-1, edits)
        order = torch.from_numpy(np.lexsort((found.numpy(), *edited.T.flip(0).numpy(), place.numpy())))
        counts = match.sum(1)
        first = torch.full((len(labels),), -1)
        first[rows] = counts.cumsum(0) - counts
        here = (first[row] >= 0).nonzero()[:, 0]
        partner[here] = found[order][first[row[here]] + rank[here]]
    return partner


def fewest_edits(labels: Tensor) -> int | None:
    """The least number of edits that two different rows of `labels` (N, A) lie apart; None when no two do."""
    least = [int(apart[apart > 0].min()) for _, _, apart in _compared(labels, labels) if apart.any()]
    return min(least, default=None)


def _compared(labels: Tensor, others: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """In parts that fit into memory: rows (R,), columns (C,) and how many attributes differ, int32 (R, C).

    A row comes with all columns of the same gaps, and is left out when there are none.
    """
    _, gaps = torch.unique(torch.cat([labels, others]) == MISSING, dim=0, return_inverse=True)
    mine, theirs = gaps[: len(labels)], gaps[len(labels) :]
    narrow = labels.int(), others.int()  # half the memory traffic
    for gap in mine.unique():
        columns = (theirs == gap).nonzero()[:, 0]
        if not len(columns):
            continue
        offered = narrow[1][columns].T.contiguous()
        for rows in (mine == gap).nonzero()[:, 0].split(max(1, PAIRS_AT_ONCE // len(columns))):
            apart = torch.zeros(len(rows), len(columns), dtype=torch.int32)
            for given, sought in zip(narrow[0][rows].T, offered, strict=True):
                apart += given[:, None] != sought
            yield rows, columns, apart
