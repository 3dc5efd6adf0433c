"""What each choice brings to a training step: tried one at a time, kept where it pays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from adde_lite.data.images import AttributeImages
from adde_lite.recipes import WARDROBE, Recipe
from adde_lite.throughput.clock import Effort, Rate
from adde_lite.throughput.training_step import PLAIN, Choices, training_rate


@dataclass(frozen=True)
class Tried:
    """Choices that were tried: those kept before and one change.

    Args:
        rate: how fast they are, under the name of the change.
        choices: all of them.
        kept: whether the change paid.
        gain: how many times as fast as without the change.
    """

    rate: Rate
    choices: Choices
    kept: bool
    gain: float

    @property
    def label(self) -> str:
        """The name of the change, and the verdict if it was not kept."""
        return self.rate.name if self.kept else f"{self.rate.name} (not kept)"


def one_at_a_time(
    measure: Callable[[str, Choices], Rate], start: Choices, changes: Mapping[str, Mapping[str, Any]]
) -> list[Tried]:
    """Try each change on top of those kept so far; keep it when its median beats every repeat without it.

    Images as uint8 take a quarter of the memory: that is kept unless it is slower than every repeat without it.

    Args:
        measure: the rate of choices, under a name.
        start: where to begin; the first of the results, called "start".
        changes: name -> fields of `Choices`, in the order in which they are tried.
    """
    tried = [Tried(measure("start", start), start, True, 1.0)]
    for name, change in changes.items():
        before = next(each for each in reversed(tried) if each.kept)
        choices = replace(before.choices, **change)
        rate = measure(name, choices)
        smaller = (before.choices.pixels, choices.pixels) == ("float32", "uint8")
        bar = before.rate.least if smaller else before.rate.most
        gain = rate.per_second / before.rate.per_second
        tried.append(Tried(rate, choices, rate.per_second > bar, gain))
    return tried


def try_choices(
    data: AttributeImages,
    *,
    device: torch.device,
    effort: Effort,
    batch: int = 64,
    larger: int = 256,
    compiles: bool = False,
    recipe: Recipe = WARDROBE,
) -> list[Tried]:
    """uint8 in memory, channels last, bfloat16, torch.compile and a larger batch, one after another.

    It begins as a plain loop would, but for the images, which lie in the device's memory: float32, one channel after
    another.

    Args:
        data: at least `larger` images with labels.
        device, effort: where, and how long to look.
        batch, larger: the batch to begin with, and the one to try last.
        compiles: whether to try torch.compile, which takes a minute.
        recipe: of the encoder and its training.
    """
    changes: dict[str, dict[str, Any]] = {
        "uint8 in memory": {"pixels": "uint8"},
        "channels last": {"channels_last": True},
        "bfloat16": {"bf16": True},
        **({"compiled": {"compiled": True}} if compiles else {}),
        f"batch of {larger}": {"batch": larger},
    }

    def measure(name: str, choices: Choices) -> Rate:
        training = recipe.training
        return training_rate(recipe.model, data, choices, device=device, effort=effort, training=training, name=name)

    return one_at_a_time(measure, replace(PLAIN, batch=batch), changes)
