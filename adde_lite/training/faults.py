"""What goes wrong while training, said once, with what to do."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import torch
from torch import Tensor

from adde_lite.training.checkpoints import Checkpoints
from adde_lite.training.recipe import TrainingRecipe

NO_MEMORY = "can't allocate memory"  # what torch's CPU allocator says; a GPU's has an error of its own


def finite(values: Iterable[Tensor | float]) -> bool:
    """Whether no number among them is infinite or undefined."""
    return all(bool(torch.as_tensor(value).isfinite().all()) for value in values)


def refuse_nonsense(
    losses: Mapping[str, Tensor | float], epoch: int, step: int, checkpoints: Checkpoints | None
) -> NoReturn:
    """Raise FloatingPointError: a loss, or the weights themselves, are infinite or not a number."""
    wrong = [name for name, value in losses.items() if not finite([value])]
    what = f"the {wrong[0]} loss is {float(losses[wrong[0]])}" if wrong else "another process met a broken loss"
    if wrong == ["weights"]:
        what = "the gradient exploded: some weights are infinite or not a number"
    kept = checkpoints.steps() if checkpoints else []
    stands = f" The checkpoint of step {kept[-1]} stands in {checkpoints.folder}." if checkpoints and kept else ""
    remedy = "Lower the learning rate, set clip=1.0, or bf16=False."
    raise FloatingPointError(f"epoch {epoch}, step {step}: {what}. {remedy}{stands}")


@contextmanager
def out_of_memory_explained(recipe: TrainingRecipe, batch: int, device: torch.device) -> Iterator[None]:
    """Turn any sign of missing memory into a MemoryError that names a batch size to try."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and NO_MEMORY not in str(error):
            raise
        raise MemoryError(
            f"{device}: no memory for a step of {batch} examples. Try batch_size={max(2, batch // 2)}; or keep it and "
            f"set accumulate={2 * recipe.accumulate}, which takes about half the memory."
        ) from error
