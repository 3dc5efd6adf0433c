"""The outfit builder: put garments together, say what is missing, swap one attribute of it, and see what is offered."""

import html
from collections.abc import Mapping, Sequence

import ipywidgets

from adde_lite.attributes import Edit
from adde_lite.data.outfits import EMPTY
from adde_lite.errors import InputError
from adde_lite.widgets.building import Building
from adde_lite.widgets.edit_slider import edit_slider
from adde_lite.widgets.labelled_slider import numbered, option_slider

NONE, AS_IT_IS = "none", "as it is"
BEGUN = 2  # places that hold a garment at first
CELL = "auto"  # the grid says how wide a control is
COLUMNS = "repeat(auto-fill, minmax(400px, 1fr))"

Stop = tuple[Sequence[int], str, Edit | None]
"""Rows of the outfit, the category that is looked for, and a swap."""


def outfit_builder(
    building: Building, pieces: Mapping[str, Sequence[int]], categories: Sequence[str], swaps: Sequence[Edit]
) -> ipywidgets.VBox:
    """A slider for each place of the outfit, one for what is looked for and one for a swap; the kernel draws each move.

    All of it works by keyboard: Tab goes from control to control, arrow keys move a slider by a stop, Home and End to
    its ends. The first stop of a place leaves it empty.

    Args:
        building: what is shown.
        pieces: place -> rows of the stock to choose from; the outfit begins with the first of the first two places.
        categories: those that may be looked for, the first to begin with.
        swaps: edits of the garment that is looked for.

    The parts carry the classes `builder-piece` (each slider of a place), `builder-target`, `builder-swap`,
    `builder-label` and `builder-picture`. The first view is part of the saved page; `outfit_builder_frames` is for
    pages without a kernel.

    Raises:
        InputError: no places or categories, or as `Building.view`.
    """
    if not pieces or not categories:
        given = f"{len(pieces)} places and {len(categories)} categories"
        raise InputError("outfit builder", given, "at least one of each", "Name rows of the stock by place.")
    named = []
    for at, (place, rows) in enumerate(pieces.items()):
        named.append(option_slider(place, [(NONE, EMPTY), *numbered(rows)], index=int(at < BEGUN), width=CELL))
    named.append(option_slider("looking for", categories, width=CELL))
    named.append(option_slider("but", [AS_IT_IS, *map(str, swaps)], width=CELL))
    *places, target, swap = (one.slider for one in named)
    label, picture = ipywidgets.HTML(), ipywidgets.HTML()

    def show(_: object = None) -> None:
        rows = [slider.value for slider in places if slider.value != EMPTY]
        built = building.view(rows, target.value, swaps[swap.index - 1] if swap.index else None)
        label.value = f'<div role="status"><b>{html.escape(built.summary)}</b></div>'
        picture.value = built.drawing.tag() if built.drawing else ""

    for slider in places:
        slider.add_class("builder-piece")
    for name, part in {"target": target, "swap": swap, "label": label, "picture": picture}.items():
        part.add_class(f"builder-{name}")
    show()
    for one in named:
        one.slider.observe(show, names="value")
    layout = ipywidgets.Layout(grid_template_columns=COLUMNS)
    controls = ipywidgets.GridBox([one.row for one in named], layout=layout)
    return ipywidgets.VBox([controls, label, picture])


def outfit_builder_frames(building: Building, stops: Mapping[str, Stop]) -> ipywidgets.VBox:
    """A slider over some states of the builder, drawn beforehand: it moves without a kernel.

    Args:
        building: what is shown.
        stops: name of a stop -> rows of the outfit, category that is looked for, swap or None.

    Raises:
        InputError: no stops, one without a garment, or as `Building.view`.
    """
    if not stops:
        raise InputError("outfit builder frames", "no stops", "at least one", 'Such as {"bag": ([3, 8], "bag", None)}.')
    frames = {}
    for name, (rows, category, swap) in stops.items():
        built = building.view(rows, category, swap)
        if built.drawing is None:
            raise InputError(f"outfit builder frames, {name!r}", "no garment", "at least one", "Name some rows.")
        frames[f"{name}: {built.summary}"] = built.drawing
    return edit_slider("stop", frames)
