"""One run of the study of conditional similarity: train a model, then ask each of its spaces every question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE, wardrobe, wardrobe_facts
from adde_lite.metrics.conditional import (
    cross_accuracy,
    disentanglement_gap,
    label_blocks,
    pixel_blocks,
    precision_at,
    precision_by_chance,
    triplet_accuracy,
)
from adde_lite.models.conditional import (
    ConditionalEmbedder,
    MaskedRecipe,
    MaskedSpace,
    OneSpace,
    OneSpaceRecipe,
    SeparateNets,
    SubspaceRecipe,
    Subspaces,
)
from adde_lite.models.conditional.csn import closed_share, mask_overlap
from adde_lite.sampling import ConditionalTriplets, conditional_triplets, conflicting_triplets
from adde_lite.training import TrainingRecipe, run_hash, seeded, train

CONDITIONS = ("category", "colour", "pattern", "sleeve", "length", "fit")
TRAINING: dict[str, Any] = {"n": 3000, "seed": 0}
JUDGED: dict[str, Any] = {"n": 1200, "seed": 1}
NEAR_MISSES: dict[str, Any] = {"n": 1800, "seed": 1, "variants": 6}
CONFLICTS = 1500
TRIPLET_SEED = 0
K = 10

SpaceRecipe = OneSpaceRecipe | MaskedRecipe | SubspaceRecipe
Trainables = OneSpace | MaskedSpace | Subspaces


@dataclass(frozen=True)
class EmbedderRun:
    """One model and seed.

    Args:
        name: what tells it from the others.
        recipe: of the model; its type says which model.
        training: how.
        seed: of weights, order, augmentation and the triplets drawn in batches.
        separate: one such net an attribute.
    """

    name: Mapping[str, str | float]
    recipe: SpaceRecipe
    training: TrainingRecipe
    seed: int
    separate: bool = False

    @property
    def hash(self) -> str:
        facts = {
            "trained on": wardrobe_facts(**TRAINING),
            "judged": wardrobe_facts(**JUDGED) | {"conditions": CONDITIONS, "triplets": TRIPLET_SEED, "k": K},
            "conflicts": wardrobe_facts(**NEAR_MISSES) | {"count": CONFLICTS},
            "separate": self.separate,
        }
        return run_hash(self.build(WARDROBE.select(CONDITIONS)), self._seeded, facts)

    def prepare(self) -> None:
        """Draw the garments."""
        for drawer in (TRAINING, JUDGED, NEAR_MISSES):
            garments(drawer)

    def build(self, schema: AttributeSchema) -> Trainables:
        """The model with its first weights; the trunk's are the same for all models of a seed."""
        return seeded(partial(model_of, self.recipe, schema), self.seed)

    def trained(self, *, progress: bool = True) -> ConditionalEmbedder:
        """The model after training."""
        return self.trained_on(garments(TRAINING, progress=progress), progress=progress)

    def trained_on(self, data: AttributeImages, *, progress: bool = True) -> ConditionalEmbedder:
        """The same model, trained alike on other images."""
        if self.separate:
            nets = [self._trained(of_one(data, a), progress=progress) for a in range(data.schema.A)]
            return SeparateNets([net for net in nets if isinstance(net, OneSpace)])
        return self._trained(data, progress=progress)

    def measure(self) -> dict[str, float]:
        """Train it and measure it."""
        return scores(self.trained(progress=False))

    def _trained(self, data: AttributeImages, *, progress: bool) -> Trainables:
        model = self.build(data.schema)
        train(model, data, self._seeded, progress=progress)
        return model

    @property
    def _seeded(self) -> TrainingRecipe:
        return replace(self.training, seed=self.seed)


def model_of(recipe: SpaceRecipe, schema: AttributeSchema) -> Trainables:
    """An untrained model for a recipe."""
    if isinstance(recipe, OneSpaceRecipe):
        return OneSpace(schema, recipe)
    return MaskedSpace(schema, recipe) if isinstance(recipe, MaskedRecipe) else Subspaces(schema, recipe)


