"""Triplets to train edits on: a garment, the same with some values changed, and another one."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.sampling.pairs import check_edits, count_partners, fewest_edits, pick_partners


@dataclass(frozen=True, eq=False)
class Triplets:
    """T triplets of rows of one data set.

    Args:
        reference: int64 (T,), the garment that is edited.
        positive: int64 (T,), one that shows the target of the edit.
        negative: int64 (T,), one that does not.

    Raises:
        InputError: types or shapes that do not fit, a row below 0.
    """

    reference: Tensor
    positive: Tensor
    negative: Tensor

    def __post_init__(self) -> None:
        for name in ("reference", "positive", "negative"):
            column = getattr(self, name)
            if column.dtype != torch.int64 or column.shape != (len(self.reference),):
                found, expected = f"{column.dtype} {tuple(column.shape)}", f"int64 ({len(self.reference)},)"
                raise InputError(f"triplets, {name}", found, expected, "Give one row a triplet.")
        self.check_rows(None)

    def __len__(self) -> int:
        return len(self.reference)

    @property
    def rows(self) -> Tensor:
        """int64 (T, 3): reference, positive, negative. The `examples` of `training.train`."""
        return torch.stack([self.reference, self.positive, self.negative], dim=1)

    def indicator(self, schema: AttributeSchema, labels: Tensor) -> Tensor:
        """The edits from reference to positive as rows of -1/0/+1, int64 (T, J): what goes, what comes.

        Args:
            schema: the schema of `labels`.
            labels: int64 (N, A), the label rows that the triplets count in.

        Raises:
            InputError: a row beyond the labels, or labels that are not of this schema.
        """
        self.check_rows(len(labels))
        return schema.one_hot(labels[self.positive]) - schema.one_hot(labels[self.reference])

    def check_rows(self, bound: int | None) -> None:
        """Raises InputError when a row is below 0 or not below `bound`; None sets no bound."""
        rows = self.rows
        bad = rows < 0 if bound is None else (rows < 0) | (rows >= bound)
        if bad.any():
            triplet, place = bad.nonzero()[0].tolist()
            expected = "0 or more" if bound is None else f"0 to {bound - 1}"
            where = f"triplet {triplet}, {('reference', 'positive', 'negative')[place]}"
            raise InputError(where, str(int(rows[triplet, place])), expected, "Rows count from 0.")


def manipulation_triplets(
    labels: Tensor, schema: AttributeSchema, *, count: int, edits: int = 1, seed: int = 0
) -> Triplets:
    """Random triplets for learning edits of `edits` attributes at once.

    Reference and positive differ in exactly `edits` attributes, each labelled in both, as in the public training
    files: what goes and what comes are both known. In all others they are equal, and missing equals missing. Every
    row that has such a partner is a reference equally often, up to one; its partners are equally likely. The negative
    is any row whose labels differ from the positive's, the reference among them.

    For a mix of one and two edits, join the `rows` of two calls.

    Args:
        labels: int64 (N, A).
        schema: their schema.
        count: number of triplets T, at least 1.
        edits: how many attributes differ, 1 to A.
        seed: same seed, same triplets.

    Raises:
        InputError: labels that are not of this schema, a count below 1, more edits than attributes, or no two rows
            that lie so many edits apart; says how many would do.
    """
    if count < 1:
        raise InputError("manipulation_triplets, count", str(count), "at least 1", "Ask for more.")
    check_edits("manipulation_triplets", edits, schema)
    partners = count_partners(schema.check(labels), labels, edits)
    able = partners.nonzero()[:, 0]
    if not len(able):
        raise _none_apart(labels, edits)
    draw = np.random.default_rng(seed)
    rounds = [draw.permutation(len(able)) for _ in range(-(-count // len(able)))]
    reference = able[torch.from_numpy(np.concatenate(rounds)[:count])]
    rank = torch.from_numpy(draw.integers(partners[reference].numpy()))
    positive = pick_partners(labels, labels, edits, reference, rank)
    return Triplets(reference, positive, _of_other_labels(labels, positive, draw))


def _of_other_labels(labels: Tensor, rows: Tensor, draw: np.random.Generator) -> Tensor:
    """For each of the rows another at random, among those whose label row differs: int64, as `rows`."""
    _, kind, sizes = torch.unique(labels, dim=0, return_inverse=True, return_counts=True)
    sorted_by_kind = kind.argsort(stable=True)
    own = kind[rows]
    first, size = (sizes.cumsum(0) - sizes)[own], sizes[own]
    place = torch.from_numpy(draw.integers((len(labels) - size).numpy()))
    place += size * (place >= first)  # a step over the rows of the same labels
    other: Tensor = sorted_by_kind[place]
    return other


def _none_apart(labels: Tensor, edits: int) -> InputError:
    fewest = fewest_edits(labels)
    remedy = "Use data with several versions of a product, or fewer attributes."
    if fewest is not None:
        remedy = f"The closest are {fewest} edits apart: pass edits={fewest}, or use fewer attributes."
    where = f"manipulation_triplets, {len(labels)} label rows"
    return InputError(where, f"no two that lie {edits} edits apart", "at least one such pair", remedy)
