"""ADDE-O (Hou et al., ICCV 2021, Sec. 3.4): the pair of categories decides which attributes a match is about.

Symbols: r_a the embedding of attribute a, psi_a = Linear(d, d), u_a = psi_a(r_a) / |psi_a(r_a)|, w = kappa([c; c'])
the attention of the pair. A garment is then

    f = [w_1 u_1; ..; w_A' u_A']   "concatenate": the paper's figure keeps the blocks apart
    f = w_1 u_1 + .. + w_A' u_A'   "sum": as CSA-Net, whose attention the paper takes over

The text that would decide between them was not at hand, so both are here. Without the length of u_a at 1 a net can make
a block important by its length, and the weights would say nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.outfits.attention import PairAttention

Combine = Literal["concatenate", "sum"]


@dataclass(frozen=True)
class ADDEORecipe:
    """What an `ADDEO` is made of.

    Args:
        attributes: the A' attributes that a match may be about.
        categories: C.
        d: dimensions of a subspace.
        combine: how the weighted blocks become one vector.
    """

    attributes: tuple[str, ...]
    categories: int
    d: int
    combine: Combine = "concatenate"


class ADDEO(nn.Module):
    """Subspaces, each through its own linear map, weighted by the pair of categories.

    Args:
        schema: of the embeddings.
        recipe: which of them, and how they are combined.

    Raises:
        InputError: no attributes, one that the schema lacks, or one twice.
    """

    chosen: Tensor

    def __init__(self, schema: AttributeSchema, recipe: ADDEORecipe) -> None:
        super().__init__()
        names: Sequence[str] = recipe.attributes
        if not names or len(set(names)) < len(names):
            raise InputError("ADDE-O, attributes", str(tuple(names)), "different ones, at least one", "Name each once.")
        self.recipe = recipe
        self.register_buffer("chosen", torch.tensor([schema.index(name) for name in names]), persistent=False)
        bound = recipe.d**-0.5
        self.weight = nn.Parameter(torch.empty(len(names), recipe.d, recipe.d).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(len(names), recipe.d).uniform_(-bound, bound))
        self.attention = PairAttention(recipe.categories, len(names))

    def project(self, features: Tensor) -> Tensor:
        """u: embeddings float (..., A, d) to blocks of length 1, float (..., A', d)."""
        chosen = features[..., self.chosen, :]
        return F.normalize(torch.einsum("...ad,ade->...ae", chosen, self.weight) + self.bias, dim=-1)

    def represent(self, features: Tensor, given: Tensor, target: Tensor) -> Tensor:
        """f, float (..., A' d) or (..., d); arguments as `OutfitModel.represent`."""
        weighted = self.attention(given, target)[..., None] * self.project(features)
        combined: Tensor = weighted.flatten(-2) if self.recipe.combine == "concatenate" else weighted.sum(-2)
        return combined
