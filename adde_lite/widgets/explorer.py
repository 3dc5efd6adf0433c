"""The explorer: choose a garment, move a slider over the prototypes of each attribute, and see what is found."""

import html
from collections.abc import Mapping, Sequence

import ipywidgets
from torch import Tensor

from adde_lite.attributes import Edit
from adde_lite.errors import InputError
from adde_lite.models.adde.memory import How
from adde_lite.plots.drawing import beside
from adde_lite.retrieval.gallery import Gallery
from adde_lite.retrieval.weighting import WEIGHTS
from adde_lite.widgets.edit_slider import edit_slider
from adde_lite.widgets.exploration import Exploration
from adde_lite.widgets.labelled_slider import numbered, option_slider

AS_IT_IS = "as it is"
STEPS = 20  # of the strength, from 0 to 1
CELL = "auto"  # the grid says how wide a control is
COLUMNS = "repeat(auto-fill, minmax(430px, 1fr))"  # of the controls: as many as the page has room for


def explorer(
    gallery: Gallery,
    images: Tensor | Sequence[Tensor],
    rows: Sequence[int],
    *,
    attributes: Sequence[str] | None = None,
    k: int = 5,
    how: How = "swap",
) -> ipywidgets.VBox:
    """Garments to choose from, a slider an attribute, strength and weight of the edits, and what is found.

    The kernel draws every move anew.

    All of it works by keyboard: Tab goes from control to control, arrow keys move a slider by a stop, Home and End to
    its ends. The first stop of an attribute leaves the garment as it is.

    Args:
        gallery: with a memory.
        images: image of each row of the gallery, uint8 (3, H, W).
        rows: of the garments to choose from.
        attributes: those that get a slider, in this order; None for all.
        k: how many results.
        how: "swap" or "add", as `PrototypeMemory.edit`.

    The parts carry the classes `explorer-garment`, `explorer-value` (each slider), `explorer-strength`,
    `explorer-weight`, `explorer-label`, `explorer-results` and `explorer-memory`. The first view is part of the saved
    page; `explorer_frames` is for pages without a kernel.

    Raises:
        InputError: no rows, a row that repeats, an unknown attribute, or as `Exploration` and its `view`.
    """
    exploration = Exploration(gallery, images, k=k, how=how)
    if not rows or len(set(rows)) < len(rows):
        raise InputError(
            "explorer, rows", str(list(rows)), "different rows of the gallery, at least one", "Name each once."
        )
    for row in rows:
        exploration.labels(row)  # says which is not there before someone moves to it
    names = gallery.schema.names if attributes is None else tuple(attributes)
    shares = [(f"{step / STEPS:.0%}", step / STEPS) for step in range(STEPS + 1)]
    times = [(f"{weight:g} times", weight) for weight in WEIGHTS]
    named = [
        option_slider("garment", numbered(rows), width=CELL),
        option_slider("strength", shares, index=STEPS, width=CELL),
        option_slider("edits count", times, width=CELL),
        *(option_slider(name, [AS_IT_IS, *gallery.schema.options(name)], width=CELL) for name in names),
    ]
    garment, strength, weight, *others = (one.slider for one in named)
    values = dict(zip(names, others, strict=True))
    label, results, memory = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()

    def show(_: object = None) -> None:
        edits = [Edit(name, slider.value) for name, slider in values.items() if slider.index]
        view = exploration.view(garment.value, edits, strength.value, weight.value)
        label.value = f'<div role="status"><b>{html.escape(view.summary)}</b></div>'
        results.value, memory.value = view.results.tag(), view.memory.tag()

    for one in named:
        one.slider.observe(show, names="value")
    parts = {
        "garment": garment,
        "strength": strength,
        "weight": weight,
        "label": label,
        "results": results,
        "memory": memory,
    }
    for name, part in parts.items():
        part.add_class(f"explorer-{name}")
    for slider in values.values():
        slider.add_class("explorer-value")
    show()
    grid = ipywidgets.GridBox([one.row for one in named], layout=ipywidgets.Layout(grid_template_columns=COLUMNS))
    first = exploration.view(garment.value)
    for part, drawing in ((results, first.results), (memory, first.memory)):
        part.layout = ipywidgets.Layout(
            flex=f"{drawing.width:g} 1 0%", min_width="0"
        )  # both shrink alike: rows stay level
    pictures = ipywidgets.HBox([results, memory])
    return ipywidgets.VBox([grid, label, pictures])


def explorer_frames(
    gallery: Gallery,
    images: Tensor | Sequence[Tensor],
    row: int,
    stops: Mapping[str, tuple[Sequence[Edit], float]],
    *,
    k: int = 5,
    how: How = "swap",
) -> ipywidgets.VBox:
    """A slider over some states of the explorer, drawn beforehand: it moves without a kernel.

    Args:
        gallery, images, k, how: as `explorer`.
        row: of the garment.
        stops: name of a stop -> the edits and the strength it shows.

    Raises:
        InputError: no stops, or as `Exploration` and its `view`.
    """
    if not stops:
        raise InputError("explorer frames", "no stops", "at least one", 'Such as {"floral": ([edit], 1.0)}.')
    exploration = Exploration(gallery, images, k=k, how=how)
    views = {name: exploration.view(row, edits, strength) for name, (edits, strength) in stops.items()}
    frames = {f"{name}: {view.summary}": beside(view.results, view.memory) for name, view in views.items()}
    return edit_slider("stop", frames)
