"""The attention of a pair of categories, kappa: it looks at the categories alone, never at the garments."""

import torch
from torch import Tensor, nn

HIDDEN = 256


class PairAttention(nn.Module):
    """kappa = softmax(Linear(2C, 256) - ReLU - Linear(256, K)) over one-hots [c_given; c_target].

    Args:
        categories: C.
        parts: K, how many weights a pair gets; they are positive and sum to 1.
    """

    hot: Tensor

    def __init__(self, categories: int, parts: int) -> None:
        super().__init__()
        self.categories = categories
        self.register_buffer("hot", torch.eye(categories), persistent=False)
        self.layers = nn.Sequential(nn.Linear(2 * categories, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, parts))

    def forward(self, given: Tensor, target: Tensor) -> Tensor:
        """Categories int64 (...), of shapes that broadcast, to weights float (..., K)."""
        return self.table()[given, target]  # the few pairs there are, once, however many garments meet

    def table(self) -> Tensor:
        """The weights of every pair, float (C, C, K): given, target, part."""
        rows = self.hot[:, None].expand(-1, self.categories, -1)
        logits: Tensor = self.layers(torch.cat([rows, rows.transpose(0, 1)], dim=2))
        return logits.softmax(2)
