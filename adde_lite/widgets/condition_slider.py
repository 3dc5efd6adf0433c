"""Similar in what? A slider an attribute says how much it counts, and the nearest garments follow."""

from collections.abc import Mapping, Sequence

import ipywidgets
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.plots.conditional import similar_results
from adde_lite.plots.drawing import Drawing, thumbnail
from adde_lite.retrieval.gallery import Gallery
from adde_lite.widgets.edit_slider import edit_slider
from adde_lite.widgets.labelled_slider import LabelledSlider, numbered, option_slider
from adde_lite.widgets.moved_picture import moved_picture

STEPS = 4  # of a weight, from 0 to 1


def condition_sliders(
    gallery: Gallery,
    images: Tensor,
    rows: Sequence[int],
    *,
    start: Mapping[str, float] | None = None,
    k: int = 5,
) -> ipywidgets.VBox:
    """Garments to choose from, a weight an attribute, and what is most alike; the kernel searches anew at every move.

    All of it works by keyboard: arrow keys move a slider by a step, Home and End to its ends. Without any weight
    nothing is asked, and the picture says so.

    Args:
        gallery: its blocks should have length one each, so that a weight means the same for all.
        images: uint8 (N, 3, H, W), of its rows.
        rows: of the garments to choose from.
        start: attribute -> weight it begins with, 0 to 1; the first attribute alone by default.
        k: how many results.

    Every slider carries the class `condition-slider`, the picture `condition-picture`. The first picture is part of
    the saved page; `condition_frames` is for pages without a kernel.

    Raises:
        InputError: no rows, an unknown attribute or a weight out of range to begin with, or as `similar`.
    """
    if not rows:
        raise InputError("condition sliders, rows", "none", "rows of the gallery, at least one", "Name some.")
    for row in rows:
        _check(gallery, images, row, k)  # says which is not there before someone moves to it
    begin = {gallery.schema.names[0]: 1.0} if start is None else start
    for name, weight in begin.items():
        gallery.schema.index(name)
        if not 0 <= weight <= 1:
            raise InputError(f"condition sliders, start, {name}", str(weight), "0 to 1", "Only their ratios count.")
    # The garment has no name of its own here: an attribute may be called "garment".
    named: dict[str | None, LabelledSlider] = {None: option_slider("garment", numbered(rows))}
    stops = [(f"{step / STEPS:.0%}", step / STEPS) for step in range(STEPS + 1)]
    for name in gallery.schema.names:
        named[name] = option_slider(name, stops, index=round(begin.get(name, 0.0) * STEPS))

    def draw(values: Mapping[str | None, float]) -> Drawing:
        weights = {name: weight for name, weight in values.items() if name is not None}
        return similar(gallery, images, int(values[None]), weights, k=k)

    picture = moved_picture({name: one.slider for name, one in named.items()}, draw, "condition")
    return ipywidgets.VBox([*(one.row for one in named.values()), picture])


def condition_frames(gallery: Gallery, images: Tensor, row: int, *, k: int = 5) -> ipywidgets.VBox:
    """A slider from condition to condition, drawn beforehand: it moves without a kernel.

    Args:
        gallery, images, k: as `condition_sliders`.
        row: of the garment.

    Raises:
        InputError: as `similar`.
    """
    frames = {name: similar(gallery, images, row, {name: 1.0}, k=k) for name in gallery.schema.names}
    return edit_slider("similar in", frames)


def similar(gallery: Gallery, images: Tensor, row: int, weights: Mapping[str, float], *, k: int = 5) -> Drawing:
    """What is most like a garment of the gallery under weights; it does not find itself.

    Args:
        gallery, images, k: as `condition_sliders`.
        row: of the garment.
        weights: attribute -> weight; without any above 0 nothing is searched for.

    Raises:
        InputError: no such row, fewer garments than k + 1, another number of images, or as `Gallery.search`.
    """
    _check(gallery, images, row, k)
    found = []
    if any(weights.values()):
        ranked = gallery.search(gallery.embeddings[row], k + 1, weights)
        found = ranked[ranked != row][:k].tolist()
    return similar_results(
        thumbnail(images[row]),
        gallery.labels[row],
        gallery.schema,
        weights,
        found=[thumbnail(images[at]) for at in found],
        found_labels=gallery.labels[found],
    )


def _check(gallery: Gallery, images: Tensor, row: int, k: int) -> None:
    if len(images) != len(gallery) or not 0 <= row < len(gallery) or not 1 <= k < len(gallery):
        given = f"row {row} and k={k} of {len(gallery)} garments, {len(images)} images"
        expected = "a row of the gallery, fewer results than garments, an image for each"
        raise InputError("similar", given, expected, "Pass the images that were embedded, in their order.")
