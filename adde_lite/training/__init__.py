"""One training loop for every model of the package, from a laptop to several machines, that survives being killed."""

from adde_lite.training.checkpoints import CheckpointError
from adde_lite.training.double import in_float64
from adde_lite.training.hardware import does_bf16, fabric_for, in_processes
from adde_lite.training.history import History
from adde_lite.training.identity import recipe_facts, run_hash
from adde_lite.training.loop import train
from adde_lite.training.protocols import ChangesWithEpochs, Trainable
from adde_lite.training.recipe import TrainingRecipe
from adde_lite.training.trained import seeded, train_or_load

__all__ = [
    "ChangesWithEpochs",
    "CheckpointError",
    "History",
    "Trainable",
    "TrainingRecipe",
    "does_bf16",
    "fabric_for",
    "in_float64",
    "in_processes",
    "recipe_facts",
    "run_hash",
    "seeded",
    "train",
    "train_or_load",
]
