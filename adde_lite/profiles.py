"""How much work a notebook does: one variable, ADDE_LITE_PROFILE, scales them all.

`tiny` proves in seconds that every cell runs, `cpu` makes the outputs that are committed, `gpu` takes the larger sizes
that a CUDA device allows. Where the variable is not set, `gpu` is taken when torch finds CUDA, else `cpu`.
"""

import os
from dataclasses import dataclass
from typing import TypeVar

import torch

from adde_lite.errors import InputError

VARIABLE = "ADDE_LITE_PROFILE"
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Profile:
    """One of the three sizes.

    Args:
        name: "tiny", "cpu" or "gpu".
        device: the torch device to compute on, "cpu" or "cuda".
        seeds: the seeds that a table over several runs uses, at least one.
    """

    name: str
    device: str
    seeds: tuple[int, ...]

    def pick(self, *, tiny: Choice, cpu: Choice, gpu: Choice) -> Choice:
        """The value for this profile: `epochs = profile().pick(tiny=1, cpu=12, gpu=40)`."""
        return {"tiny": tiny, "cpu": cpu, "gpu": gpu}[self.name]


PROFILES = {
    "tiny": Profile("tiny", "cpu", (0,)),
    "cpu": Profile("cpu", "cpu", (0, 1, 2)),
    "gpu": Profile("gpu", "cuda", (0, 1, 2, 3, 4)),
}


def profile() -> Profile:
    """The profile that ADDE_LITE_PROFILE names, or the one that fits this machine.

    Raises:
        InputError: the variable holds another word, or asks for `gpu` where torch finds no CUDA device.
    """
    name = os.environ.get(VARIABLE) or ("gpu" if torch.cuda.is_available() else "cpu")
    if name not in PROFILES:
        raise InputError(VARIABLE, repr(name), "tiny, cpu or gpu", f"Set {VARIABLE} to one of them, or unset it.")
    if name == "gpu" and not torch.cuda.is_available():
        raise InputError(VARIABLE, "'gpu' without a CUDA device", "a GPU that torch can use", f"Set {VARIABLE}=cpu.")
    return PROFILES[name]
