"""ADDE (Hou et al., ICCV 2021): the encoder, the memory, and the two trained together."""

from adde_lite.models.adde.encoder import AttributeEncoder, AttributeHeads, AttributePredictor, EncoderRecipe
from adde_lite.models.adde.manipulation import AttributeManipulator, JointRecipe, ManipulationRecipe
from adde_lite.models.adde.memory import PrototypeMemory

__all__ = [
    "AttributeEncoder",
    "AttributeHeads",
    "AttributeManipulator",
    "AttributePredictor",
    "EncoderRecipe",
    "JointRecipe",
    "ManipulationRecipe",
    "PrototypeMemory",
]
