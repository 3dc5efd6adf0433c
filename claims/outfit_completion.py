"""Notebook 08: attention finds rules that are there, knowing the pair is what counts, length one forbids collapse."""

from contextlib import nullcontext
from functools import cache
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.data.outfits import EMPTY, Outfits, fill_in_the_blank
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, outfit_ranking
from adde_lite.metrics.outfits import fill_in_the_blank_accuracy
from adde_lite.models.outfits import ADDEO, PairAttention
from adde_lite.models.outfits.matching import candidate_distances
from adde_lite.retrieval.completion import Completion
from adde_lite.studies import outfits as study
from adde_lite.studies.outfit_run import Shop, embedded
from adde_lite.studies.outfit_scores import kappa_right
from adde_lite.training import seeded
from adde_lite.training.outfits import OutfitTraining, train_outfits
from claims.claim import Claim, Numbers

NOTEBOOK = "08_outfit_completion"
SHOP = Shop(garments=1600, outfits=1200, judged=300, questions=300)
TRAINING = OutfitTraining(epochs=12, learning_rate=study.RATE)
RIGHT = "same-category questions right"


@cache
def _part(part: str) -> tuple[Outfits, Tensor]:
    outfits = SHOP.part("train" if part == "train" else "test", 0, progress=False)
    return outfits, embedded(outfits, 0, progress=False)


def _fresh() -> ADDEO:
    return seeded(lambda: ADDEO(WARDROBE, study.adde_o()), 0)


def by_rules(on: bool) -> Numbers:
    """ADDE-O on outfits that keep the book; or on the same categories with garments exchanged, which keep nothing."""
    outfits, features = _part("train")
    model = _fresh()
    train_outfits(model, features, outfits if on else _exchanged(outfits), TRAINING, progress=False)
    return {"rules that kappa finds": kappa_right(model)["kappa"]}


def _exchanged(outfits: Outfits) -> Outfits:
    """Each garment replaced by another that is worn, of its category: who wears what with what is left to chance."""
    items, generator = outfits.items.clone(), torch.Generator().manual_seed(0)
    categories = outfits.categories_of(items)
    for category in categories[categories != EMPTY].unique():
        places = categories == category
        worn = items[places]
        items[places] = worn[torch.randperm(len(worn), generator=generator)]
    return Outfits(outfits.stock, items)


def by_pairs(on: bool) -> Numbers:
    """ADDE-O with an attention that knows the pair of categories, or gives all pairs the same weights."""
    with nullcontext() if on else patch.object(PairAttention, "table", _same_for_all):
        outfits, features = _part("train")
        model = _fresh()
        train_outfits(model, features, outfits, TRAINING, progress=False)
        test, asked_features = _part("test")
        asked = fill_in_the_blank(test, distractors="same category", count=SHOP.questions, seed=0)
        scores = Completion(model, asked_features, test.categories).option_scores(asked.given, asked.options)
    return {RIGHT: fill_in_the_blank_accuracy(scores, asked.answer)}


_table = PairAttention.table


def _same_for_all(attention: PairAttention) -> Tensor:
    return _table(attention).mean((0, 1), keepdim=True).expand(attention.categories, attention.categories, -1)


def of_length_one(on: bool) -> Numbers:
    """The loss of a model whose maps shrink to nothing; with blocks of length one, or as long as the maps make them."""
    outfits, features = _part("test")
    model = _fresh()
    given, candidates = (
        outfits.items[:64, 1:],
        torch.randint(len(outfits.stock), (64, 5), generator=torch.Generator().manual_seed(0)),
    )
    with torch.no_grad(), nullcontext() if on else patch.object(F, "normalize", lambda blocks, dim: blocks):
        for weights in (model.weight, model.bias):
            weights.mul_(1e-6)
        distances = candidate_distances(model, features, outfits.categories, given, candidates)
    loss = float(outfit_ranking(distances[:, 0], distances[:, 1:]))
    return {"loss beside the margin": abs(loss - OUTFIT_MARGIN), "mean distance": float(distances.mean())}


CLAIMS = (
    Claim(
        "kappa finds the rules",
        NOTEBOOK,
        "Where frame and dark cell meet, the model found the rule from the outfits alone.",
        "outfits keep the book (off: garments exchanged)",
        by_rules,
        lambda measured: measured["rules that kappa finds"] > 0.5,
    ),
    Claim(
        "knowing the pair counts",
        NOTEBOOK,
        "Both models that know the pair are far above the siamese net, for each seed: knowing *who meets whom* makes "
        "the difference.",
        "weights for each pair of categories (off: for all)",
        by_pairs,
        lambda measured: measured[RIGHT] > 0.7,
    ),
    Claim(
        "length one forbids the collapse",
        NOTEBOOK,
        "Length one matters twice: it forbids the collapse, and it makes the weights mean something.",
        "blocks have length one (off: any length)",
        of_length_one,
        lambda measured: measured["loss beside the margin"] > 1e-3 and measured["mean distance"] > 1e-3,
    ),
)
