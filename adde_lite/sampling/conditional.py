"""Triplets under a condition: of three garments, which two are alike in this one attribute?"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.sampling.pairs import count_partners, pick_partners

ROLES = ("anchor", "positive", "negative")
COLUMNS = (*ROLES, "condition")
ANCHORS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class ConditionalTriplets:
    """T triplets of rows of one data set, each for one attribute.

    Args:
        anchor: int64 (T,), the garment that is compared.
        positive: int64 (T,), one that is like it under the condition.
        negative: int64 (T,), one that is not.
        condition: int64 (T,), the attribute that decides, counted as in the schema.

    Raises:
        InputError: types or shapes that do not fit, a row or a condition below 0.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor
    condition: Tensor

    def __post_init__(self) -> None:
        for name in COLUMNS:
            column = getattr(self, name)
            if column.dtype != torch.int64 or column.shape != (len(self.anchor),):
                found, expected = f"{column.dtype} {tuple(column.shape)}", f"int64 ({len(self.anchor)},)"
                raise InputError(f"triplets, {name}", found, expected, "Give one number a triplet.")
            if (column < 0).any():
                triplet = int((column < 0).nonzero()[0])
                where = f"triplet {triplet}, {name}"
                raise InputError(where, str(int(column[triplet])), "0 or more", "Rows and attributes count from 0.")

    def __len__(self) -> int:
        return len(self.anchor)

    @property
    def rows(self) -> Tensor:
        """int64 (T, 3): anchor, positive, negative. The `examples` of `training.train`."""
        return torch.stack([self.anchor, self.positive, self.negative], dim=1)

    def told(self, labels: Tensor) -> Tensor:
        """What a triplet tells of its three garments: int64 (T, 3, A), the `example_labels` of `training.train`.

        The labels of its condition stand there, those of all other attributes are hidden (-1). Where the data has no
        labels, as in triplets that people chose, anchor and positive tell 0 and the negative 1.

        Args:
            labels: int64 (N, A), of the data that the triplets count in.

        Raises:
            InputError: a row or a condition that the labels do not have.
        """
        self.check(*labels.shape)
        here = self.condition[:, None, None].expand(-1, 3, 1)
        codes = labels[self.rows].gather(2, here)
        codes = codes.where((codes != MISSING).all(1, keepdim=True), torch.tensor([0, 0, 1])[:, None])
        return torch.full((len(self), 3, labels.shape[1]), MISSING).scatter(2, here, codes)

    def picked(self, which: Tensor) -> "ConditionalTriplets":
        """Some of the triplets, by a bool mask (T,) or positions."""
        return ConditionalTriplets(*(getattr(self, name)[which] for name in COLUMNS))

    def under(self, condition: int) -> "ConditionalTriplets":
        """The triplets of one condition."""
        return self.picked(self.condition == condition)

    def check(self, rows: int, attributes: int) -> None:
        """Raises InputError when a row or a condition is not below these bounds."""
        for name, bound in {**dict.fromkeys(ROLES, rows), "condition": attributes}.items():
            beyond = getattr(self, name) >= bound
            if beyond.any():
                triplet = int(beyond.nonzero()[0])
                given, expected = str(int(getattr(self, name)[triplet])), f"0 to {bound - 1}"
                raise InputError(f"triplet {triplet}, {name}", given, expected, "Count in the data that you pass.")


def conditional_triplets(
    labels: Tensor, schema: AttributeSchema, *, per_image: int = 1, seed: int
) -> ConditionalTriplets:
    """For each image and each attribute it has: one positive of the same value and one negative of another.

    All images of the same value but the anchor are equally likely positives, all of other values negatives. A missing
    label takes no part. An image that is alone with its value has no positive and is no anchor for that attribute.

    Args:
        labels: int64 (N, A), -1 where missing.
        schema: their schema.
        per_image: how many triplets an image and attribute, at least 1.
        seed: same seed, same triplets.

    Raises:
        InputError: labels that are not of this schema, `per_image` below 1, or an attribute without any positive or
            without any negative; names it.
    """
    schema.check(labels)
    if per_image < 1:
        raise InputError("conditional_triplets, per_image", str(per_image), "at least 1", "Ask for more.")
    draw = np.random.default_rng(seed)
    parts = [_of_attribute(labels[:, a], a, schema, per_image, draw) for a in range(schema.A)]
    return _joined(parts)


