"""The attention of a pair of categories, kappa: it looks at the categories alone, never at the garments."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN = 256


class PairAttention(nn.Module):
    """kappa = softmax(Linear(2C, 256) - ReLU - Linear(256, K)) over one-hots [c_given; c_target].

    Args:
        categories: C.
        parts: K, how many weights a pair gets; they are positive and sum to 1.
    """

    def __init__(self, categories: int, parts: int) -> None:
        super().__init__()
        self.categories = categories
        self.layers = nn.Sequential(nn.Linear(2 * categories, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, parts))

    def forward(self, given: Tensor, target: Tensor) -> Tensor:
        """Categories int64 (...), of a shape that broadcasts, to weights float (..., K)."""
        pair = torch.stack(torch.broadcast_tensors(given, target), dim=-1)
        hot = F.one_hot(pair, self.categories).flatten(-2)
        logits: Tensor = self.layers(hot.to(cast(Tensor, self.layers[0].weight)))
        return logits.softmax(-1)

    @torch.no_grad()
    def table(self) -> Tensor:
        """The weights of every pair, float (C, C, K): given, target, part."""
        one = torch.arange(self.categories)
        weights: Tensor = self(one[:, None], one)
        return weights
