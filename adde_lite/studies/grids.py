"""Factor grids that models without labels are judged on: images, and the factors behind each of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE, factor_grid
from adde_lite.data.wardrobe.identity import drawing_digest
from adde_lite.data.wardrobe.raster import TIMES_LARGER
from adde_lite.metrics.disentanglement import code_grid, metric_table

SIZE = 32
TEST_SHARE = 0.25


@dataclass(frozen=True)
class Grid:
    """Dresses in every combination of some factors.

    Args:
        attributes: attribute -> its values.
        nuisances: nuisance -> number of steps.
        fixed: values of other attributes.
    """

    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nuisances: Mapping[str, int] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """Factor -> number of its values; the last runs fastest."""
        return {name: len(values) for name, values in self.attributes.items()} | dict(self.nuisances)

    def images(self, size: int = SIZE, *, progress: bool = True) -> AttributeImages:
        """The pictures, drawn or from the cache."""
        return factor_grid(self.attributes, nuisances=self.nuisances, fixed=self.fixed, size=size, progress=progress)

    def factors(self) -> np.ndarray:
        """The index of each factor's value in each picture, int64 (N, F)."""
        sizes = tuple(self.sizes.values())
        return np.indices(sizes).reshape(len(sizes), -1).T

    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows that a metric may learn from, three quarters, and rows that it is judged by: int64 (R,) and (T,)."""
        order = np.random.default_rng(0).permutation(len(self.factors()))
        test, rest = np.split(order, [int(TEST_SHARE * len(order))])
        return rest, test

    def facts(self) -> dict[str, Any]:
        """What makes the pictures what they are, for a recipe."""
        return {"grid": asdict(self), "size": SIZE, "drawn_larger": TIMES_LARGER, "drawing": drawing_digest()}


def grid_metrics(codes: np.ndarray, grid: Grid) -> dict[str, float]:
    """Every metric of codes (N, D) of the pictures of a grid; those that learn something are judged by other rows."""
    factors, (rest, test) = grid.factors(), grid.parts()
    source = code_grid(codes, list(grid.sizes.values()))
    return metric_table(codes[rest], factors[rest], codes[test], factors[test], source=source).rows


DRESSES = Grid(
    {
        "colour": ("white", "camel", "burgundy", "navy"),
        "sleeve": ("sleeveless", "short", "long"),
        "length": WARDROBE.options("length"),
        "fit": WARDROBE.options("fit"),
    },
    {"x": 4, "y": 4},
)
"""1,728 dresses: four labelled attributes and the place on the table."""
