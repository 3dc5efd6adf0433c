"""Checks of notebook 00: an edit by hand, a search by hand, and what drifted."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.checks.exercise import Case, Exercise, Slip


def _garments(count: int, seed: int) -> Tensor:
    return torch.randn(count, 3, 4, generator=torch.Generator().manual_seed(seed))


def _edits() -> Sequence[Case]:
    return [(_garments(1, seed)[0], seed % 3, _garments(1, seed + 10)[0, 0]) for seed in range(4)]


def _swapped(garment: Tensor, attribute: int, prototype: Tensor) -> Tensor:
    edited = garment.clone()
    edited[attribute] = prototype
    return edited


def _swapped_by_number(garment: Tensor, attribute: int, prototype: Tensor) -> Tensor:
    flat = garment.flatten().clone()
    flat[attribute : attribute + len(prototype)] = prototype
    return flat.view_as(garment)


edited_block = Exercise(
    "edited_block",
    _swapped,
    cases=_edits,
    slips=(
        Slip(
            "You added the prototype to the block. This edit exchanges the block: what was there goes.",
            lambda garment, attribute, prototype: _swapped(garment, attribute, garment[attribute] + prototype),
        ),
        Slip(
            "Every block became the prototype. Only the block of the attribute changes: edited[attribute] = ...",
            lambda garment, attribute, prototype: prototype.expand_as(garment),
        ),
        Slip(
            "You counted numbers where blocks are counted: block 1 begins after the d numbers of block 0.",
            _swapped_by_number,
        ),
    ),
)


def _searches() -> Sequence[Case]:
    return [
        (_garments(1, seed)[0], _garments(9, seed + 20) * torch.arange(1, 10).view(-1, 1, 1), 3) for seed in range(4)
    ]


def _cosine(query: Tensor, garments: Tensor) -> Tensor:
    cosine: Tensor = garments.flatten(1) @ query.flatten() / garments.flatten(1).norm(dim=1)
    return cosine


nearest_rows = Exercise(
    "nearest_rows",
    lambda query, garments, k: _cosine(query, garments).topk(k).indices,
    cases=_searches,
    slips=(
        Slip(
            "Long embeddings win here, whatever their direction: divide each product by the garment's length.",
            lambda query, garments, k: (garments.flatten(1) @ query.flatten()).topk(k).indices,
        ),
        Slip(
            "These are the garments that point furthest away. The largest products come first.",
            lambda query, garments, k: (-_cosine(query, garments)).topk(k).indices,
        ),
        Slip(
            "These are the products themselves. Which rows they belong to is in `.indices` of `topk`.",
            lambda query, garments, k: _cosine(query, garments).topk(k).values,
        ),
    ),
)


def _results() -> Sequence[Case]:
    wish = torch.tensor([1, 0, 2, MISSING])
    sure = torch.tensor([[1, 0, 2, 0], [0, 0, 2, 1], [1, 1, 0, 0], [0, 1, 0, 3]])
    unlabelled = torch.tensor([[1, MISSING, 2, 0], [MISSING, 1, 2, 1], [1, 0, 2, 0]])
    return [(wish, sure, 0), (wish, unlabelled, 0), (torch.tensor([2, 2, 2, 2]), sure, 1)]


def _kept(wish: Tensor, found: Tensor, edited: int) -> Tensor:
    asked = wish != MISSING
    asked[edited] = False
    return (found == wish)[:, asked].double().mean(1)


def _kept_of_both(wish: Tensor, found: Tensor, edited: int) -> Tensor:
    asked = wish != MISSING
    return (found == wish)[:, asked].double().mean(1)


def _kept_of_all(wish: Tensor, found: Tensor, edited: int) -> Tensor:
    others = torch.arange(len(wish)) != edited
    return (found == wish)[:, others].double().mean(1)


share_kept = Exercise(
    "share_kept",
    _kept,
    cases=_results,
    slips=(
        Slip(
            "You count the edited attribute too. Whether the wish came is another question: leave its column out.",
            _kept_of_both,
        ),
        Slip(
            "An attribute that the wish does not have (code -1) cannot be kept or lost: leave its column out.",
            _kept_of_all,
        ),
        Slip(
            "This is the share that drifted: 1 minus the share that was kept.",
            lambda wish, found, edited: 1 - _kept(wish, found, edited),
        ),
    ),
)
