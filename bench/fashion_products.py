"""Edits on real product photos: manip3 queries of the fashion_products pack, training and all."""

import csv
from dataclasses import dataclass
from pathlib import Path

import torch

from adde_lite.data import fashion_products as packs
from adde_lite.data.images import AttributeImages
from adde_lite.recipes import FASHION_PRODUCTS
from adde_lite.sampling import Queries
from bench.figure import DATA, Figure, NotHereError
from bench.retrieval import trial


@dataclass(frozen=True, eq=False)
class Shop:
    """The pack: photos by split, each with its group of duplicates as the column "dup_group", and what is asked."""

    training: AttributeImages
    gallery: AttributeImages
    references: AttributeImages
    queries: Queries


def measure() -> Figure:
    shop = fashion_products()
    queries = shop.queries
    made = trial(FASHION_PRODUCTS, shop.training, shop.references, shop.gallery, queries, seed=0)
    embedding = made.rows["embedding"]
    return Figure(
        value=embedding["top_30"],
        baseline=made.rows["classifier_probability"]["top_30"],
        baseline_is="classifier_probability on the same queries",
        unit="top-30 accuracy",
        cost=False,
        cpu_seconds=made.cpu_seconds,
        facts={"attribute_accuracy": made.mean_accuracy, "accuracies": made.accuracy, "queries": len(queries)}
        | {name: embedding[name] for name in ("top_1", "top_10", "top_30", "ndcg_target")},
        rows=made.rows,
    )


def fashion_products() -> Shop:
    """Read the pack. Raises NotHereError without it."""
    photos = packs.fashion_products(keep=("split", "dup_group"), folder=DATA)
    if photos is None:
        raise NotHereError(f"no {DATA / packs.PACK}; set ADDE_LITE_DATA to the folder that holds it")
    training, gallery, references = (photos.where(split=split) for split in ("train", "gallery", "query"))
    return Shop(training, gallery, references, manipulations(DATA / packs.PACK / "manip3_queries.csv", references))


def manipulations(path: Path, references: AttributeImages) -> Queries:
    """Read (query_id, attribute, from_value, to_value) rows: one edit of one reference each."""
    schema = references.schema
    row_of = {name: row for row, name in enumerate(references.ids)}
    with path.open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file))
    reference = torch.tensor([row_of[entry["query_id"]] for entry in asked])
    edited = torch.tensor([[entry["attribute"] == name for name in schema.names] for entry in asked])
    target = references.labels[reference]
    target[edited] = torch.tensor([schema.code(entry["attribute"], entry["to_value"]) for entry in asked])
    return Queries(reference, edited, target)
