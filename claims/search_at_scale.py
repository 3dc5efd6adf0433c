"""Notebook 09: an edit is a look-up, cells miss what one attribute asks for, and an exact rerank mends short codes."""

import importlib.util
from contextlib import nullcontext
from unittest.mock import patch

import torch
from torch import Tensor

from adde_lite import Gallery
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.retrieval.nearest import nearest, unit
from adde_lite.retrieval.scale import Cells, FaissIndex, askings, recall, synthetic_shop, visits
from adde_lite.retrieval.scale.synthetic import SCHEMA
from adde_lite.retrieval.table import PrototypeTable
from claims import clothes
from claims.claim import Claim, LeftOutError, Numbers

NOTEBOOK = "09_search_at_scale"
K = 30
GARMENTS, QUERIES = 3000, 48
CELLS, VISITED = 32, 4
SEEDS = (0, 1, 2)


def looked_up(on: bool) -> Numbers:
    """Edits by look-up against searches with the edited embedding; the table as it is, or empty."""
    drawer, embeddings, queries = clothes.drawer(), clothes.drawer_embeddings(), clothes.queries()
    memory = clothes.means(clothes.stock_embeddings())
    gallery = Gallery(embeddings, drawer.labels, WARDROBE, memory)
    indicator = queries.indicator(WARDROBE, drawer.labels)[:60]
    started = embeddings[queries.reference[:60]]
    edited = memory.edit(started, indicator, "add").detach()
    full = nearest(edited.flatten(1), unit(embeddings), clothes.SHOWN)
    with nullcontext() if on else patch.object(PrototypeTable, "products", _nothing):
        rows = [gallery.query(r).edit(i[None], clothes.SHOWN, "add") for r, i in zip(started, indicator, strict=True)]
    return {"edits with the order of a search": float((torch.stack(rows) == full).all(1).double().mean())}


def _nothing(table: PrototypeTable, value: int, *, own: bool) -> Tensor:
    return torch.zeros(len(table._vectors), dtype=table._vectors.dtype)


def missed(on: bool) -> Numbers:
    """What queries for the first attribute find in a few cells, made of whole vectors or of that attribute's block."""
    found = {}
    for seed in SEEDS:
        shop = synthetic_shop(GARMENTS, QUERIES, seed=seed)
        blocks = slice(None) if on else slice(0, 1)
        points = shop.vectors[:, blocks].flatten(1)
        asked = (shop.queries * torch.eye(SCHEMA.A)[0][:, None])[:, blocks].flatten(1)
        found[f"found, seed {seed}"] = visits(Cells(points, CELLS, seed=seed), points, asked, [VISITED], k=K).found[0]
    return found


def reranked(on: bool) -> Numbers:
    """Short codes of a made-up gallery, asked for one subspace; hundreds of candidates reranked, or none."""
    if importlib.util.find_spec("faiss") is None:
        raise LeftOutError("it needs faiss, of the extra scale")
    shop = synthetic_shop(GARMENTS, QUERIES)
    index = FaissIndex.build(shop.vectors, shop.labels, SCHEMA, kind="PQ")
    if not on:
        index.candidates = K
    weights = askings(QUERIES, SCHEMA.A)
    ways = ("plain", "one subspace")
    return {f"found, {way}": recall(index, shop.vectors, shop.queries, weights[way], K) for way in ways}


CLAIMS = (
    Claim(
        "an edit is a look-up",
        NOTEBOOK,
        "Then an edit is two rows of it, added to scores that are there already.",
        "the table is added (off: it is empty)",
        looked_up,
        lambda measured: measured["edits with the order of a search"] == 1,
        quick=True,
    ),
    Claim(
        "cells miss one attribute",
        NOTEBOOK,
        "A query that asks for one attribute has its answers wherever that value hangs, and that is in all cells.",
        "cells are made of whole vectors (off: of the block that is asked for)",
        missed,
        lambda measured: max(measured.values()) < 0.6,
        quick=True,
    ),
    Claim(
        "the rerank mends short codes",
        NOTEBOOK,
        "The exact rerank brings back what the codes confuse, as long as it is among the candidates.",
        f"candidates are reranked (off: the first {K} are taken)",
        reranked,
        lambda measured: min(measured.values()) > 0.8,
    ),
)
