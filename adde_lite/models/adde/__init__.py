"""ADDE (Hou et al., ICCV 2021): the encoder, the memory, and the two trained together."""

from adde_lite.models.adde.encoder import AttributeEncoder, AttributeHeads, AttributePredictor, EncoderRecipe
from adde_lite.models.adde.manipulation import AttributeManipulator, JointRecipe, ManipulationRecipe
from adde_lite.models.adde.memory import PrototypeMemory
from adde_lite.models.adde.public_checkpoint import (
    load_public_checkpoint,
    public_state_dict,
    save_public_checkpoint,
)

__all__ = [
    "AttributeEncoder",
    "AttributeHeads",
    "AttributeManipulator",
    "AttributePredictor",
    "EncoderRecipe",
    "JointRecipe",
    "ManipulationRecipe",
    "PrototypeMemory",
    "load_public_checkpoint",
    "public_state_dict",
    "save_public_checkpoint",
]
