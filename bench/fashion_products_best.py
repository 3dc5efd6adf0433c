"""Edits on real product photos, as well as 900 CPU seconds of training allow: two encoders side by side.

Each encoder learns from the training photos without a part of its own. On that part it has seen nothing, so there the
weight of edited blocks is chosen, for both encoders together; gallery and references choose nothing. The embedding of a
photo is one block an attribute, holding what both encoders say; the classifier beside it is the mean of both, with a
weight chosen in the same way.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from statistics import mean

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.data.images import AttributeImages
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.retrieval import top_k_accuracy
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.recipes import FASHION_PRODUCTS, Recipe
from adde_lite.retrieval.answers import Answers
from adde_lite.retrieval.evaluation import SHORT, Encoded, Row, Stage, answer_queries
from adde_lite.retrieval.weighting import WEIGHTS, weighted_search
from adde_lite.sampling import Queries, edit_queries
from adde_lite.studies.retrieval_run import encoded
from adde_lite.training import seeded, train
from bench.fashion_products import Shop, fashion_products
from bench.figure import Figure

PARTS = 6
MEMBERS = 2  # each without one part in six: 715 CPU-s of training
WEIGHED: tuple[Row, ...] = ("classifier_probability", "embedding")
CUTOFFS = (1, 10, 30)


def measure() -> Figure:
    return trained_and_asked(fashion_products(), FASHION_PRODUCTS, seed=0)


@dataclass(frozen=True, eq=False)
class Member:
    """One encoder, and what it makes of the photos kept from it: gallery and references of `queries`."""

    encoder: AttributeEncoder
    kept: Stage
    queries: Queries


def trained_and_asked(shop: Shop, recipe: Recipe, *, seed: int) -> Figure:
    """Train the members with seeds `seed`, `seed` + 1, ...; choose the weights; answer the queries of the shop."""
    started = time.process_time()
    members = [member(shop.training, part, recipe, seed + part) for part in range(MEMBERS)]
    weights = {row: chosen_weight(row, members) for row in WEIGHED}
    seconds = time.process_time() - started
    stage = together([each.encoder for each in members], shop)
    schema, queries = shop.training.schema, shop.queries
    sides = (stage.references, stage.gallery)
    answers = answer_queries(*sides, queries, stage.memory, schema, rows=SHORT, cutoffs=CUTOFFS, seed=seed)
    found = {f"{row}, weighted": weighted_search(row, stage, queries, weights[row], CUTOFFS[-1]) for row in WEIGHED}
    weighed = Answers.judged(found, stage.gallery.labels, queries, CUTOFFS)
    rows = {
        row: {name: value for name, value in means.items() if name.startswith(("top_", "ndcg"))}
        for row, means in (answers.means() | weighed.means()).items()
    }
    predicted = torch.cat([_classified(side.probabilities, schema.sizes) for side in sides])
    accuracies = attribute_accuracy(predicted, torch.cat([side.labels for side in sides])).tolist()
    ours = rows["embedding, weighted"]
    return Figure(
        value=ours["top_1"],
        baseline=rows["classifier_probability, weighted"]["top_1"],
        baseline_is="classifier_probability with a weight chosen alike",
        unit="top-1 accuracy",
        cost=False,
        cpu_seconds=seconds,
        seed=seed,
        facts={
            "attribute_accuracy": mean(accuracies),
            "accuracies": dict(zip(schema.names, accuracies, strict=True)),
            "queries": len(queries),
            "weights": weights,
        }
        | {name: ours[name] for name in ("top_1", "top_10", "top_30", "ndcg_target")},
        rows=rows,
    )


def member(training: AttributeImages, part: int, recipe: Recipe, seed: int) -> Member:
    """An encoder that has not seen a part of the training photos, 0 <= part < PARTS."""
    aside = part_of(training) == part
    learning, kept = training.subset(~aside), training.subset(aside)
    encoder = seeded(lambda: AttributeEncoder(training.schema, recipe.model), seed)
    train(encoder, learning, replace(recipe.training, seed=seed), device="cpu", progress=False)
    memory = PrototypeMemory.of_means(encoder.embed(learning.images), learning.labels, training.schema)
    side = encoded(encoder, kept)
    return Member(encoder, Stage(side, side, memory), edit_queries(kept.labels, kept.labels, training.schema))


def part_of(images: AttributeImages) -> Tensor:
    """The part that each photo belongs to, int64 (N,); duplicates are in one part."""
    groups = images.columns["dup_group"]
    return torch.tensor([int(sha256(str(group).encode()).hexdigest(), 16) % PARTS for group in groups])


def chosen_weight(row: Row, members: Sequence[Member]) -> float:
    """The weight of edited blocks with the best top-1 accuracy on the photos kept aside, mean of the members.

    No photo finds itself there: the references of the shop are not in its gallery either.
    """

    def right(weight: float) -> float:
        found = (weighted_search(row, each.kept, each.queries, weight, 1, exclude_self=True) for each in members)
        return mean(
            top_k_accuracy(each.kept.gallery.labels[positions], each.queries.target)
            for each, positions in zip(members, found, strict=True)
        )

    return max(WEIGHTS, key=right)


def together(encoders: Sequence[AttributeEncoder], shop: Shop) -> Stage:
    """Gallery, references and memory of the shop as all encoders see them."""
    training, gallery, references = (
        both([encoded(encoder, images) for encoder in encoders])
        for images in (shop.training, shop.gallery, shop.references)
    )
    memory = PrototypeMemory.of_means(training.embeddings, training.labels, shop.training.schema)
    return Stage(references, gallery, memory)


def both(seen: Sequence[Encoded]) -> Encoded:
    """The same images after several encoders: blocks side by side (N, A, sum of d), each encoder's embedding of
    length 1; the mean of the probabilities."""
    whole = [F.normalize(each.embeddings.flatten(1)).view_as(each.embeddings) for each in seen]
    probabilities = torch.stack([each.probabilities for each in seen]).mean(0)
    return Encoded(torch.cat(whole, dim=2), probabilities, seen[0].labels)


def _classified(probabilities: Tensor, sizes: Sequence[int]) -> Tensor:
    """The most probable value of each attribute: (N, J) -> int64 (N, A)."""
    return torch.stack([block.argmax(1) for block in probabilities.split(list(sizes), dim=1)], dim=1)
