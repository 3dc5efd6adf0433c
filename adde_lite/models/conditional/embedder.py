"""What models of conditional similarity have in common: images in, one vector a condition out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.distributed import gathered
from adde_lite.models.decay import decay_groups
from adde_lite.models.mirrored import mirrored_mean
from adde_lite.sampling.in_batch import Examples, check_batch


class ConditionalEmbedder(nn.Module, ABC):
    """Images to where they lie for each of A conditions.

    Args:
        schema: the attributes, each of which is a condition.
        normalised: the vector of each condition has length 1, so that distances are 0 to 2.
    """

    def __init__(self, schema: AttributeSchema, *, normalised: bool) -> None:
        super().__init__()
        self.schema, self.normalised = schema, normalised

    @abstractmethod
    def placed(self, features: Tensor) -> Tensor:
        """What the network gives, (N, ...), to one vector a condition, float (N, A, d), not yet normalised."""

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Images in [0, 1], float (N, 3, H, W), to what all conditions are made of, float32 (N, ...)."""

    def forward(self, images: Tensor) -> Tensor:
        """Images in [0, 1], float (N, 3, H, W), to one vector a condition, float (N, A, d)."""
        return self.scaled(self.placed(self.features(images)))

    def scaled(self, blocks: Tensor) -> Tensor:
        """The vectors (N, A, d) as they are compared."""
        return F.normalize(blocks, dim=2) if self.normalised else blocks

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Weights decay, biases and normalisation scales do not."""
        return decay_groups(self.parameters(), weight_decay)

    def embed(self, images: Tensor) -> Tensor:
        """Vectors of stored images, uint8 (N, 3, H, W) -> float32 (N, A, d) on the CPU.

        Each is the mean over the image and its mirror image, which no attribute can tell apart.
        """
        return self.scaled(mirrored_mean(self, images, lambda side: self.placed(self.features(side))))


def whole_batch(rows: Tensor, examples: Examples) -> Tensor:
    """The rows of all processes; of triplets role by role: anchors of all, then positives of all, then negatives."""
    check_batch(len(rows), examples)
    if examples == "images":
        return gathered(rows)
    return gathered(rows.unflatten(0, (3, -1)), dim=1).flatten(0, 1)
