"""Notebook 07: one space cannot answer two questions, and blocks separate because each triplet knows its condition."""

from unittest.mock import patch

import torch
from torch import Tensor

from adde_lite.metrics.conditional import cross_accuracy, disentanglement_gap
from adde_lite.models.conditional import (
    MaskedRecipe,
    MaskedSpace,
    OneSpace,
    OneSpaceRecipe,
    SubspaceRecipe,
    Subspaces,
    adde_c,
)
from adde_lite.sampling import ConditionalTriplets, conditional_triplets, conflicting_triplets
from adde_lite.sampling.in_batch import Examples, batch_triplets
from adde_lite.studies.conditional_run import CONDITIONS
from adde_lite.training import TrainingRecipe, seeded, train
from claims import clothes
from claims.claim import Claim, Numbers

NOTEBOOK = "07_conditional_similarity"
WIDTHS = (8, 16, 32, 48)
TRAINING = TrainingRecipe(epochs=14, batch_size=64, learning_rate=4e-3, bf16=False)
OWN, OTHERS = "own condition right", "another's condition right"


def in_one_space(on: bool) -> Numbers:
    """Conflicting triplets in a space for all conditions, or in a block each; nothing is trained."""
    rivals = clothes.small_drawer().select(CONDITIONS)
    disputed = conflicting_triplets(rivals.labels, rivals.schema, count=400, seed=0)
    one = seeded(lambda: OneSpace(rivals.schema, OneSpaceRecipe(widths=WIDTHS, d=16)), 0)
    many = seeded(lambda: Subspaces(rivals.schema, SubspaceRecipe(widths=WIDTHS, hidden=16, d=8)), 0)
    blocks = (one if on else many).eval().embed(rivals.images)
    return {"conflicting triplets right": _right(blocks, disputed)}


def _right(blocks: Tensor, triplets: ConditionalTriplets) -> float:
    """The share of all triplets, whatever their condition; a tie counts half."""
    anchor, near, far = (
        blocks[rows, triplets.condition] for rows in (triplets.anchor, triplets.positive, triplets.negative)
    )
    lead = (anchor - far).norm(dim=1) - (anchor - near).norm(dim=1)
    return float((lead.sign() + 1).double().mean() / 2)


def told_the_condition(on: bool) -> Numbers:
    """ADDE-C, trained on triplets that know their condition, or on the same ones with conditions shuffled."""
    stock, drawer = (half.select(CONDITIONS) for half in (clothes.small_stock(), clothes.small_drawer()))
    recipe = SubspaceRecipe(widths=WIDTHS, hidden=32, d=16, examples="images")
    model = seeded(lambda: Subspaces(stock.schema, recipe), 0)
    with patch.object(adde_c, "batch_triplets", batch_triplets if on else _shuffled):
        train(model, stock, TRAINING, device="cpu", progress=False)
    triplets = conditional_triplets(drawer.labels, drawer.schema, seed=0)
    accuracy = cross_accuracy(model.embed(drawer.images), triplets)
    own = float(accuracy.diagonal().mean())
    return {OWN: own, OTHERS: own - float(disentanglement_gap(accuracy).mean())}


def _shuffled(labels: Tensor, examples: Examples) -> tuple[Tensor, Tensor]:
    rows, condition = batch_triplets(labels, examples)
    return rows, condition[torch.randperm(len(condition))]


def closed(on: bool) -> Numbers:
    """How far the closed entries of CSN's masks are pulled by a loss, with the ReLU or without it."""
    drawer = clothes.small_drawer().select(CONDITIONS).subset(slice(64))
    model = seeded(lambda: MaskedSpace(drawer.schema, MaskedRecipe(widths=WIDTHS, examples="images")), 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        with patch.object(MaskedSpace, "masks", MaskedSpace.masks if on else property(lambda space: space.beta)):
            terms = model.loss(drawer.images.float() / 255, drawer.labels)
            torch.stack(list(terms.values())).sum().backward()
    shut = model.beta.detach() <= 0
    assert model.beta.grad is not None
    pull = model.beta.grad.abs()
    return {"pull on closed entries": float(pull[shut].sum()), "pull on open ones": float(pull[~shut].sum())}


CLAIMS = (
    Claim(
        "one space is right by half",
        NOTEBOOK,
        'Not "about half": half, for any single space, trained or not.',
        "one space for all conditions (off: a block each)",
        in_one_space,
        lambda measured: measured["conflicting triplets right"] == 0.5,
        quick=True,
    ),
    Claim(
        "the condition makes the block",
        NOTEBOOK,
        "If masks were decoration, the wrong mask would do as well as the right one.",
        "triplets know their condition (off: conditions shuffled)",
        told_the_condition,
        lambda measured: measured[OWN] > measured[OTHERS] + 0.05,
    ),
    Claim(
        "closed entries stay closed",
        NOTEBOOK,
        "A closed entry gets no gradient, so it stays closed.",
        "masks pass through a ReLU",
        closed,
        lambda measured: measured["pull on closed entries"] == 0 < measured["pull on open ones"],
        quick=True,
    ),
)
