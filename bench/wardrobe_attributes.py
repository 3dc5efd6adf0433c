"""How well the small trunk reads the Wardrobe's attributes, beside the majority class and a linear model on pixels."""

import warnings
from statistics import mean

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import wardrobe
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.models.adde import AttributeEncoder
from adde_lite.recipes import WARDROBE
from adde_lite.training import seeded, train
from bench.figure import Figure

TRAINING, TEST = 8_000, 2_000


def measure() -> Figure:
    images = wardrobe(TRAINING + TEST, seed=0)
    training, test = images.subset(slice(TRAINING)), images.subset(slice(TRAINING, None))
    encoder = seeded(lambda: AttributeEncoder(images.schema, WARDROBE.model), 0)
    history = train(encoder, training, WARDROBE.training, device="cpu", progress=False)
    scores = {
        "small trunk": attribute_accuracy(encoder.classify(encoder.embed(test.images)), test.labels),
        "linear on pixels": attribute_accuracy(linear_on_pixels(training, test), test.labels),
        "majority": attribute_accuracy(majority(training, len(test)), test.labels),
    }
    rows = {name: dict(zip(images.schema.names, score.tolist(), strict=True)) for name, score in scores.items()}
    means = {name: mean(row.values()) for name, row in rows.items()}
    return Figure(
        value=means["small trunk"],
        baseline=means["linear on pixels"],
        baseline_is="logistic regression on pixels",
        unit="mean attribute accuracy",
        cost=False,
        cpu_seconds=history.rows[-1]["cpu_seconds"],
        facts={
            "majority": means["majority"],
            "least_above_majority": min(
                rows["small trunk"][name] - rows["majority"][name] for name in images.schema.names
            ),
        },
        rows=rows,
    )


def linear_on_pixels(training: AttributeImages, test: AttributeImages) -> Tensor:
    """Predicted codes (N, A) of one multinomial logistic regression an attribute, on standardised 16 px colour images.

    The average keeps colours, outlines and places; all 12,288 pixels would take many times as long.
    """
    small = [_pixels(part.images) for part in (training, test)]
    predicted = []
    for codes in training.labels.unbind(1):
        known = (codes != MISSING).numpy()
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=60))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a few steps short of the optimum is as good
            model.fit(small[0][known], codes.numpy()[known])
        predicted.append(torch.from_numpy(model.predict(small[1])))
    return torch.stack(predicted, dim=1)


def majority(training: AttributeImages, count: int) -> Tensor:
    """The most frequent code of each attribute, int64 (count, A)."""
    return torch.stack([codes[codes != MISSING].mode().values for codes in training.labels.unbind(1)]).expand(count, -1)


def _pixels(images: Tensor) -> np.ndarray:
    return torch.nn.functional.adaptive_avg_pool2d(images.float() / 255, 16).flatten(1).numpy()
