"""One net an attribute: what conditions cost when they share nothing. The usual upper bound, at A times the price.

Each is a plain triplet net (`OneSpace`) that was trained on the triplets of its own condition alone. It is an upper
bound only where each attribute has triplets enough: nets that share can learn from one another's.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from adde_lite.errors import InputError
from adde_lite.models.conditional.embedder import ConditionalEmbedder
from adde_lite.models.conditional.one_space import OneSpace


class SeparateNets(ConditionalEmbedder):
    """A nets side by side.

    Args:
        nets: trained, one for each attribute of their schema, in its order; all of one recipe.

    Raises:
        InputError: another number of nets than attributes, or nets of different schemas or recipes.
    """

    def __init__(self, nets: Sequence[OneSpace]) -> None:
        if not nets or len(nets) != nets[0].schema.A:
            expected = f"{nets[0].schema.A}, one an attribute" if nets else "one an attribute"
            raise InputError("nets", str(len(nets)), expected, "Train one for each condition.")
        first = nets[0]
        if any((net.schema, net.recipe) != (first.schema, first.recipe) for net in nets):
            raise InputError("nets", "different schemas or recipes", "the same ones", "Train all of them alike.")
        super().__init__(first.schema, normalised=first.recipe.normalised)
        self.recipe = first.recipe
        self.nets = nn.ModuleList(nets)

    def features(self, images: Tensor) -> Tensor:
        """f of each net, float (N, A, d)."""
        return torch.stack([net.features(images) for net in self.nets], dim=1)  # type: ignore[operator]

    def placed(self, features: Tensor) -> Tensor:
        return features
