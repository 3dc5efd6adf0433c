"""Where a run happens: the device, the number format, the processes, compiled or not."""

import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import torch
from torch import nn

from adde_lite.errors import InputError
from adde_lite.models.fingerprint import Embeds
from adde_lite.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

Result = TypeVar("Result")

PATIENCE = timedelta(minutes=10)  # with a process that no longer answers
LAUNCHED = ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # by torchrun


def fabric_for(recipe: TrainingRecipe, device: str = "auto", *, resting_weights: bool = False) -> "Fabric":
    """One device, or under torchrun one device for each of its processes, in the recipe's precision.

    Args:
        recipe: says whether bfloat16 is wanted.
        device: "auto", "cpu" or "cuda".
        resting_weights: some weights get no gradient in some steps; several processes must then look which.

    Raises:
        InputError: another device, or "cuda" where torch finds none.
    """
    world = int(os.environ.get("WORLD_SIZE", "1")) if all(name in os.environ for name in LAUNCHED) else 1
    if world == 1:
        return _fabric(recipe, device, devices=1)
    from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    here = int(os.environ["LOCAL_WORLD_SIZE"])
    fabric = _fabric(
        recipe,
        device,
        devices=here,
        num_nodes=world // here,
        strategy=_data_parallel("popen", resting_weights),
        plugins=[TorchElasticEnvironment()],
    )
    fabric.launch()
    return fabric


def in_processes(
    function: Callable[["Fabric"], Result],
    processes: int,
    recipe: TrainingRecipe,
    *,
    device: str = "auto",
    resting_weights: bool = False,
) -> Result:
    """Call `function(fabric)` in several processes that train together, from a notebook or a script.

    The processes are forks of this one, so functions and data of a notebook are there; under Windows, which cannot
    fork, on a Mac, where forks may fail, or when this process has used CUDA, start the same run by torchrun. Pass the
    fabric on to `train`.

    Args:
        function: gets a Fabric; what it returns in the first process is the result. Models are trained in the other
            processes, not in this one: return what you need, such as `model.state_dict()`.
        processes: how many, on this machine.
        recipe: says whether bfloat16 is wanted.
        device: "auto", "cpu" or "cuda"; of CUDA devices one a process.
        resting_weights: as in `fabric_for`.

    Raises:
        InputError: fewer than one process, several on a system that cannot fork, a device that is not there, or CUDA
            already in use by this process.
    """
    if processes < 1:
        raise InputError("processes", str(processes), "at least 1", "Pass the number of processes.")
    if torch.cuda.is_initialized():
        given = "a process that has used CUDA"
        raise InputError("in_processes", given, "one that has not", "Restart the kernel, or start it by torchrun.")
    if processes == 1:
        return function(_fabric(recipe, device, devices=1))
    if not hasattr(os, "fork"):
        remedy = f"Start the run by torchrun --nproc-per-node {processes} -m adde_lite.training RECIPE."
        raise InputError("in_processes", "a system that cannot fork, such as Windows", "Linux or a Mac", remedy)
    fabric = _fabric(recipe, device, devices=processes, strategy=_data_parallel("fork", resting_weights))
    with TemporaryDirectory() as folder:
        # Through a file: a pipe holds 64 kB, and tensors would come as handles to memory that ends with their process.
        path = Path(folder) / "result"

        def run(each: "Fabric") -> None:
            result = function(each)
            if each.is_global_zero:
                path.write_bytes(pickle.dumps(result))

        fabric.launch(run)
        answer: Result = pickle.loads(path.read_bytes())
    return answer


def on(device: str) -> str:
    """The accelerator's name for "auto", "cpu" or "cuda"."""
    if device not in ("auto", "cpu", "cuda"):
        raise InputError("device", repr(device), "'auto', 'cpu' or 'cuda'", "Choose one of them.")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device", "'cuda' where torch finds no CUDA device", "'auto' or 'cpu'", "Pass device='cpu'.")
    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


@contextmanager
def working_on(accelerator: str, model: Embeds) -> Iterator[None]:
    """The model on another device for a while."""
    network = cast(nn.Module, model)
    home = next(network.parameters()).device
    network.to(accelerator)
    try:
        yield
    finally:
        network.to(home)


def does_bf16(accelerator: str) -> bool:
    """Whether the device multiplies bfloat16 in hardware; emulated it is several times slower than float32."""
    if accelerator == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return accelerator == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def compiled_or_eager(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function compiled by torch; should that fail, the function as it is, with a warning that says why."""
    compiled: Callable[..., Result] | None = torch.compile(function)

    def call(*arguments: Any) -> Result:  # noqa: ANN401 - whatever the function takes
        nonlocal compiled
        if compiled is not None:
            try:
                return compiled(*arguments)
            except Exception as error:
                if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                    raise
                reason = str(error).strip().split("\n", maxsplit=1)[0]
                warnings.warn(f"not compiled, training goes on without: {reason}", stacklevel=2)
                compiled = None
        return function(*arguments)

    return call


def _fabric(recipe: TrainingRecipe, device: str, **how: Any) -> "Fabric":  # noqa: ANN401 - Fabric's own arguments
    from lightning.fabric import Fabric  # seconds, which only those who train should pay

    for part in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(part).setLevel(logging.WARNING)  # they announce the precision on stderr
    accelerator = on(device)
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if recipe.bf16 and does_bf16(accelerator) else "32-true"
    return Fabric(accelerator=accelerator, precision=precision, **how)


def _data_parallel(start_method: Literal["popen", "fork"], resting_weights: bool) -> Any:  # noqa: ANN401 - a strategy of Fabric
    from lightning.fabric.strategies.ddp import DDPStrategy

    return DDPStrategy(timeout=PATIENCE, start_method=start_method, find_unused_parameters=resting_weights)
