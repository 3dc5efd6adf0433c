"""Notebook 06: an edit is a look-up, a weight trades, and an exact rerank mends what short codes confuse."""

import importlib.util
from contextlib import nullcontext
from functools import cache
from unittest.mock import patch

import torch
from torch import Tensor

from adde_lite import AttributeSchema, Gallery
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.retrieval.evaluation import Encoded, Stage, row_vectors
from adde_lite.retrieval.nearest import nearest, unit
from adde_lite.retrieval.scale import FaissIndex, askings, recall, synthetic_gallery
from adde_lite.retrieval.table import PrototypeTable
from adde_lite.retrieval.weighting import weighted_search
from claims import clothes
from claims.claim import Claim, LeftOutError, Numbers

NOTEBOOK = "06_retrieval_evaluation"
HEAVY = 4.0
GAINED, LOST = "new value (NDCG) gained", "the rest (NDCG) lost"
K = 30


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


@cache
def _stage() -> Stage:
    """The drawer as references and gallery, and class means."""
    embeddings = clothes.drawer_embeddings()
    side = Encoded(embeddings, clothes.encoder().predict(embeddings), clothes.drawer().labels)
    return Stage(side, side, clothes.means(clothes.stock_embeddings()))


def weighted(on: bool) -> Numbers:
    """What a weight of the edited block changes, against weight one."""
    one, other = (
        clothes.found(weighted_search("embedding", _stage(), clothes.queries(), weight, clothes.SHOWN))
        for weight in (1.0, HEAVY if on else 1.0)
    )
    new, rest = "new value (NDCG)", "the rest (NDCG)"
    return {GAINED: other[new] - one[new], LOST: one[rest] - other[rest]}


def pulled_back(on: bool) -> Numbers:
    """How often an edited garment finds itself first: blocks alike, or the edited one heavy."""
    rows = weighted_search("embedding", _stage(), clothes.queries(), 1.0 if on else HEAVY, 1)
    return {"first is the garment itself": float((rows[:, 0] == clothes.queries().reference).double().mean())}


def without_the_old_value(on: bool) -> Numbers:
    """What an edit loses when its indicator holds no -1: adding, or swapping."""
    stage, queries, row = _stage(), clothes.queries(), "residual" if on else "embedding"
    whole = queries.indicator(WARDROBE, clothes.drawer().labels)
    known, hidden = (
        clothes.found(nearest(*row_vectors(row, stage, queries, indicator), clothes.SHOWN))["first result right"]
        for indicator in (whole, whole.clamp(min=0))
    )
    return {"first result right, lost": known - hidden}


def reranked(on: bool) -> Numbers:
    """Short codes of a made-up gallery, asked for one subspace; hundreds of candidates reranked, or none."""
    if importlib.util.find_spec("faiss") is None:
        raise LeftOutError("it needs faiss, of the extra scale")
    vectors, codes = synthetic_gallery(3032)
    gallery, asking = vectors[:3000].contiguous(), vectors[3000:].contiguous()
    schema = AttributeSchema.numbered([6] * gallery.shape[1])
    index = FaissIndex.build(gallery, codes[:3000], schema, kind="PQ")
    if not on:
        index.candidates = K
    weights = askings(len(asking), gallery.shape[1])
    return {f"found, {way}": recall(index, gallery, asking, weights[way], K) for way in ("plain", "one subspace")}


CLAIMS = (
    Claim(
        "the other blocks pull back",
        NOTEBOOK,
        "The new value is one block among many, and all the others pull towards the garment itself.",
        f"every block counts once (off: the edited one {HEAVY:g} times)",
        pulled_back,
        lambda measured: measured["first is the garment itself"] > 0.2,
        quick=True,
    ),
    Claim(
        "adding needs the old value",
        NOTEBOOK,
        "Adding must know what to take away, the $-1$ of the indicator.",
        "the residual is added (off: the new prototype is swapped in)",
        without_the_old_value,
        lambda measured: measured["first result right, lost"] > 0.1,
        quick=True,
    ),
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
        "a weight trades",
        NOTEBOOK,
        "From left to right the new value arrives more often (middle), and the rest is kept less well (right); "
        "somewhere between, the first result is best (left).",
        f"the edited block counts {HEAVY:g} times (off: once)",
        weighted,
        lambda measured: measured[GAINED] > 0.1 and measured[LOST] > 0.02,
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
