"""Attribute-driven disentangled embeddings, from the pixels to "find this dress, but floral".

The names that the notebooks use most. Pictures and controls are in `adde_lite.plots` and `adde_lite.widgets`,
metrics in `adde_lite.metrics`: they are imported where they are used, so that this import stays fast.
"""

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.data import AttributeImages, factor_grid, image_table, official_split, wardrobe
from adde_lite.models.adde import AttributeEncoder, class_means, swap
from adde_lite.profiles import profile
from adde_lite.retrieval.gallery import Gallery
from adde_lite.sampling import edit_queries
from adde_lite.training import train, train_or_load

__all__ = [
    "AttributeEncoder",
    "AttributeImages",
    "AttributeSchema",
    "Edit",
    "Gallery",
    "class_means",
    "edit_queries",
    "factor_grid",
    "image_table",
    "official_split",
    "profile",
    "swap",
    "train",
    "train_or_load",
    "wardrobe",
]
