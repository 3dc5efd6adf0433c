"""The clothes and the encoder that several claims look at: few garments, the weights of the course."""

import warnings
from functools import cache

import torch
from torch import Tensor

from adde_lite import AttributeEncoder, AttributeImages, PrototypeMemory, edit_queries, wardrobe
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.metrics.retrieval import ndcg_others, ndcg_target, top_k_accuracy
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.sampling import Queries
from adde_lite.studies.manipulation_run import ManipulationRun

QUERIES = 400
SHOWN = 10  # results of a search


@cache
def encoder() -> AttributeEncoder:
    """The encoder of the course."""
    return ManipulationRun({}, WARDROBE_STAGES, "means", 0).encoder(progress=False)


@cache
def stock() -> AttributeImages:
    """Garments to take class means and probes from."""
    return wardrobe(600, seed=0, progress=False)


@cache
def drawer() -> AttributeImages:
    """Garments that nothing was trained on, six versions of each product: what is searched and judged by."""
    return wardrobe(480, seed=1, variants=6, progress=False)


@cache
def stock_embeddings() -> Tensor:
    """Float (600, A, d)."""
    return encoder().embed(stock().images)


@cache
def drawer_embeddings() -> Tensor:
    """Float (480, A, d)."""
    return encoder().embed(drawer().images)


def means(embeddings: Tensor, images: AttributeImages | None = None) -> PrototypeMemory:
    """Class means of the stock, or of other images, from their embeddings."""
    labels = (images or stock()).labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few garments do not show every value
        return PrototypeMemory.of_means(embeddings, labels, WARDROBE)


@cache
def queries() -> Queries:
    """Edits whose exact answer hangs in the drawer."""
    labels = drawer().labels
    return edit_queries(labels, labels, WARDROBE, limit=QUERIES, seed=0)


def found(rows: Tensor) -> dict[str, float]:
    """How well rows of the drawer, int64 (Q, k), answer the queries."""
    asked, labels = queries(), drawer().labels[rows]
    return {
        "first result right": top_k_accuracy(labels[:, :1], asked.target),
        "new value (NDCG)": ndcg_target(labels, asked.target, asked.edited),
        "the rest (NDCG)": ndcg_others(labels, asked.target, asked.edited),
    }


def accuracy(said: Tensor, labels: Tensor) -> float:
    """Share of codes (N,) that are right."""
    return float(torch.eq(said, labels).double().mean())


@cache
def small_stock() -> AttributeImages:
    """Garments to train on, half the size: a claim has seconds."""
    return wardrobe(1000, seed=0, size=32, progress=False)


@cache
def small_drawer() -> AttributeImages:
    """Garments that nothing was trained on, half the size."""
    return wardrobe(480, seed=1, size=32, variants=6, progress=False)
