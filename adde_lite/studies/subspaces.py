"""What training buys the subspaces: encoders that were trained, in a correlated shop too, and untrained ones.

All are judged on the same held-out garments, whose attributes are drawn independently. Each is judged a second time
with its embeddings turned, which takes nothing away but the meaning of the blocks. The encoder is the course's, trained
for fewer passes over fewer garments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from adde_lite import recipes
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE, wardrobe, wardrobe_facts
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.metrics.disentanglement import completeness, dci, disentanglement
from adde_lite.metrics.subspaces import leakage, neighbour_agreement, principal_codes, turned
from adde_lite.models.adde import AttributeEncoder
from adde_lite.studies.grids import DRESSES, Grid, grid_metrics
from adde_lite.training import TrainingRecipe, run_hash, seeded, train

STUDY = "subspaces"
SEEDS = (0, 1, 2)
TRAINED, SHOP, UNTRAINED = "trained", "trained in a shop", "untrained"
MODEL = recipes.WARDROBE.model
IMAGES, EPOCHS = 4000, 5
FITTED, JUDGED = 2000, 1200  # held-out garments, to fit the probes on and to judge by
FITTED_SEED, JUDGED_SEED = 2, 1
GRID_SIZE = 64


@dataclass(frozen=True)
class EncoderRun:
    """One encoder of the study.

    Args:
        name: what tells it from the others.
        seed: of weights, order and rotation.
        correlation: of the garments it is trained on.
        epochs: of training; 0 leaves the encoder as its seed made it.
    """

    name: Mapping[str, str | float]
    seed: int
    correlation: float = 0.0
    epochs: int = EPOCHS

    @property
    def hash(self) -> str:
        fitted, judged = {"n": FITTED, "seed": FITTED_SEED}, {"n": JUDGED, "seed": JUDGED_SEED}
        apart = {"fitted on": fitted, "judged on": judged, "grid": DRESSES.facts(), "grid size": GRID_SIZE}
        facts = wardrobe_facts(n=IMAGES, seed=0, correlation=self.correlation)
        return run_hash(self.build(), self.training, facts | apart | {"rotation": self.seed})

    @property
    def training(self) -> TrainingRecipe:
        """How it is trained."""
        return replace(recipes.WARDROBE.training, seed=self.seed, epochs=self.epochs)

    def prepare(self) -> None:
        """Draw the garments."""
        self.garments()
        held_out()
        dresses()

    def garments(self, *, progress: bool = True) -> AttributeImages:
        """What it is trained on."""
        return wardrobe(IMAGES, seed=0, correlation=self.correlation, progress=progress)

    def build(self) -> AttributeEncoder:
        """The encoder with its first weights."""
        return seeded(lambda: AttributeEncoder(WARDROBE, MODEL), self.seed)

    def trained(self, *, progress: bool = True) -> AttributeEncoder:
        """The encoder after training, some ten CPU-seconds a pass."""
        encoder = self.build()
        if self.epochs:
            train(encoder, self.garments(progress=progress), self.training, progress=progress)
        return encoder.eval()

    def measure(self) -> dict[str, float]:
        """Train it and measure it."""
        encoder = self.trained(progress=False)
        fitted, judged = held_out(progress=False)
        embeddings = encoder.embed(fitted.images), encoder.embed(judged.images)
        on_grid = encoder.embed(dresses(progress=False).images)
        labels = fitted.labels, judged.labels
        again = (turned(embeddings[0], self.seed), turned(embeddings[1], self.seed)), turned(on_grid, self.seed)
        rotated = subspace_scores(again[0], labels) | block_scores(again[1])
        return (
            subspace_scores(embeddings, labels)
            | block_scores(on_grid)
            | grid_metrics(principal_codes(on_grid).numpy(), DRESSES)
            | {f"turned: {name}": score for name, score in rotated.items() if not name.startswith("own:")}
        )


def held_out(*, progress: bool = True) -> tuple[AttributeImages, AttributeImages]:
    """Garments of other seeds than any training: to fit the probes on, and to judge by."""
    fitted = wardrobe(FITTED, seed=FITTED_SEED, progress=progress)
    return fitted, wardrobe(JUDGED, seed=JUDGED_SEED, progress=progress)


def subspace_scores(embeddings: tuple[Tensor, Tensor], labels: tuple[Tensor, Tensor]) -> dict[str, float]:
    """What probes and neighbours say of subspaces: means over attributes, and the own probe of each attribute.

    Args:
        embeddings: float (N, A, d) and (M, A, d), to fit the probes on and to judge by; neighbours are of the second.
        labels: int64 (N, A) and (M, A), of WARDROBE.
    """
    read = leakage(embeddings[0], labels[0], embeddings[1], labels[1], WARDROBE)
    near = neighbour_agreement(embeddings[1], labels[1], WARDROBE).neighbours
    others = ~torch.eye(WARDROBE.A, dtype=torch.bool)
    return {
        "own": read.own,
        "others": float(read.probe[others].nanmean()),
        "whole": float(read.whole.diagonal().nanmean()),
        "leaked": read.leaked,
        "neighbours: own": float(near.diagonal().nanmean()),
        "neighbours: others": float(near[others].nanmean()),
        **{f"own: {name}": float(share) for name, share in zip(WARDROBE.names, read.probe.diagonal(), strict=True)},
    }


def told_by_labels(count: int, seed: int, correlation: float) -> float:
    """How often the label of one attribute tells another, mean over pairs of attributes: no code can help telling it.

    Args:
        count: how many garments are labelled; the guesses are learned from the first half and judged on the rest.
        seed, correlation: of the wardrobe, as `wardrobe` takes them; nothing is rendered.
    """
    labels = torch.tensor([label_row(product, seed, correlation, 1) for product in range(count)])
    learned, judged = labels[: count // 2], labels[count // 2 :]
    first, rest = (torch.zeros(len(half), WARDROBE.A, 1) for half in (learned, judged))  # no embedding
    floor = leakage(first, learned, rest, judged, WARDROBE).label
    return float(floor[~torch.eye(WARDROBE.A, dtype=torch.bool)].nanmean())


def dresses(grid: Grid = DRESSES, *, progress: bool = True) -> AttributeImages:
    """The dresses that models without labels are judged on, in the size that encoders see."""
    return grid.images(GRID_SIZE, progress=progress)


def block_importance(embeddings: Tensor, grid: Grid = DRESSES) -> np.ndarray:
    """How much each subspace is used to tell each factor of `dresses(grid)`: DCI's importance, summed over its numbers.

    Args:
        embeddings: float (N, A, d).
        grid: F factors.

    Returns:
        float64 (A, F), columns of sum 1.
    """
    codes, factors, (rest, test) = embeddings.flatten(1).numpy(), grid.factors(), grid.parts()
    importance = dci(codes[rest], factors[rest], codes[test], factors[test]).importance
    by_block: np.ndarray = importance.reshape(*embeddings.shape[1:], -1).sum(1)
    return by_block


def block_scores(embeddings: Tensor) -> dict[str, float]:
    """Disentanglement and completeness of subspaces, for embeddings (N, A, d) of `dresses()`."""
    importance = block_importance(embeddings)
    return {
        "blocks: disentanglement": disentanglement(importance),
        "blocks: completeness": completeness(importance),
    }


def runs() -> list[EncoderRun]:
    """All runs of the study, untrained encoders last."""
    kinds = {TRAINED: (0.0, EPOCHS), SHOP: (1.0, EPOCHS), UNTRAINED: (0.0, 0)}
    return [
        EncoderRun({"encoder": kind, "seed": seed}, seed, correlation, epochs)
        for kind, (correlation, epochs) in kinds.items()
        for seed in SEEDS
    ]
