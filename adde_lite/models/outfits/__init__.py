"""Which garments go together: ADDE-O, CSA-Net, and a siamese net that knows no categories, over frozen embeddings."""

from adde_lite.models.outfits.adde_o import ADDEO, ADDEORecipe, Combine
from adde_lite.models.outfits.attention import PairAttention
from adde_lite.models.outfits.csa_net import CSANet, CSANetRecipe
from adde_lite.models.outfits.represents import OutfitModel
from adde_lite.models.outfits.siamese import SiameseNet, SiameseRecipe

__all__ = [
    "ADDEO",
    "ADDEORecipe",
    "CSANet",
    "CSANetRecipe",
    "Combine",
    "OutfitModel",
    "PairAttention",
    "SiameseNet",
    "SiameseRecipe",
]
