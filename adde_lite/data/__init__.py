"""Images and labels in, tensors out."""

from adde_lite.data.images import AttributeImages
from adde_lite.data.official import official_split, write_official
from adde_lite.data.streamed import StreamedImages
from adde_lite.data.table import image_table
from adde_lite.data.wardrobe import WARDROBE, factor_grid, wardrobe
from adde_lite.data.zappos import zappos

__all__ = [
    "WARDROBE",
    "AttributeImages",
    "StreamedImages",
    "factor_grid",
    "image_table",
    "official_split",
    "wardrobe",
    "write_official",
    "zappos",
]