def conflicting_triplets(labels: Tensor, schema: AttributeSchema, *, count: int, seed: int) -> ConditionalTriplets:
    """Triplets on which conditions disagree as much as they can, each in both orders: 2 x `count` of them.

    Of garments i, j and l, j shares attribute c with i and nothing else; l shares everything but c. Under c the
    positive is j; under another attribute, at random among those that i and l both have, it is l. A space that knows
    no conditions gives both the same answer, so half of all its answers are wrong.

    Args:
        labels: int64 (N, A); needs garments that lie one edit apart, such as `wardrobe(variants=6)`.
        schema: their schema, of at least two attributes.
        count: how many garments i to draw, at least 1; those that lack a j are drawn again.
        seed: same seed, same triplets.

    Raises:
        InputError: labels that are not of this schema, a count below 1, or no such three garments.
    """
    schema.check(labels)
    if count < 1:
        raise InputError("conflicting_triplets, count", str(count), "at least 1", "Ask for more.")
    draw = np.random.default_rng(seed)
    partners = count_partners(labels, labels, 1)
    able = partners.nonzero()[:, 0]
    found: list[ConditionalTriplets] = []
    while sum(map(len, found)) < 2 * count:
        order = able[torch.from_numpy(draw.permutation(len(able)))]
        some = _conflicts(labels, order, partners, draw) if len(able) else None
        if not some:
            remedy = "Use data with several versions of a product, or fewer attributes."
            given = "no garment with one that differs in one attribute and one that shares only that"
            raise InputError(f"conflicting_triplets, {len(labels)} label rows", given, "at least one", remedy)
        found.append(some)
    joined = _joined(found)
    return joined.picked(torch.arange(2 * count))


def _of_attribute(
    codes: Tensor, a: int, schema: AttributeSchema, per_image: int, draw: np.random.Generator
) -> ConditionalTriplets:
    known = (codes != MISSING).nonzero()[:, 0]
    sizes = torch.bincount(codes[known], minlength=schema.sizes[a])
    by_value = known[codes[known].argsort(stable=True)]
    first = sizes.cumsum(0) - sizes
    own = codes[by_value]
    rank = torch.arange(len(by_value)) - first[own]
    able = (sizes[own] > 1) & (sizes[own] < len(by_value))
    if not able.any():
        values = int((sizes > 0).sum())
        lacks = f"{values} value in {len(known)} images: no negative" if values < 2 else "no value twice: no positive"
        expected, remedy = "two images of one value, one of another", "Leave it out: data.select([...])."
        raise InputError(f"conditional_triplets, {schema.names[a]!r}", lacks, expected, remedy)
    place = able.nonzero()[:, 0].repeat(per_image)
    own, rank = own[place], rank[place]
    step = torch.from_numpy(draw.integers((sizes[own] - 1).numpy()))
    positive = by_value[first[own] + step + (step >= rank)]
    step = torch.from_numpy(draw.integers((len(by_value) - sizes[own]).numpy()))
    negative = by_value[step + sizes[own] * (step >= first[own])]
    return ConditionalTriplets(by_value[place], positive, negative, torch.full_like(place, a))


def _conflicts(labels: Tensor, anchors: Tensor, partners: Tensor, draw: np.random.Generator) -> ConditionalTriplets:
    """Both orders, one after the other, for each of the anchors that has a j."""
    rank = torch.from_numpy(draw.integers(partners[anchors].numpy()))
    near = pick_partners(labels, labels, 1, anchors, rank)
    condition = (labels[anchors] != labels[near]).int().argmax(1)
    lone = torch.empty_like(anchors)
    for part in torch.arange(len(anchors)).split(ANCHORS_AT_ONCE):
        mine = labels[anchors[part]][:, None]
        alike = (mine == labels) & (mine != MISSING)
        only = (alike.sum(2) == 1) & alike.gather(2, condition[part, None, None].expand(-1, len(labels), 1))[..., 0]
        chance = torch.from_numpy(draw.random((len(part), len(labels)))).where(only, -1.0)
        best = chance.max(1)
        lone[part] = best.indices.where(best.values >= 0, -1)
    rival = torch.from_numpy(draw.random((len(anchors), labels.shape[1])))
    shared = (labels[anchors] == labels[near]) & (labels[anchors] != MISSING)
    rival = rival.where(shared, -1.0)
    keep = (lone >= 0) & shared.any(1)
    anchor, lone, near, condition, other = (
        column[keep] for column in (anchors, lone, near, condition, rival.argmax(1))
    )
    both = [(anchor, anchor), (lone, near), (near, lone), (condition, other)]
    return ConditionalTriplets(*(torch.stack(orders, dim=1).flatten() for orders in both))


def _joined(parts: list[ConditionalTriplets]) -> ConditionalTriplets:
    return ConditionalTriplets(*(torch.cat([getattr(part, name) for part in parts]) for name in COLUMNS))
