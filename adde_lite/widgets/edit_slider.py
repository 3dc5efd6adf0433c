"""A slider over pictures drawn beforehand.

Frames are tied to the control in the browser, so a page without a kernel moves as well.
"""

import html
from collections.abc import Mapping

import ipywidgets

from adde_lite.errors import InputError
from adde_lite.plots import Picture
from adde_lite.plots.drawing import Drawing
from adde_lite.widgets.labelled_slider import option_slider


def edit_slider(name: str, frames: Mapping[str, Picture | Drawing]) -> ipywidgets.VBox:
    """A slider over pictures drawn beforehand.

    Args:
        name: what the slider changes, its visible label.
        frames: the slider's stops in order, each with its picture; the picture's alt text goes with it.

    The parts carry the classes `edit-slider`, `edit-label` and `edit-picture`.

    Raises:
        InputError: no picture.
    """
    if not frames:
        raise InputError(f"slider {name!r}", "no picture", "one a stop, at least one", "Name some stops.")
    stops = list(frames)
    row, slider = option_slider(name, stops)
    labels = ipywidgets.Stack([ipywidgets.HTML(f"<b>{html.escape(stop)}</b>") for stop in stops], selected_index=0)
    pictures = ipywidgets.Stack([ipywidgets.HTML(frames[stop].tag()) for stop in stops], selected_index=0)
    for part, label in [(slider, "edit-slider"), (labels, "edit-label"), (pictures, "edit-picture")]:
        part.add_class(label)
    for stack in (labels, pictures):
        ipywidgets.jslink((slider, "index"), (stack, "selected_index"))
    return ipywidgets.VBox([row, labels, pictures])
