"""Weights that are trained once: loaded where they are, otherwise trained and kept."""

import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import nn

from adde_lite import distributed, storage
from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError
from adde_lite.training.history import History
from adde_lite.training.identity import recipe_facts, run_hash
from adde_lite.training.loop import train
from adde_lite.training.protocols import Trainable
from adde_lite.training.recipe import TrainingRecipe

Model = TypeVar("Model", bound=nn.Module)


def seeded(build: Callable[[], Model], seed: int) -> Model:
    """Build a model from a seed without touching the random state of the caller."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def train_or_load(
    folder: str | Path,
    build: Callable[[], Model],
    data: Callable[[], AttributeImages | StreamedImages],
    recipe: TrainingRecipe,
    data_facts: Mapping[str, Any],
    *,
    device: str = "auto",
    progress: bool = True,
) -> tuple[Model, History]:
    """A trained model: loaded from `folder` when its weights belong to this recipe, otherwise trained and stored there.

    Args:
        folder: where the weights are or go.
        build: makes the untrained model; called with the recipe's seed.
        data: makes the training data; called only when there is something to train.
        recipe: how to train.
        data_facts: what makes the data what it is (name, size, seed, version); part of the recipe's hash.
        device, progress: as in `train`.

    Weight matrices are rounded to float16, which halves the file. An interrupted training goes on at its last finished
    epoch when the call is repeated. Weights that were cut off or changed are trained again, with a warning that says
    what was wrong with them.
    """
    folder, model = Path(folder), seeded(build, recipe.seed)
    trainable = cast(Trainable, model)
    wanted = run_hash(trainable, recipe, data_facts)
    if storage.stored(folder):
        try:
            if storage.facts(folder).get("hash") == wanted:
                tensors, facts = storage.load(folder)
                model.load_state_dict(tensors)
                return model.eval(), History(tuple(facts["history"]))
        except InputError as error:
            warnings.warn(f"training again, because of unusable weights: {error}", stacklevel=2)
    checkpoint = folder.with_name(f"{folder.name}-{wanted}.checkpoint")
    history = train(trainable, data(), recipe, device=device, checkpoint=checkpoint, progress=progress)
    facts = {"hash": wanted, "recipe": recipe_facts(trainable, recipe, data_facts), "history": list(history.rows)}
    halved = {
        name: value.half() if value.ndim > 1 and value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    model.load_state_dict(halved)  # the caller gets what the next caller will load
    if distributed.rank() == 0:
        storage.store(folder, halved, facts)
        shutil.rmtree(checkpoint, ignore_errors=True)
    return model, history
