"""Where the time of one training step goes."""

from dataclasses import dataclass
from statistics import median

from adde_lite.errors import InputError
from adde_lite.throughput.clock import Clock, clock_for
from adde_lite.throughput.training_step import TrainingStep

PARTS = ("pixels", "augmentation", "trunk", "heads and losses", "backward", "optimiser")
STEPS, WARMUP = 10, 2


@dataclass(frozen=True)
class StepParts:
    """The median time of each part of a step.

    Args:
        seconds: part -> seconds: fetch and scale the pixels, augment them, go forward through the trunk, through heads
            and losses, backward through all, move the weights.
        whole: seconds of a step that nobody looked into. On a GPU it is shorter than the sum of the parts: waiting for
            each of them keeps the device from being told what comes next.
        second: "second" or "CPU second", as in `Clock`.
    """

    seconds: dict[str, float]
    whole: float
    second: str

    @property
    def heaviest(self) -> str:
        """The part that takes most."""
        return max(self.seconds, key=self.seconds.__getitem__)


def step_profile(
    step: TrainingStep, *, steps: int = STEPS, warmup: int = WARMUP, clock: Clock | None = None
) -> StepParts:
    """Take `steps` steps with a look at the clock after each part, and as many without, in turn.

    Raises:
        InputError: a compiled step, whose parts are woven into one another, or no steps at all.
    """
    if step.choices.compiled:
        remedy = "Profile it with compiled=False, and compare the rates."
        raise InputError("step_profile", "a compiled step", "one whose parts run one after another", remedy)
    if steps < 1:
        raise InputError("steps", str(steps), "at least 1", "Choose a larger number.")
    clock = clock or clock_for(step.device)
    for _ in range(warmup):
        step()
    parts: dict[str, list[float]] = {part: [] for part in PARTS}
    wholes = []
    for _ in range(steps):
        started = clock.now()
        step()
        wholes.append(clock.now() - started)
        last = clock.now()

        def mark(part: str) -> None:
            nonlocal last
            now = clock.now()
            parts[part].append(now - last)
            last = now

        step(mark)
    return StepParts({part: median(spent) for part, spent in parts.items()}, median(wholes), clock.second)
