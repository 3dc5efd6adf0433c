"""What every outfit model does: it represents a garment as one of two categories that meet."""

from typing import Any, Protocol

from torch import Tensor


class OutfitModel(Protocol):
    """A model over frozen embeddings; it is also an `nn.Module`.

    Two garments are compared as the same ordered pair of categories: that of the garment that is there, and that of the
    one that is looked for. Their distance, Euclidean, says how badly they match.
    """

    @property
    def recipe(self) -> Any:  # noqa: ANN401 - any dataclass
        """What decides the model beside its weights."""

    def represent(self, features: Tensor, given: Tensor, target: Tensor) -> Tensor:
        """Garments as they are compared when the pair (given, target) meets.

        Args:
            features: float (..., A, d), embeddings of garments on either side.
            given: int64 (...), category of the garment that is there; or any shape that broadcasts.
            target: int64 (...), category of the garment that is looked for.

        Returns:
            float (..., D).
        """
