"""Checks of notebook 04: an edit by one product, prototypes as means, and an edit by a value that is only guessed."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.models.adde import PrototypeMemory

SIZES = (3, 2)
D = 4


def _edits() -> Sequence[Case]:
    schema = AttributeSchema.numbered(SIZES)
    before = torch.tensor([[0, 1], [2, 0], [1, MISSING], [0, 0]])
    after = torch.tensor([[2, 1], [2, 1], [1, 1], [1, 1]])
    rows = zip(schema.one_hot(before).float(), schema.one_hot(after).float(), strict=True)
    return [
        (torch.randn(len(SIZES), D, generator=dice), torch.randn(len(SIZES) * D, schema.J, generator=dice), *pair)
        for seed, pair in enumerate(rows)
        for dice in [torch.Generator().manual_seed(seed)]
    ]


def _edited(r: Tensor, M: Tensor, v: Tensor, v_target: Tensor) -> Tensor:
    memory = PrototypeMemory(AttributeSchema.numbered(SIZES), r.shape[1])
    memory.load_state_dict({"weight": M})
    return memory.edit(r, (v_target - v)[None], "add").detach()


edited_query = Exercise(
    "edited_query",
    _edited,
    cases=_edits,
    slips=(
        Slip(
            "The edit goes backwards: what should come is taken away. i has +1 where a value comes, -1 where one goes.",
            lambda r, M, v, v_target: _edited(r, M, v_target, v),
        ),
        Slip(
            "You add all prototypes of the target and take none away: the old values stay in. The columns to add are "
            "those of the difference.",
            lambda r, M, v, v_target: _edited(r, M, torch.zeros_like(v), v_target),
        ),
        Slip(
            "This is the movement M i alone. Where does it begin?",
            lambda r, M, v, v_target: _edited(torch.zeros_like(r), M, v, v_target),
        ),
        Slip(
            "This is the prototype of the target, M v: all that is special about this garment is lost.",
            lambda r, M, v, v_target: (M @ v_target).view_as(r),
        ),
    ),
)


def _labelled() -> Sequence[Case]:
    codes = [[0, 1, 0, 1, 1], [0, MISSING, 0, 1, MISSING, 2], [2, 2, MISSING, 0, 2]]  # nobody shows value 1 of the last
    sizes = [2, 3, 3]
    return [
        (torch.randn(len(each), D, generator=torch.Generator().manual_seed(seed)), torch.tensor(each), size)
        for seed, (each, size) in enumerate(zip(codes, sizes, strict=True))
    ]


def _means(blocks: Tensor, codes: Tensor, count: int) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a value that nobody shows: the exercise asks for it
        schema = AttributeSchema.numbered([count])
        return PrototypeMemory.of_means(blocks[:, None], codes[:, None], schema).prototypes


def _images_of(codes: Tensor, count: int) -> Tensor:
    return F.one_hot(codes[codes != MISSING], count).sum(0)[:, None]


class_prototypes = Exercise(
    "class_prototypes",
    _means,
    cases=_labelled,
    slips=(
        Slip(
            "A value that no image shows became NaN: the mean of nothing. Its prototype should be zeros.",
            lambda blocks, codes, count: _means(blocks, codes, count).where(_images_of(codes, count) > 0, torch.nan),
        ),
        Slip(
            "Images without a label have a say: -1 as an index is the *last* value. Leave those images out first.",
            lambda blocks, codes, count: _means(blocks, codes % count, count),
        ),
        Slip(
            "You divided by the number of all images. Divide by the number of images that show the value.",
            lambda blocks, codes, count: _means(blocks, codes, count) * _images_of(codes, count) / len(codes),
        ),
        Slip(
            "These are sums: a value that is worn often would get a long prototype. Divide by its number of images.",
            lambda blocks, codes, count: _means(blocks, codes, count) * _images_of(codes, count),
        ),
    ),
)


def _guesses() -> Sequence[Case]:
    sizes, new = (3, 2, 4), torch.tensor([1, 0, 1, 1, 0])
    has = torch.tensor([True, True, False, True, False])
    cases: list[Case] = []
    for attribute in range(len(sizes)):
        logits = 3 * torch.randn(len(new), sum(sizes), generator=torch.Generator().manual_seed(attribute))
        probabilities = torch.cat([block.softmax(1) for block in logits.split(sizes, dim=1)], dim=1)
        cases.append((probabilities, sizes, attribute, new, has))
    return cases


def _soft(probabilities: Tensor, sizes: Sequence[int], attribute: int, new: Tensor, has: Tensor) -> Tensor:
    coming = F.one_hot(sum(sizes[:attribute]) + new, sum(sizes)).to(probabilities.dtype)
    return coming - _own(probabilities, sizes, attribute) * has[:, None]


def _own(probabilities: Tensor, sizes: Sequence[int], attribute: int) -> Tensor:
    blocks = probabilities.split(list(sizes), dim=1)
    return torch.cat([block if at == attribute else torch.zeros_like(block) for at, block in enumerate(blocks)], 1)


def _sharp(probabilities: Tensor, sizes: Sequence[int]) -> Tensor:
    blocks = probabilities.split(list(sizes), dim=1)
    sharp = [F.one_hot(block.argmax(1), block.shape[1]) for block in blocks]
    return torch.cat(sharp, 1).to(probabilities.dtype)


def _without_its_share(probabilities: Tensor, sizes: Sequence[int], attribute: int, new: Tensor, has: Tensor) -> Tensor:
    right = _soft(probabilities, sizes, attribute, new, has)
    coming = F.one_hot(sum(sizes[:attribute]) + new, sum(sizes)) > 0
    return right.masked_fill(coming, 1)


soft_indicator = Exercise(
    "soft_indicator",
    _soft,
    cases=_guesses,
    slips=(
        Slip(
            "You take away the likeliest value as if it were sure. Take away every value by its probability.",
            lambda probabilities, sizes, attribute, new, has: _soft(
                _sharp(probabilities, sizes), sizes, attribute, new, has
            ),
        ),
        Slip(
            "A garment that does not have the attribute has nothing to take away: its row should hold the +1 alone.",
            lambda probabilities, sizes, attribute, new, has: _soft(
                probabilities, sizes, attribute, new, torch.ones_like(has)
            ),
        ),
        Slip(
            "You overwrote the new value's own share. A garment that surely shows it already should get zeros.",
            _without_its_share,
        ),
        Slip(
            "The other attributes move too: their columns should stay zero, nobody asked for them.",
            lambda probabilities, sizes, attribute, new, has: (
                F.one_hot(sum(sizes[:attribute]) + new, sum(sizes)) - probabilities * has[:, None]
            ),
        ),
        Slip(
            "The +1 stands in a column of the first attribute: codes count within an attribute, columns over all.",
            lambda probabilities, sizes, attribute, new, has: (
                F.one_hot(new, sum(sizes)) - _own(probabilities, sizes, attribute) * has[:, None]
            ),
        ),
    ),
)
