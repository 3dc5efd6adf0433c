"""What the loop asks of a model."""

from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from adde_lite.attributes import AttributeSchema


class Trainable(Protocol):
    """A model; every model of the package is also an `nn.Module`.

    One that has an attribute `resting_weights` that is true may leave weights without a gradient in some steps.
    """

    @property
    def schema(self) -> AttributeSchema | None:
        """Whose labels the loss reads; None when it reads none."""

    @property
    def recipe(self) -> Any:  # noqa: ANN401 - any dataclass
        """A frozen dataclass: what decides the model beside its class and schema."""

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Terms to add up, for images in [0, 1] (B, 3, H, W) and label codes (B, A).

        Of several processes each has its slice of a batch. Terms that look at a whole batch gather it by
        `distributed.gathered`; random numbers are drawn for the whole batch, `distributed.own_slice` takes the share.
        """

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """For AdamW. A group may state its own peak "lr", and "betas", the first of which then stays as it is."""
        ...


@runtime_checkable
class ChangesWithEpochs(Protocol):
    """A model whose loss depends on how far the run is, such as one with a growing margin."""

    def begin_epoch(self, epoch: int) -> None:
        """Called before every epoch, counted from 0, also when a run goes on."""
