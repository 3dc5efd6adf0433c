"""The one training loop, on Lightning Fabric: the same function on a laptop's CPU and on a GPU.

A model offers `loss(images, labels)`, a dictionary of terms to add up, and `parameter_groups(weight_decay)`; one that
changes with the epochs also offers `begin_epoch(epoch)`. The loop does devices, precision, order, augmentation,
schedule and progress. Order and augmentation are keyed by (seed, epoch, example), so a run that was interrupted goes on
exactly where the last finished epoch left it.
"""

import hashlib
import json
import logging
import math
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.augmentation import EPOCH_STRIDE, Augmentation
from adde_lite.data.images import AttributeImages
from adde_lite.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from lightning.fabric import Fabric

Model = TypeVar("Model", bound=nn.Module)

ADAM_BETAS = (0.9, 0.999)
CYCLED_MOMENTUM = (0.85, 0.95)


class Trainable(Protocol):
    """What the loop asks of a model; every model of the package is also an `nn.Module`."""

    @property
    def schema(self) -> AttributeSchema | None:
        """Whose labels the loss reads; None when it reads none."""

    @property
    def recipe(self) -> Any:  # noqa: ANN401 - any dataclass
        """A frozen dataclass: what decides the model beside its class and schema."""

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]: ...

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """For AdamW. A group may state its own peak "lr", and "betas", the first of which then stays as it is."""
        ...


@runtime_checkable
class ChangesWithEpochs(Protocol):
    """A model whose loss depends on how far the run is, such as one with a growing margin."""

    def begin_epoch(self, epoch: int) -> None:
        """Called before every epoch, counted from 0, also when a run goes on."""


@dataclass(frozen=True)
class TrainingRecipe:
    """How a model is trained: AdamW, on a one-cycle schedule or on a rate that halves.

    Args:
        epochs: passes over the examples.
        batch_size: examples a step; the last, smaller batch of an epoch is left out.
        learning_rate: the peak of the cycle, or the rate before it halves.
        weight_decay: of weights; biases and normalisation scales are free.
        warmup: share of the steps that the learning rate of a cycle rises.
        halvings: epochs before which the rate halves, as in (20,) for the paper's 30 epochs; None is one cycle.
        average: decay of the running average of the weights that becomes the result; 0 takes the last weights.
        seed: of the order and the augmentation, in `train_or_load` also of the initial weights.
        bf16: matrix products in bfloat16 where the device does them in hardware, otherwise float32 throughout.
        augmentation: what happens to the images.
    """

    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    warmup: float = 0.3
    halvings: tuple[int, ...] | None = None
    average: float = 0.0
    seed: int = 0
    bf16: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class History:
    """One row an epoch: its number, learning rate, each loss term (mean over the epoch) and CPU seconds so far."""

    rows: tuple[dict[str, float], ...] = ()

    def table(self) -> "pd.DataFrame":
        """The rows as a table, indexed by epoch."""
        import pandas as pd  # 0.3 s, which only a reader of the table should pay

        return pd.DataFrame(list(self.rows)).set_index("epoch")


