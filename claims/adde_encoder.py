"""Notebook 03: training gives each attribute a place; missing labels are silent; a shop tells on its own."""

from functools import partial

import torch
from torch import Tensor

from adde_lite import AttributeEncoder, recipes
from adde_lite.attributes import MISSING
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.losses import attribute_cross_entropy
from adde_lite.metrics import subspaces
from adde_lite.studies import subspaces as study
from adde_lite.training import seeded
from claims import clothes
from claims.claim import Claim, Numbers

NOTEBOOK = "03_adde_encoder"
ASKED = ("category", "colour", "pattern", "sleeve", "length", "fit")
OWN, OTHERS, WHOLE = "read from the own block", "read from another block", "read from all blocks"


def in_place(on: bool) -> Numbers:
    """Probes on the blocks of the course's encoder; or on the same numbers, turned."""
    halves = clothes.stock_embeddings(), clothes.drawer_embeddings()
    return _probed(*(halves if on else (subspaces.turned(half, seed=0) for half in halves)))


def trained(on: bool) -> Numbers:
    """Probes on the blocks of the course's encoder; or on those of the same layers with their first weights."""
    if on:
        return in_place(True)
    untrained = seeded(partial(AttributeEncoder, WARDROBE, recipes.WARDROBE.model), 0)
    return _probed(*(untrained.embed(half.images) for half in (clothes.stock(), clothes.drawer())))


def _probed(of_stock: Tensor, of_drawer: Tensor) -> Numbers:
    columns = [WARDROBE.index(name) for name in ASKED]
    schema = WARDROBE.select(ASKED)
    labels = [half.labels[:, columns] for half in (clothes.stock(), clothes.drawer())]
    told = subspaces.leakage(of_stock[:, columns], labels[0], of_drawer[:, columns], labels[1], schema)
    others = ~torch.eye(schema.A, dtype=torch.bool)
    whole = float(told.whole.diagonal().nanmean())
    return {OWN: told.own, OTHERS: float(told.probe[others].nanmean()), WHOLE: whole}


def silent(on: bool) -> Numbers:
    """The loss of random predictions under the drawer's labels; or with missing ones read as the first value."""
    labels = clothes.drawer().labels
    logits = torch.randn(len(labels), WARDROBE.J, generator=torch.Generator().manual_seed(0)).requires_grad_()
    read = labels if on else labels.clamp(min=0)
    attribute_cross_entropy(logits, read, WARDROBE.sizes).backward()
    assert logits.grad is not None
    blocks = zip(logits.grad.split(WARDROBE.sizes, 1), labels.T, strict=True)
    slopes = [(block[codes == MISSING].abs().sum(), block[codes != MISSING].abs().sum()) for block, codes in blocks]
    missing, labelled = (float(torch.stack(part).sum()) for part in zip(*slopes, strict=True))
    return {"gradient without a label": missing, "gradient with one": labelled}


def in_a_shop(on: bool) -> Numbers:
    """What labels tell of other labels, where they are independent and in a shop; no encoder takes part."""
    told = [study.told_by_labels(800, 3, correlation) for correlation in (0.0, 1.0 if on else 0.0)]
    return {"labels tell, independent": told[0], "labels tell, correlated": told[1]}


PLACE = (
    "So training buys two things: the information, which both left maps have, and its *place*, which only the first "
    "has."
)
CLAIMS = (
    Claim(
        "training buys a place",
        NOTEBOOK,
        PLACE,
        "blocks that stay apart (off: all numbers turned)",
        in_place,
        lambda measured: measured[OWN] > measured[OTHERS] + 0.3,
        quick=True,
    ),
    Claim(
        "training buys information",
        NOTEBOOK,
        PLACE,
        "training (off: the same layers, random weights)",
        trained,
        lambda measured: measured[WHOLE] > 0.8,
    ),
    Claim(
        "a missing label is silent",
        NOTEBOOK,
        "the gradient of a prediction without a label must be exactly zero",
        "missing labels are left out (off: read as the first value)",
        silent,
        lambda measured: measured["gradient without a label"] == 0 < measured["gradient with one"],
        quick=True,
    ),
    Claim(
        "in a shop labels tell of labels",
        NOTEBOOK,
        "It rises with the shop, and so does what labels alone tell.",
        "correlation between attributes",
        in_a_shop,
        lambda measured: measured["labels tell, correlated"] > measured["labels tell, independent"] + 0.05,
    ),
)
