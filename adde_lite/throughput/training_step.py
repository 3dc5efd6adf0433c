"""One training step as the loop does it, with every choice that may speed it up as a switch."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from adde_lite.data.images import AttributeImages
from adde_lite.errors import InputError
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.throughput.clock import Clock, Effort, Rate, measured
from adde_lite.training import TrainingRecipe, does_bf16, seeded
from adde_lite.training.batches import epoch_key
from adde_lite.training.hardware import compiled_or_eager
from adde_lite.training.schedule import schedule_for

Mark = Callable[[str], None]


@dataclass(frozen=True)
class Choices:
    """How a step is computed; what it computes stays the same, up to rounding.

    Args:
        batch: images a step.
        pixels: how the images wait: "uint8", or four times as large as "float32" in [0, 1].
        resident: they wait in the memory of the device; otherwise each batch is copied there.
        channels_last: the channels of a pixel lie side by side.
        bf16: matrix products in bfloat16, where the device does them in hardware.
        compiled: by torch.compile; where that fails, eager with a warning.
    """

    batch: int = 64
    pixels: Literal["uint8", "float32"] = "uint8"
    resident: bool = True
    channels_last: bool = True
    bf16: bool = True
    compiled: bool = False


PLAIN = Choices(pixels="float32", channels_last=False, bf16=False)


class TrainingStep:
    """A model in training, its data and its optimiser; calling it takes the next step.

    Args:
        model: what is trained.
        data: images and labels, at least one batch; taken in the order of the loop's first epoch, over and over.
        choices: how.
        device: where.
        training: augmentation, rates, decay and seed; its schedule is left out, the rate stays.

    Raises:
        InputError: fewer images than a batch.
    """

    def __init__(
        self,
        model: AttributeEncoder,
        data: AttributeImages,
        choices: Choices,
        device: torch.device,
        training: TrainingRecipe | None = None,
    ) -> None:
        if len(data) < choices.batch:
            raise InputError("training data", f"{len(data)} images", f"a batch of {choices.batch}", "Pass more images.")
        recipe = replace(training or TrainingRecipe(), halvings=())  # a cycle has an end, a measurement has none
        self.choices, self.device, self.augmentation = choices, device, recipe.augmentation
        self.layout = torch.channels_last if choices.channels_last else torch.contiguous_format
        self.bf16 = choices.bf16 and does_bf16(device.type)
        self.model = model.to(device).to(memory_format=self.layout).train()
        self.loss = compiled_or_eager(self.model.loss) if choices.compiled else self.model.loss
        groups = self.model.parameter_groups(recipe.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, recipe.learning_rate, fused=True)
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(epoch_key(recipe.seed, 0)))
        self.rows = order[: len(data) // choices.batch * choices.batch].split(choices.batch)
        self.schedule = schedule_for(self.optimiser, recipe, len(self.rows))
        self.draws = self.augmentation.draws(len(data), recipe.seed, 0)
        images = data.images if choices.pixels == "uint8" else data.images.float() / 255
        self.images = images.to(device) if choices.resident else images
        self.labels = data.labels.to(device)
        self.turn = 0

    def __call__(self, mark: Mark | None = None) -> dict[str, Tensor]:
        """Take a step. `mark` is called with the name of each part as soon as it is done."""
        mark = mark or _nowhere
        rows = self.rows[self.turn % len(self.rows)]
        self.turn += 1
        pixels = self._pixels(rows)
        mark("pixels")
        views = self.augmentation(pixels, self.draws[rows]).contiguous(memory_format=self.layout)
        mark("augmentation")
        with _trunk_marked(self.model, mark), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            terms = self.loss(views, self.labels[rows])
        mark("heads and losses")
        torch.stack(list(terms.values())).sum().backward()
        mark("backward")
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.schedule.step()
        mark("optimiser")
        return {name: term.detach() for name, term in terms.items()}

    def _pixels(self, rows: Tensor) -> Tensor:
        pixels = self.images[rows]
        if not self.choices.resident:
            # From pinned memory the copy runs beside what the device is still doing.
            pixels = (pixels.pin_memory() if self.device.type == "cuda" else pixels).to(self.device, non_blocking=True)
        return pixels if pixels.is_floating_point() else pixels.float() / 255


def training_rate(
    recipe: EncoderRecipe,
    data: AttributeImages,
    choices: Choices,
    *,
    device: torch.device,
    effort: Effort,
    training: TrainingRecipe | None = None,
    name: str = "training",
    clock: Clock | None = None,
) -> Rate:
    """Images a second in training, for an encoder of `recipe` with random weights.

    Raises:
        InputError: as `TrainingStep`.
    """
    model = seeded(lambda: AttributeEncoder(data.schema, recipe), 0)
    step = TrainingStep(model, data, choices, device, training)
    precision = "bfloat16" if step.bf16 else "float32"
    facts = {"px": data.images.shape[-1], **{key: value for key, value in asdict(choices).items() if key != "batch"}}
    return measured(
        name,
        step,
        batch=choices.batch,
        effort=effort,
        device=device,
        precision=precision,
        clock=clock,
        facts=facts | {"bf16": step.bf16},
    )


def _nowhere(part: str) -> None:
    """Nobody wants to know how far the step is."""


def _trunk_marked(model: AttributeEncoder, mark: Mark) -> AbstractContextManager[object]:
    if mark is _nowhere:
        return nullcontext()
    handle: AbstractContextManager[object] = model.trunk.register_forward_hook(lambda *_: mark("trunk"))
    return handle
