"""A picture that follows sliders: moving any of them has the kernel draw it anew."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import ipywidgets

from adde_lite.plots import Picture
from adde_lite.plots.drawing import Drawing

Key = TypeVar("Key")


def moved_picture(
    sliders: Mapping[Key, ipywidgets.Widget], draw: Callable[[dict[Key, Any]], Picture | Drawing], kind: str
) -> ipywidgets.HTML:
    """The picture of what the sliders say, now and after every move.

    Args:
        sliders: key -> slider; each gets the class `kind`-slider.
        draw: key -> value of all sliders to their picture.
        kind: also of the picture's class, `kind`-picture.

    The first picture is part of the saved page; without a kernel the sliders move and the picture stays.
    """
    picture = ipywidgets.HTML()
    picture.add_class(f"{kind}-picture")

    def show(_: object = None) -> None:
        picture.value = draw({key: slider.value for key, slider in sliders.items()}).tag()

    for slider in sliders.values():
        slider.add_class(f"{kind}-slider")
        slider.observe(show, names="value")
    show()
    return picture
