"""Draw the pictures of the README pages: an edit with its answers, and every value of the Wardrobe.

    python notebooks/pictures.py

`cover.png` uses the encoder of notebook 00. `wardrobe_values.png` shows each value at 64 px, the size that models see.
"""

from pathlib import Path

from torch import Tensor

from adde_lite import Edit, Gallery, PrototypeMemory, plots, wardrobe
from adde_lite.data.wardrobe import WARDROBE, enlarge, factor_grid
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.studies.manipulation_run import ManipulationRun

NOTEBOOKS = Path(__file__).parent
GARMENT, EDIT, RESULTS = "dress", Edit("pattern", "floral"), 6


# What each attribute is shown on: a category, and values of other attributes.
TOP = {"sleeve": "short", "fit": "regular", "length": "medium"}
SHOWN_ON = {
    "colour": ("sweater", TOP),
    "second colour": ("t-shirt", TOP | {"colour": "sky", "pattern": "horizontal stripes"}),
    "pattern": ("t-shirt", TOP | {"colour": "navy", "second colour": "gold", "trim": "band"}),
    "sleeve": ("dress", {"colour": "burgundy", "fit": "regular", "length": "medium"}),
    "neckline": ("t-shirt", TOP | {"colour": "lilac"}),
    "collar": ("jacket", TOP | {"colour": "green"}),
    "length": ("skirt", {"colour": "pink", "fit": "loose"}),
    "fit": ("trousers", {"colour": "grey", "length": "long"}),
    "fastening": ("coat", TOP | {"colour": "camel"}),
    "pocket": ("bag", {"colour": "green", "length": "short"}),
    "trim": ("dress", TOP | {"colour": "lilac", "second colour": "fuchsia", "pattern": "dots"}),
    "waist": ("dress", TOP | {"colour": "navy"}),
}


def values() -> plots.Picture:
    """Every value of every attribute, on the same table in the same light."""
    rows = {"category": {name: _image(name, {}, "colour", "sky") for name in WARDROBE.options("category")}}
    for attribute, (category, fixed) in SHOWN_ON.items():
        rows[attribute] = {value: _image(category, fixed, attribute, value) for value in WARDROBE.options(attribute)}
    return plots.value_rows(rows, f"One small garment for each of the {WARDROBE.J} values, a row for each attribute.")


def _image(category: str, fixed: dict[str, str], attribute: str, value: str) -> Tensor:
    """A 64 px garment. Values that its category shows and `fixed` leaves open are the first of their attribute."""
    grid = factor_grid({attribute: [value]}, category=category, fixed=fixed, seed=3, progress=False, cache=False)
    return grid.images[0]


def cover() -> plots.Picture:
    """A dress, the wish for flowers, and what is found."""
    encoder = ManipulationRun({}, WARDROBE_STAGES, "means", 0).encoder()
    clothes, stock = wardrobe(1800, seed=1, variants=6), wardrobe(1200, seed=2)
    memory = PrototypeMemory.of_means(encoder.embed(stock.images), stock.labels, WARDROBE)
    gallery = Gallery(encoder.embed(clothes.images), clothes.labels, WARDROBE, memory)
    targets = WARDROBE.edited(clothes.labels, EDIT)
    category, pattern = WARDROBE.index("category"), WARDROBE.index(EDIT.attribute)
    dressed = clothes.labels[:, category] == WARDROBE.code("category", GARMENT)
    exact = (targets[:, None] == clothes.labels[None]).all(2).any(1) & (
        targets[:, pattern] != clothes.labels[:, pattern]
    )
    row = int((dressed & exact).nonzero()[0])
    found = gallery.edit(gallery.embeddings[row], EDIT, RESULTS)
    garment = enlarge(clothes.subset([row]), 256).images[0]
    return plots.edit_answer(garment, EDIT, enlarge(clothes.subset(found), 256), targets[row])


if __name__ == "__main__":
    (NOTEBOOKS / "wardrobe_values.png").write_bytes(values().png())
    (NOTEBOOKS / "cover.png").write_bytes(cover().png())
