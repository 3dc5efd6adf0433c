"""Similarity under a condition: one space for all, one space under masks, one net an attribute, one block an attribute.

All four give an image one vector a condition, float (N, A, d), and the distance under condition c is the Euclidean one
between the vectors of c. They differ in what the vectors share.
"""

from adde_lite.models.conditional.adde_c import SubspaceRecipe, Subspaces
from adde_lite.models.conditional.csn import MaskedRecipe, MaskedSpace
from adde_lite.models.conditional.embedder import ConditionalEmbedder
from adde_lite.models.conditional.one_space import OneSpace, OneSpaceRecipe
from adde_lite.models.conditional.separate import SeparateNets

__all__ = [
    "ConditionalEmbedder",
    "MaskedRecipe",
    "MaskedSpace",
    "OneSpace",
    "OneSpaceRecipe",
    "SeparateNets",
    "SubspaceRecipe",
    "Subspaces",
]
