"""Which weights of a network decay."""

from collections.abc import Iterable

from torch import nn


def decay_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, object]]:
    """Two groups for AdamW: weights decay, biases and normalisation scales do not."""
    every = list(parameters)
    decayed = [parameter for parameter in every if parameter.ndim > 1]
    free = [parameter for parameter in every if parameter.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]
