"""Attribute-driven disentangled embeddings, from the pixels to "find this dress, but floral".

The names that the notebooks use most. Pictures and controls are in `adde_lite.plots` and `adde_lite.widgets`,
metrics in `adde_lite.metrics`: they are imported where they are used, so that this import stays fast.
"""

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.data import AttributeImages, factor_grid, image_table, official_split, wardrobe
from adde_lite.models.adde import AttributeEncoder, PrototypeMemory
from adde_lite.profiles import profile
from adde_lite.retrieval.gallery import Gallery
from adde_lite.sampling import edit_queries, manipulation_triplets
from adde_lite.training import train, train_or_load

__all__ = [
    "AttributeEncoder",
    "AttributeImages",
    "AttributeSchema",
    "Edit",
    "Gallery",
    "PrototypeMemory",
    "edit_queries",
    "factor_grid",
    "image_table",
    "manipulation_triplets",
    "official_split",
    "profile",
    "train",
    "train_or_load",
    "wardrobe",
]
