"""The pack fashion_products: photos of a shop, where the reader has them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from adde_lite.data.decode import Size
from adde_lite.data.images import AttributeImages
from adde_lite.data.table import image_table

PACK = "fashion_products"
HOLDER = "ADDE_LITE_DATA"
ATTRIBUTES = ("gender", "articleType", "baseColour")
PHOTO_SIZE = (64, 48)


def fashion_products(
    attributes: Sequence[str] = ATTRIBUTES,
    *,
    size: Size = PHOTO_SIZE,
    where: Mapping[str, object] | None = None,
    keep: Sequence[str] = ("split",),
    folder: Path | None = None,
) -> AttributeImages | None:
    """Photos of the core products with their labels, or None where the pack is not.

    Args:
        attributes: columns of the pack's labels.csv.
        size: (H, W) of the images.
        where: further columns and their values, as in `image_table`, such as {"split": "train"}.
        keep: columns to keep, as in `image_table`.
        folder: what holds the pack; None takes the folder that the variable ADDE_LITE_DATA names.

    Raises:
        InputError: as `image_table`.
    """
    holder = folder or Path(os.environ.get(HOLDER, ""))
    table = holder / PACK / "labels.csv"
    if holder == Path() or not table.exists():
        return None
    core = {"core": 1} | dict(where or {})
    return image_table(table, table.with_name("images.zip"), attributes, size=size, where=core, keep=keep)
