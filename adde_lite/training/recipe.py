"""How a model is trained, apart from where: everything here decides the weights."""

import math
from dataclasses import dataclass, field

from adde_lite.augmentation import Augmentation
from adde_lite.errors import InputError


@dataclass(frozen=True)
class TrainingRecipe:
    """How a model is trained: AdamW, on a one-cycle schedule or on a rate that halves.

    Args:
        epochs: passes over the examples.
        batch_size: examples a step, over all processes; the last, smaller batch of an epoch is left out.
        learning_rate: the peak of the cycle, or the rate before it halves.
        weight_decay: of weights; biases and normalisation scales are free.
        warmup: share of the steps that the learning rate of a cycle rises, below 1.
        halvings: epochs before which the rate halves, as in (20,) for the paper's 30 epochs; None is one cycle.
        average: decay of the running average of the weights that becomes the result; 0 takes the last weights.
        seed: of the order and the augmentation, in `train_or_load` also of the initial weights.
        bf16: matrix products in bfloat16 where the device does them in hardware, otherwise float32 throughout.
        augmentation: what happens to the images.
        accumulate: parts of a batch that go through the model one after another before the weights move. Saves
            memory; losses that compare images, and batch statistics, then see one part at a time.
        clip: largest norm of the gradient, longer ones are shortened to it; None leaves it as it is.
        patience: epochs without a better validation loss after which training stops; the best weights are the result.

    Raises:
        InputError: a count below its least, a rate or share out of its range, or patience and an average together.
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
    accumulate: int = 1
    clip: float | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        least = {"epochs": 0, "batch_size": 2, "accumulate": 1, "patience": 1}
        for name, bound in least.items():
            given = getattr(self, name)
            if given is not None and given < bound:
                remedy = "Batch statistics need two examples." if name == "batch_size" else "Choose a larger number."
                raise InputError(name, str(given), f"at least {bound}", remedy)
        if not 0 <= self.learning_rate < math.inf:
            raise InputError("learning_rate", str(self.learning_rate), "a number from 0 up", "Try 4e-3.")
        for name in ("warmup", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(name, str(getattr(self, name)), "a share from 0 to below 1", "Try its default.")
        if self.clip is not None and not self.clip > 0:
            raise InputError("clip", str(self.clip), "a positive norm, or None", "Try clip=1.0.")
        if self.patience and self.average:
            given = f"patience={self.patience} and average={self.average}"
            raise InputError("recipe", given, "one of the two: each says which weights are the result", "Drop one.")
