"""A siamese net: one embedding for all pairs, so it cannot know that tops and shoes match by other rules than bags."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class SiameseRecipe:
    """What a `SiameseNet` is made of.

    Args:
        inputs: A d, the numbers of an embedding.
        width: of the result.
    """

    inputs: int
    width: int = 64


class SiameseNet(nn.Module):
    """CSA-Net without categories: a linear map, and length 1."""

    def __init__(self, recipe: SiameseRecipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.embedding = nn.Linear(recipe.inputs, recipe.width)

    def represent(self, features: Tensor, given: Tensor, target: Tensor) -> Tensor:
        """Float (..., D), the same for all pairs; arguments as `OutfitModel.represent`."""
        return F.normalize(self.embedding(features.flatten(-2)), dim=-1)
