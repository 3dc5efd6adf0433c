"""A slider for each latent; moving any of them has the kernel draw the picture anew."""

from collections.abc import Callable, Mapping

import ipywidgets

from adde_lite.plots import Picture
from adde_lite.widgets.labelled_slider import number_slider
from adde_lite.widgets.moved_picture import moved_picture

REACH = 3.0  # standard deviations of the prior, each way: the decoder has seen little beyond
STEP = 0.25


def latent_sliders(start: Mapping[int, float], draw: Callable[[Mapping[int, float]], Picture]) -> ipywidgets.HBox:
    """Sliders beside the picture that they move.

    Args:
        start: latent -> where its slider begins, in standard deviations of the prior; moved to the nearest step.
        draw: latent -> value of all sliders to their picture, whose alt text spells out the values.

    Every slider carries the class `latent-slider`, the picture `latent-picture`. The first picture is part of the
    saved page; without a kernel the sliders move and the picture stays.
    """
    begin = {latent: round(min(max(value, -REACH), REACH) / STEP) * STEP for latent, value in start.items()}
    named = {latent: number_slider(f"latent {latent}", value, -REACH, REACH, STEP) for latent, value in begin.items()}
    picture = moved_picture({latent: one.slider for latent, one in named.items()}, draw, "latent")
    return ipywidgets.HBox([ipywidgets.VBox([one.row for one in named.values()]), picture])
