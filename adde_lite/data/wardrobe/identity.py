"""What makes a Wardrobe the one it is, for recipes of weights that were trained on it."""

import hashlib
from functools import cache

from adde_lite.data.wardrobe.drawing import garment_svg
from adde_lite.data.wardrobe.raster import TIMES_LARGER
from adde_lite.data.wardrobe.sampling import label_row

SAMPLED = 120  # garments: enough that each value of each attribute is drawn by some of them


def wardrobe_facts(**arguments: object) -> dict[str, object]:
    """The arguments of a call of `wardrobe`, and how garments are drawn today: a digest of the SVG, and the raster.

    Weights keep these facts. When the drawing changes, they no longer match and are trained again.
    """
    return {"wardrobe": arguments, "drawing": drawing_digest(), "drawn_larger": TIMES_LARGER}


@cache
def drawing_digest() -> str:
    """A digest of the SVG text of some garments: it changes with their look, not with the code's wording."""
    texts = (garment_svg(label_row(index, 0, 0.0, 1), 0, index) for index in range(SAMPLED))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
