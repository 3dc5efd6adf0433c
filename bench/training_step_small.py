"""A stage-1 training step of all losses on the small trunk, beside the same step written literally.

The figure is about the narrowest trunk that the course trains; the default recipe's, in the rows called wide, spends
more of its time in convolutions, where float32 leaves little to gain.
"""

from dataclasses import replace

from adde_lite.models.adde import EncoderRecipe
from adde_lite.recipes import PHOTOS_QUICK
from bench.figure import Figure
from bench.literal_step import compare

TRIES = 10


def measure() -> Figure:
    figure = compare("small", PHOTOS_QUICK.model.widths, TRIES)
    wide = compare("small", EncoderRecipe().widths, TRIES)
    return replace(figure, rows={**figure.rows, **{f"wide, {name}": row for name, row in wide.rows.items()}})
