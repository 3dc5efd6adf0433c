"""How many factors are there? What RF-VAE answers when two, four or six of them vary.

The factors are those that one number each can say. The Gaussian decoder makes small changes of a picture worth coding.
"""

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.models.vae import RFVAERecipe
from adde_lite.studies.grids import Grid
from adde_lite.studies.vae_run import VAERun

STUDY = "relevance"
SEEDS = (0, 1, 2)
MODEL = RFVAERecipe(decoder="gaussian", pixel_scale=0.2)

_LENGTH = {"length": WARDROBE.options("length")}
_SLEEVE = {"sleeve": ("sleeveless", "short", "long")}
_FIT = {"fit": WARDROBE.options("fit")}
_NAVY = {"colour": "navy"}
GRIDS = (
    Grid(_LENGTH, {"exposure": 16}, _NAVY),
    Grid(_SLEEVE | _LENGTH, {"x": 8, "exposure": 6}, _NAVY),
    Grid(_SLEEVE | _LENGTH | _FIT, {"x": 6, "y": 6, "exposure": 3}, _NAVY),
)


def runs() -> list[VAERun]:
    """All runs of the study, from few factors to many."""
    return [VAERun({"factors": len(grid.sizes), "seed": seed}, MODEL, grid, seed) for grid in GRIDS for seed in SEEDS]