def garments(drawer: Mapping[str, Any], *, progress: bool = True) -> AttributeImages:
    """Garments of the Wardrobe with the labels of the conditions alone."""
    return wardrobe(**drawer, progress=progress).select(CONDITIONS)


def of_one(data: AttributeImages, a: int) -> AttributeImages:
    """The same images with all labels hidden but those of one attribute."""
    labels = torch.full_like(data.labels, MISSING)
    labels[:, a] = data.labels[:, a]
    return replace(data, labels=labels)


def held_out(*, progress: bool = True) -> tuple[AttributeImages, ConditionalTriplets]:
    """Garments that no model was trained on, and one triplet for each of them and each condition."""
    clothes = garments(JUDGED, progress=progress)
    return clothes, conditional_triplets(clothes.labels, clothes.schema, seed=TRIPLET_SEED)


def conflicts(*, progress: bool = True) -> tuple[AttributeImages, ConditionalTriplets]:
    """Near misses, and the triplets among them on which conditions disagree, each in both orders."""
    clothes = garments(NEAR_MISSES, progress=progress)
    return clothes, conflicting_triplets(clothes.labels, clothes.schema, count=CONFLICTS, seed=TRIPLET_SEED)


def scores(model: ConditionalEmbedder) -> dict[str, float]:
    """What a model's spaces answer on garments that it was not trained on."""
    row = answers(lambda part: model.embed(part.images))
    if isinstance(model, MaskedSpace):
        masks = model.masks.detach()
        others = ~torch.eye(len(masks), dtype=torch.bool)
        row |= {"masks: closed": closed_share(masks), "masks: overlap": float(mask_overlap(masks)[others].mean())}
    return row


def untrained_scores() -> dict[str, dict[str, float]]:
    """What needs no training answers to the same questions: a coin ("chance"), "pixels", and a "label oracle".

    A coin finds neighbours with the right value as often as two garments share one.
    """
    precision = float(precision_by_chance(held_out(progress=False)[0].labels).mean())
    coin = {"accuracy": 0.5, "gap": 0.0, "conflicting": 0.5, f"precision@{K}": precision}
    return {
        "chance": coin | {f"accuracy, {name}": 0.5 for name in CONDITIONS},
        "pixels": answers(lambda part: pixel_blocks(part.images, part.schema.A)),
        "label oracle": answers(lambda part: label_blocks(part.labels, part.schema)),
    }


def answers(blocks_of: Callable[[AttributeImages], Tensor]) -> dict[str, float]:
    """What blocks answer to held-out and to conflicting triplets: `block_scores`, and the share of conflicts right.

    Args:
        blocks_of: garments -> their blocks, float (N, A, d).
    """
    clothes, triplets = held_out(progress=False)
    rivals, conflicting = conflicts(progress=False)
    row = block_scores(blocks_of(clothes), clothes.labels, triplets)
    disputed = triplet_accuracy(blocks_of(rivals), conflicting)
    row |= {"conflicting": float(disputed.nanmean())}
    return row | {f"conflicting, {name}": float(share) for name, share in zip(CONDITIONS, disputed, strict=True)}


def block_scores(blocks: Tensor, labels: Tensor, triplets: ConditionalTriplets) -> dict[str, float]:
    """Triplet accuracy, gap and precision of blocks (N, A, d), their means first, and the whole matrix of accuracies.

    Args:
        blocks: one block a condition.
        labels: int64 (N, A).
        triplets: of the same images.
    """
    accuracy = cross_accuracy(blocks, triplets)
    of_each = {
        "accuracy": accuracy.diagonal(),
        "gap": disentanglement_gap(accuracy),
        f"precision@{K}": precision_at(blocks, labels, K),
    }
    row = {measure: float(values.mean()) for measure, values in of_each.items()}
    for measure, values in of_each.items():
        row |= {f"{measure}, {name}": float(value) for name, value in zip(CONDITIONS, values, strict=True)}
    return row | {
        f"{block} asked for {condition}": float(accuracy[b, c])
        for b, block in enumerate(CONDITIONS)
        for c, condition in enumerate(CONDITIONS)
        if b != c
    }
