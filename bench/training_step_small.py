"""A stage-1 training step of all losses on the small trunk, beside the same step written literally.

The figure is about the widths of the shopping-mini recipe, whose attributes and pixels these are; a wider trunk, such
as that of the default recipe, spends more of its time in convolutions, which are the same on both sides.
"""

from dataclasses import replace

from adde_lite.models.adde import EncoderRecipe
from adde_lite.recipes import SHOPPING_MINI
from bench.figure import Figure
from bench.literal_step import compare

TRIES = 10


def measure() -> Figure:
    figure = compare("small", SHOPPING_MINI.model.widths, TRIES)
    wide = compare("small", EncoderRecipe().widths, TRIES)
    return replace(figure, rows={**figure.rows, **{f"wide, {name}": row for name, row in wide.rows.items()}})
