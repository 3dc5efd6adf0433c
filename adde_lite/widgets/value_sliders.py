"""A slider for each attribute, over its values; moving any of them has the kernel draw the picture anew."""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets

from adde_lite.plots import Picture
from adde_lite.widgets.labelled_slider import option_slider
from adde_lite.widgets.moved_picture import moved_picture


def value_sliders(
    options: Mapping[str, Sequence[str]], start: Mapping[str, str], draw: Callable[[Mapping[str, str]], Picture]
) -> ipywidgets.VBox:
    """Sliders above the picture that they move.

    Args:
        options: attribute -> its values, the stops of its slider.
        start: attribute -> the value its slider begins at.
        draw: attribute -> chosen value of all sliders to their picture.

    Every slider carries the class `value-slider`, the picture `value-picture`. The first picture is part of the saved
    page; without a kernel the sliders move and the picture stays.
    """
    named = {
        attribute: option_slider(attribute, values, index=list(values).index(start[attribute]))
        for attribute, values in options.items()
    }
    picture = moved_picture({attribute: one.slider for attribute, one in named.items()}, draw, "value")
    return ipywidgets.VBox([*(one.row for one in named.values()), picture])
