"""What the retrieval figures share: train an encoder, embed both sides, compare all ways to answer."""

from dataclasses import dataclass, replace

import torch

from adde_lite.data.images import AttributeImages
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.recipes import Recipe
from adde_lite.retrieval.evaluation import compare_answers
from adde_lite.sampling import Queries
from adde_lite.studies.retrieval_run import encoded
from adde_lite.training import seeded, train


@dataclass(frozen=True)
class Trial:
    """One trained encoder and its answers.

    Args:
        accuracy: share of right predictions, by attribute, on gallery and references.
        rows: scores of each way to answer.
        cpu_seconds: of the training alone.
    """

    accuracy: dict[str, float]
    rows: dict[str, dict[str, float]]
    cpu_seconds: float

    @property
    def mean_accuracy(self) -> float:
        return sum(self.accuracy.values()) / len(self.accuracy)


def trial(
    recipe: Recipe,
    training: AttributeImages,
    references: AttributeImages,
    gallery: AttributeImages,
    queries: Queries,
    *,
    seed: int,
) -> Trial:
    """Train by `recipe` with `seed` and answer the queries. `references` may be `gallery` itself."""
    schema = training.schema
    encoder = seeded(lambda: AttributeEncoder(schema, recipe.model), seed)
    history = train(encoder, training, replace(recipe.training, seed=seed), device="cpu", progress=False)
    memory = PrototypeMemory.of_means(encoder.embed(training.images), training.labels, schema)
    sides = {id(images): encoded(encoder, images) for images in (references, gallery)}
    seen = list(sides.values())
    predicted = torch.cat([encoder.classify(side.embeddings) for side in seen])
    accuracies = attribute_accuracy(predicted, torch.cat([side.labels for side in seen]))
    return Trial(
        dict(zip(schema.names, accuracies.tolist(), strict=True)),
        compare_answers(sides[id(references)], sides[id(gallery)], queries, memory, schema, seed=seed),
        history.rows[-1]["cpu_seconds"],
    )
