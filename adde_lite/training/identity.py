"""What decides the weights of a run: its facts, and a short name of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

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


def run_hash(model: Trainable, recipe: TrainingRecipe, data_facts: Mapping[str, Any]) -> str:
    """A short name of `recipe_facts`: equal facts, equal hash."""
    text = json.dumps(recipe_facts(model, recipe, data_facts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