def seeded(build: Callable[[], Model], seed: int) -> Model:
    """Build a model from a seed without touching the random state of the caller."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def train(
    model: Trainable,
    data: AttributeImages,
    recipe: TrainingRecipe,
    *,
    examples: Tensor | None = None,
    device: str = "auto",
    checkpoint: Path | None = None,
    watch: Callable[[int], None] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place on `data`.

    Args:
        model: what to train; ends on the CPU, in evaluation mode.
        data: images and labels, kept on the device as uint8.
        recipe: how.
        examples: int64 (T, R), the R rows of `data` that make one example, such as triplets; None makes each image one.
            The model gets the first row of all B examples of a batch, then the second of all, and so on.
        device: "auto", "cpu" or "cuda".
        checkpoint: a folder rewritten after every epoch; when it holds a run of the same recipe, that run goes on.
        watch: called with the number of each finished epoch; it may look at the model and must leave it as it is.
        progress: show a bar.

    Raises:
        InputError: fewer than two examples, rows that `data` lacks, a schema that is not the model's, or a checkpoint
            of another recipe.
        FloatingPointError: the loss became infinite or not a number; the weights are of no use.
    """
    from tqdm.auto import tqdm

    examples = torch.arange(len(data))[:, None] if examples is None else examples
    _check(model, data, examples)
    fabric = _fabric(recipe, ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
    network = cast(nn.Module, model).to(memory_format=torch.channels_last)
    steps = len(examples) // min(recipe.batch_size, len(examples))
    optimiser = torch.optim.AdamW(model.parameter_groups(recipe.weight_decay), recipe.learning_rate, fused=True)
    wrapped, optimiser = fabric.setup(network, optimiser)
    wrapped.mark_forward_method("loss")
    schedule = _schedule(optimiser, recipe, steps)
    average = None
    if recipe.average:
        average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
    facts = {"images": len(data), "examples": len(examples)}
    run = _Run(network, optimiser, schedule, average, run_hash(model, recipe, facts))
    rows = run.resume(checkpoint) if checkpoint else []
    images, labels = data.images.to(fabric.device), data.labels.to(fabric.device)
    spent = rows[-1]["cpu_seconds"] if rows else 0.0
    started = time.process_time()
    with (
        torch.random.fork_rng(),
        tqdm(total=recipe.epochs * steps, initial=len(rows) * steps, disable=not progress, desc="training") as bar,
    ):
        for epoch in range(len(rows), recipe.epochs):
            if isinstance(model, ChangesWithEpochs):
                model.begin_epoch(epoch)
            wrapped.train()
            sums: dict[str, Tensor] = {}
            for views, codes in _batches(images, labels, examples, recipe, epoch):
                with fabric.autocast():  # a marked method alone does not switch the precision on one device
                    terms = wrapped.loss(views, codes)
                optimiser.zero_grad()
                fabric.backward(torch.stack(list(terms.values())).sum())
                optimiser.step()
                schedule.step()
                if average is not None:
                    average.update_parameters(network)
                for name, term in terms.items():
                    sums[name] = sums.get(name, 0) + term.detach()
                bar.update()
            means = {name: float(total) / steps for name, total in sums.items()}
            _refuse_nonsense(means, epoch)
            cpu_seconds = round(spent + time.process_time() - started, 1)
            rows.append(
                {"epoch": epoch, "learning_rate": float(schedule.get_last_lr()[0]), **means, "cpu_seconds": cpu_seconds}
            )
            bar.set_postfix({name: f"{mean:.3f}" for name, mean in means.items()})
            if checkpoint:
                run.save(checkpoint, rows)
            if watch:
                watch(epoch)
    if average is not None:
        averaged = {name: value for name, value in average.module.state_dict().items() if value.is_floating_point()}
        network.load_state_dict(averaged, strict=False)  # counters are not averaged
    network.cpu().eval()
    return History(tuple(rows))


def train_or_load(
    folder: Path,
    build: Callable[[], Model],
    data: Callable[[], AttributeImages],
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
    model = seeded(build, recipe.seed)
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
    halved = {name: value.half() if value.ndim > 1 else value for name, value in model.state_dict().items()}
    model.load_state_dict(halved)  # the caller gets what the next caller will load
    storage.store(folder, halved, facts)
    shutil.rmtree(checkpoint, ignore_errors=True)
    return model, history


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


def _fabric(recipe: TrainingRecipe, accelerator: str) -> "Fabric":
    """One device, in the recipe's precision."""
    from lightning.fabric import Fabric  # seconds, which only those who train should pay

    for part in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(part).setLevel(logging.WARNING)  # they announce the precision on stderr
    return Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if _bf16(recipe, accelerator) else 32)


def _batches(
    images: Tensor, labels: Tensor, examples: Tensor, recipe: TrainingRecipe, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The whole batches of one epoch: views of the images (R * B, 3, H, W) in [0, 1], and their labels (R * B, A)."""
    key = recipe.seed * EPOCH_STRIDE + epoch
    torch.manual_seed(key)  # what the model itself draws, such as codes, is keyed like everything else
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(key))
    draws = recipe.augmentation.draws(examples.numel(), recipe.seed, epoch).unflatten(0, tuple(examples.shape))
    batch = min(recipe.batch_size, len(examples))
    for chosen in order[: len(order) // batch * batch].split(batch):
        rows = examples[chosen].T.flatten()
        views = recipe.augmentation(images[rows].float() / 255, draws[chosen].transpose(0, 1).flatten(0, 1))
        yield views.to(memory_format=torch.channels_last), labels[rows]


def _schedule(
    optimiser: torch.optim.Optimizer, recipe: TrainingRecipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """One cycle: each group rises to its own rate and falls; the momentum goes the other way, unless it has its own."""
    if recipe.halvings is not None:
        ends = [epoch * steps for epoch in recipe.halvings]
        return torch.optim.lr_scheduler.MultiStepLR(optimiser, ends, gamma=0.5)
    own = [group["betas"][0] if group["betas"] != ADAM_BETAS else None for group in optimiser.param_groups]
    low, high = ([beta or cycled for beta in own] for cycled in CYCLED_MOMENTUM)
    rates = [group["lr"] for group in optimiser.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        rates,
        total_steps=recipe.epochs * steps,
        pct_start=recipe.warmup,
        base_momentum=low,
        max_momentum=high,
    )


@dataclass
class _Run:
    """What a checkpoint holds: the objects whose state the next epoch needs."""

    network: nn.Module
    optimiser: Any
    schedule: Any
    average: AveragedModel | None
    hash: str

    def save(self, folder: Path, rows: list[dict[str, float]]) -> None:
        state = self.optimiser.state_dict()
        moments = {
            f"optimiser.{index}.{name}": value
            for index, entry in state["state"].items()
            for name, value in entry.items()
        }
        weights = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        if self.average is not None:
            weights |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        facts = {
            "hash": self.hash,
            "rows": rows,
            "groups": state["param_groups"],
            "schedule": self.schedule.state_dict(),
        }
        storage.store(folder, weights | moments, facts)

    def resume(self, folder: Path) -> list[dict[str, float]]:
        if not storage.stored(folder):
            return []
        tensors, facts = storage.load(folder)
        if facts["hash"] != self.hash:
            remedy = "Train into another folder, or delete this one to start anew."
            raise InputError(str(folder), f"a run of recipe {facts['hash']}", f"recipe {self.hash}", remedy)
        parameters = [parameter for group in self.optimiser.param_groups for parameter in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", tensors).items():
            index, moment = name.split(".")
            like = parameters[int(index)]
            # Files hold plain strides; the fused step walks parameter and moment in the same memory order.
            ordered = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            moments.setdefault(int(index), {})[moment] = ordered
        self.network.load_state_dict(_under("network.", tensors))
        if self.average is not None:
            self.average.load_state_dict(_under("average.", tensors))
        self.optimiser.load_state_dict({"state": moments, "param_groups": facts["groups"]})
        self.schedule.load_state_dict(facts["schedule"])
        rows: list[dict[str, float]] = facts["rows"]
        return rows


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _bf16(recipe: TrainingRecipe, accelerator: str) -> bool:
    if accelerator == "cuda":
        return recipe.bf16 and torch.cuda.is_bf16_supported(including_emulation=False)
    # Without these instructions bfloat16 on a CPU is emulated, several times slower than float32.
    return recipe.bf16 and accelerator == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def _check(model: Trainable, data: AttributeImages, examples: Tensor) -> None:
    if len(examples) < 2:
        remedy = "Batch statistics need more than one."
        raise InputError("training data", f"{len(examples)} examples", "at least 2", remedy)
    if examples.ndim != 2 or examples.dtype != torch.int64 or not 0 <= examples.min() <= examples.max() < len(data):
        given = f"{examples.dtype} {tuple(examples.shape)}, {int(examples.min())} to {int(examples.max())}"
        raise InputError("examples", given, f"int64 (T, R), rows 0 to {len(data) - 1}", "Count in the rows of `data`.")
    if model.schema and data.schema != model.schema:
        given, expected = ", ".join(data.schema.names), ", ".join(model.schema.names)
        raise InputError("training data", f"the schema {given}", f"the model's schema {expected}", "Use the same one.")


def _refuse_nonsense(means: Mapping[str, float], epoch: int) -> None:
    wrong = [name for name, mean in means.items() if not math.isfinite(mean)]
    if wrong:
        raise FloatingPointError(
            f"epoch {epoch}: the {wrong[0]} loss is {means[wrong[0]]}. Lower the learning rate, or set bf16=False."
        )
