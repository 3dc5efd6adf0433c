"""Edits on real product photos, as well as 900 CPU seconds of training allow: two encoders side by side.

Each encoder learns from the training photos without a part of its own. On that part it has seen nothing, so there
everything is chosen, for both encoders together: the weight of edited blocks, and the share of probabilities. Gallery
and references choose nothing.

The embedding of a photo is one block an attribute, which holds what both encoders say of it. In the row "embedding with
probabilities" the square roots of what their classifiers say stand beside it: probabilities sum to 1, so such a block
is of length 1, and its inner product with another is greatest where both agree. That row is in part the classifier,
searched as an embedding; the rows "embedding" and "embedding, weighted" hold nothing of it.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from statistics import mean

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING
from adde_lite.data.images import AttributeImages
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.retrieval import top_k_accuracy
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.recipes import FASHION_PRODUCTS, Recipe
from adde_lite.retrieval.answers import Answers
from adde_lite.retrieval.evaluation import SHORT, Encoded, Row, Stage, answer_queries
from adde_lite.retrieval.weighting import weighted_search
from adde_lite.sampling import Queries, edit_queries
from adde_lite.studies.retrieval_run import encoded
from adde_lite.training import seeded, train
from bench.fashion_products import Shop, fashion_products
from bench.figure import Figure

PARTS = 6
MEMBERS = 2  # each without one part in six: 715 CPU-s of training
CUTOFFS = (1, 10, 30)
ASKED = 3_000  # queries of the photos that a member was not shown
WEIGHTS = (1.0, 1.25, 1.5, 2.0, 3.0)
SHARES = (0.5, 1.0, 2.0)
BEST = "embedding with probabilities"
CHOSEN: dict[str, tuple[Row, tuple[float, ...]]] = {
    "classifier_probability, weighted": ("classifier_probability", (0.0,)),
    "embedding, weighted": ("embedding", (0.0,)),
    BEST: ("embedding", SHARES),
}


@dataclass(frozen=True)
class Choice:
    """What is chosen on photos kept aside.

    Args:
        weight: of the blocks of edited attributes.
        share: length of the probabilities beside the encoders' part of an embedding; 0 leaves them out.
    """

    weight: float
    share: float


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
    choices = {name: chosen(row, members, shares) for name, (row, shares) in CHOSEN.items()}
    seconds = time.process_time() - started
    stage = together([each.encoder for each in members], shop)
    schema, queries = shop.training.schema, shop.queries
    sides = (stage.references, stage.gallery)
    answers = answer_queries(*sides, queries, stage.memory, schema, rows=SHORT, cutoffs=CUTOFFS, seed=seed)
    found = {name: found_by(CHOSEN[name][0], stage, queries, choice, CUTOFFS[-1]) for name, choice in choices.items()}
    weighed = Answers.judged(found, stage.gallery.labels, queries, CUTOFFS)
    rows = {
        row: {name: value for name, value in means.items() if name.startswith(("top_", "ndcg"))}
        for row, means in (answers.means() | weighed.means()).items()
    }
    predicted = torch.cat([schema.most_probable(side.probabilities) for side in sides])
    accuracies = attribute_accuracy(predicted, torch.cat([side.labels for side in sides])).tolist()
    ours = rows[BEST]
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
            "chosen": {name: asdict(choice) for name, choice in choices.items()},
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
    memory = PrototypeMemory.of_means(seen_by([encoder], learning).embeddings, learning.labels, training.schema)
    side = seen_by([encoder], kept)
    queries = edit_queries(kept.labels, kept.labels, training.schema, limit=ASKED, seed=0)
    return Member(encoder, Stage(side, side, memory), queries)


def part_of(images: AttributeImages) -> Tensor:
    """The part that each photo belongs to, int64 (N,); duplicates are in one part."""
    groups = images.columns["dup_group"]
    return torch.tensor([int(sha256(str(group).encode()).hexdigest(), 16) % PARTS for group in groups])


def chosen(row: Row, members: Sequence[Member], shares: Sequence[float]) -> Choice:
    """The choice with the best top-1 accuracy on the photos kept aside, mean of the members; of equal ones the first.

    No photo finds itself there: the references of the shop are not in its gallery either.
    """

    def right(choice: Choice) -> float:
        return mean(
            top_k_accuracy(
                each.kept.gallery.labels[found_by(row, each.kept, each.queries, choice, 1, exclude_self=True)],
                each.queries.target,
            )
            for each in members
        )

    return max((Choice(weight, share) for share in shares for weight in WEIGHTS), key=right)


def found_by(row: Row, stage: Stage, queries: Queries, choice: Choice, k: int, *, exclude_self: bool = False) -> Tensor:
    """What a row finds by a choice, int64 (Q, k)."""
    longer = with_probabilities(stage, choice.share)
    return weighted_search(row, longer, queries, choice.weight, k, exclude_self=exclude_self)


def together(encoders: Sequence[AttributeEncoder], shop: Shop) -> Stage:
    """Gallery, references and memory of the shop as all encoders see them."""
    training, gallery, references = (
        seen_by(encoders, images) for images in (shop.training, shop.gallery, shop.references)
    )
    memory = PrototypeMemory.of_means(training.embeddings, training.labels, shop.training.schema)
    return Stage(references, gallery, memory)


def seen_by(encoders: Sequence[AttributeEncoder], images: AttributeImages) -> Encoded:
    """Images after several encoders: their blocks side by side, each encoder's embedding as long as the others', all
    together of length 1; and the mean of their probabilities."""
    seen = [encoded(encoder, images) for encoder in encoders]
    whole = [F.normalize(each.embeddings.flatten(1)).view_as(each.embeddings) for each in seen]
    probabilities = torch.stack([each.probabilities for each in seen]).mean(0)
    return Encoded(torch.cat(whole, dim=2) / len(seen) ** 0.5, probabilities, images.labels)


def with_probabilities(stage: Stage, share: float) -> Stage:
    """The stage with longer blocks: beside the encoders' part the square roots of the attribute's probabilities.

    Those of all attributes together are of length `share`, where the encoders' part is of length 1. In the memory they
    are those of a classifier that is certain of the value.
    """
    if not share:
        return stage
    memory, schema = stage.memory, stage.memory.schema
    width, length = max(schema.sizes), share / schema.A**0.5

    def longer(embeddings: Tensor, probabilities: Tensor) -> Tensor:
        blocks = probabilities.split(schema.sizes, dim=1)
        roots = torch.stack([F.pad(block.sqrt(), (0, width - block.shape[1])) for block in blocks], dim=1)
        return torch.cat([embeddings, length * roots], dim=2)

    # One row a value, so that its column of the memory is the mean of that row alone.
    only = torch.full((schema.J, schema.A), MISSING)
    only[torch.arange(schema.J), memory.owner] = memory.code
    prototypes = memory.prototypes[:, None].expand(-1, schema.A, -1)
    certain = PrototypeMemory.of_means(longer(prototypes, torch.eye(schema.J)), only, schema)
    references, gallery = (
        replace(side, embeddings=longer(side.embeddings, side.probabilities))
        for side in (stage.references, stage.gallery)
    )
    return Stage(references, gallery, certain)
