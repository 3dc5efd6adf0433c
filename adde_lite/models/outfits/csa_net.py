"""CSA-Net (Lin, Tran and Davis, CVPR 2020, arXiv 1912.08967): masks of a shared embedding, mixed by the pair.

Symbols: x in R^D the embedding of a garment, m_k a learned mask, w = kappa([c; c']) the attention of the pair.

    psi(x, c, c') = sum_k w_k (x * m_k) = x * (sum_k w_k m_k)

The weights are numbers, so a pair has one mask, and all masks together a table of rank K. The result is scaled to
length 1: otherwise the ranking loss is smallest where everything shrinks to one point, and stays at its margin.

Here x = W r, a linear map of the frozen embeddings, where the paper trains a whole ResNet18.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.models.outfits.attention import PairAttention

MASK_MEAN, MASK_SPREAD = 0.9, 0.7  # as the masks of conditional similarity networks begin


@dataclass(frozen=True)
class CSANetRecipe:
    """What a `CSANet` is made of.

    Args:
        inputs: A d, the numbers of an embedding.
        categories: C.
        width: D, of the shared embedding x.
        masks: K.
    """

    inputs: int
    categories: int
    width: int = 64
    masks: int = 5


class CSANet(nn.Module):
    """One embedding, seen through a mask for each pair of categories."""

    def __init__(self, recipe: CSANetRecipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.embedding = nn.Linear(recipe.inputs, recipe.width)
        self.masks = nn.Parameter(MASK_MEAN + MASK_SPREAD * torch.randn(recipe.masks, recipe.width))
        self.attention = PairAttention(recipe.categories, recipe.masks)

    def pair_mask(self, given: Tensor, target: Tensor) -> Tensor:
        """sum_k w_k m_k: categories int64 (...) to float (..., D)."""
        weights: Tensor = self.attention(given, target)
        return weights @ self.masks

    def represent(self, features: Tensor, given: Tensor, target: Tensor) -> Tensor:
        """psi(x, c, c') scaled to length 1, float (..., D); arguments as `OutfitModel.represent`."""
        return F.normalize(self.embedding(features.flatten(-2)) * self.pair_mask(given, target), dim=-1)
