"""The Wardrobe: garments rendered from a seed, the course's own data set."""

from adde_lite.data.wardrobe.collection import factor_grid, wardrobe
from adde_lite.data.wardrobe.drawing import garment_svg
from adde_lite.data.wardrobe.enlarge import enlarge
from adde_lite.data.wardrobe.identity import wardrobe_facts
from adde_lite.data.wardrobe.pictures import render
from adde_lite.data.wardrobe.schema import WARDROBE

__all__ = ["WARDROBE", "enlarge", "factor_grid", "garment_svg", "render", "wardrobe", "wardrobe_facts"]
