"""Notebook 00: an edit works because each attribute has a place, and because labels say what a value looks like."""

from dataclasses import replace

import torch

from adde_lite import Gallery, PrototypeMemory
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.metrics.subspaces import turned
from claims import clothes
from claims.claim import Claim, Numbers

NOTEBOOK = "00_start_here"
RIGHT = 0.3  # of first results; the unedited garment and chance have none


def exchanged(on: bool) -> Numbers:
    """Edit and search with the embeddings as they are, or with all their numbers turned: no block has a meaning."""
    of_stock, of_drawer = clothes.stock_embeddings(), clothes.drawer_embeddings()
    if not on:
        of_stock, of_drawer = turned(of_stock, seed=0), turned(of_drawer, seed=0)
    return _edited(of_drawer, clothes.means(of_stock))


def labelled(on: bool) -> Numbers:
    """Edit with class means, or with means over as many garments that happen to have another one's labels."""
    stock = clothes.stock()
    order = torch.arange(len(stock)) if on else torch.randperm(len(stock), generator=torch.Generator().manual_seed(0))
    means = clothes.means(clothes.stock_embeddings(), replace(stock, labels=stock.labels[order]))
    return _edited(clothes.drawer_embeddings(), means)


def _edited(embeddings: torch.Tensor, memory: PrototypeMemory) -> Numbers:
    drawer, queries = clothes.drawer(), clothes.queries()
    gallery = Gallery(embeddings, drawer.labels, WARDROBE, memory)
    indicator = queries.indicator(WARDROBE, drawer.labels)
    return clothes.found(gallery.edit(embeddings[queries.reference], indicator, k=clothes.SHOWN))


def finds(measured: Numbers) -> bool:
    return measured["first result right"] > RIGHT


CLAIMS = (
    Claim(
        "an attribute can be exchanged",
        NOTEBOOK,
        "The answer of this course is an embedding that keeps each attribute in a place of its own, so that one of "
        "them can be exchanged.",
        "a place for each attribute (off: all numbers turned)",
        exchanged,
        finds,
        quick=True,
    ),
    Claim(
        "a prototype is a mean of its images",
        NOTEBOOK,
        "The **prototype** of a value is the mean block of the images that show it.",
        "means over the images that show it (off: any images)",
        labelled,
        finds,
        quick=True,
    ),
)
