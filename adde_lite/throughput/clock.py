"""A rate: how many images or edits a device does in a second, by a clock that waits until the device is done."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import torch

from adde_lite.errors import InputError

WALL, CPU = "second", "CPU second"


@dataclass(frozen=True)
class Clock:
    """What a second is.

    Args:
        second: "second" on the wall, or "CPU second": of all cores together, whatever else the machine does.
        now: the reading, in seconds.
    """

    second: str
    now: Callable[[], float]


def clock_for(device: torch.device) -> Clock:
    """Wall time for a GPU, read when its queue is empty; CPU time of this process for a CPU."""
    if device.type != "cuda":
        return Clock(CPU, time.process_time)

    def now() -> float:
        torch.cuda.synchronize(device)  # kernels run on after the call that started them has returned
        return time.perf_counter()

    return Clock(WALL, now)


@dataclass(frozen=True)
class Effort:
    """How long to look: `repeats` timings of `batches` batches each, after `warmup` batches that do not count.

    Raises:
        InputError: no batch, or no repeat.
    """

    batches: int
    repeats: int = 5
    warmup: int = 2

    def __post_init__(self) -> None:
        for name, least in {"batches": 1, "repeats": 1, "warmup": 0}.items():
            if getattr(self, name) < least:
                given = str(getattr(self, name))
                raise InputError(f"effort: {name}", given, f"at least {least}", "Choose a larger number.")


@dataclass(frozen=True)
class Rate:
    """How fast something is.

    Args:
        name: what was done.
        per_second: the median over the repeats, in `unit` a `second`.
        least, most: the slowest and the fastest repeat.
        unit: "images" or "edits".
        second: "second" or "CPU second", as in `Clock`.
        batch: how many go through at a time.
        precision: "float32", "bfloat16" or "uint8".
        batches, repeats: as in `Effort`.
        peak_bytes: most memory of the GPU that tensors held; None on a CPU, which does not count it.
        facts: what else decides the rate, such as {"px": 224}.
    """

    name: str
    per_second: float
    least: float
    most: float
    unit: str
    second: str
    batch: int
    precision: str
    batches: int
    repeats: int
    peak_bytes: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """All of it as one flat, JSON-able row."""
        row = asdict(self)
        facts: dict[str, Any] = row.pop("facts")
        return row | facts


def measured(
    name: str,
    work: Callable[[], object],
    *,
    batch: int,
    effort: Effort,
    device: torch.device,
    precision: str = "float32",
    unit: str = "images",
    clock: Clock | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Rate:
    """The rate of `work`, which does one batch of `batch` each time it is called.

    Args:
        device: where it runs; decides the clock, unless one is given.
        name, precision, unit, facts: as in `Rate`.
    """
    clock = clock or clock_for(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    for _ in range(effort.warmup):
        work()
    rates = []
    for _ in range(effort.repeats):
        started = clock.now()
        for _ in range(effort.batches):
            work()
        rates.append(batch * effort.batches / (clock.now() - started))
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return Rate(
        name,
        median(rates),
        min(rates),
        max(rates),
        unit,
        clock.second,
        batch,
        precision,
        effort.batches,
        effort.repeats,
        peak,
        dict(facts or {}),
    )
