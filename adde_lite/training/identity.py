"""What decides the weights of a run: its facts, and a short name of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor

from adde_lite.data.labelled import Labelled
from adde_lite.training.protocols import Trainable
from adde_lite.training.recipe import TrainingRecipe


def recipe_facts(model: Trainable, recipe: TrainingRecipe, data_facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that decides the weights, as JSON-able facts."""
    return {
        "model": {"class": type(model).__name__, **asdict(model.recipe)},
        "schema": model.schema.to_json() if model.schema else None,
        "training": asdict(recipe),
        "data": dict(data_facts),
    }


def content_digest(data: Labelled, examples: Tensor, told: Tensor | None = None) -> str:
    """A short digest of what a run learns from: ids and labels of `data`, the examples, the labels told of them.

    Pixels are not read, since they may lie in a million files: other images under the same ids and labels go unnoticed.
    """
    digest = hashlib.sha256("\0".join(data.ids).encode())
    for tensor in (data.labels, examples, *(() if told is None else (told,))):
        digest.update(f"\0{tuple(tensor.shape)}\0".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def run_hash(model: Trainable, recipe: TrainingRecipe, data_facts: Mapping[str, Any]) -> str:
    """A short name of `recipe_facts`: equal facts, equal hash."""
    text = json.dumps(recipe_facts(model, recipe, data_facts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
