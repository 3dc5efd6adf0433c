"""A slider beside a control of the same value that has a name: the handle of a slider has none for a screen reader.

The two are tied in the browser, so on a page without a kernel they move together as well.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import ipywidgets

WIDTH, NAMED_WIDTH, NAME_WIDTH = "480px", "240px", "105px"  # of the row, of its named control, of the name in it
HANDLE_ROOM = "0 12px"  # at its ends the handle stands out by half


class LabelledSlider(NamedTuple):
    """A slider with its name.

    Args:
        row: what is shown: the named control, then the slider.
        slider: what holds the value; set it before it is shown only, for the kernel does not tie the two.
    """

    row: ipywidgets.HBox
    slider: ipywidgets.Widget


def option_slider(
    name: str, options: Sequence[str] | Sequence[tuple[str, Any]], *, index: int = 0, width: str = WIDTH
) -> LabelledSlider:
    """A slider from option to option, named by a list to choose from.

    Args:
        name: the visible label.
        options: the stops, as words or as (words, value).
        index: of the stop where it begins.
        width: of both together, as CSS.
    """
    shared = {"options": options, "index": index}
    named = ipywidgets.Dropdown(**shared, **_named(name))
    return _tied(named, ipywidgets.SelectionSlider(**shared, **_bare()), "index", width)


def number_slider(name: str, value: float, lowest: float, highest: float, step: float) -> LabelledSlider:
    """A slider over numbers, named by a field to type in.

    Args:
        name: the visible label.
        value: where it begins.
        lowest, highest: its ends.
        step: from stop to stop.
    """
    shared = {"value": value, "min": lowest, "max": highest, "step": step}
    named = ipywidgets.BoundedFloatText(**shared, **_named(name))
    return _tied(named, ipywidgets.FloatSlider(**shared, **_bare()), "value", WIDTH)


def numbered(rows: Sequence[int]) -> list[tuple[str, int]]:
    """Options to choose a row: how many there are, and which of them this is."""
    return [(f"{at} of {len(rows)}", row) for at, row in enumerate(rows, 1)]


def _named(name: str) -> dict[str, Any]:
    layout = ipywidgets.Layout(width=NAMED_WIDTH, flex="none")
    return {"description": name, "style": {"description_width": NAME_WIDTH}, "layout": layout}


def _bare() -> dict[str, Any]:
    layout = ipywidgets.Layout(width="auto", flex="1 1 0%", margin=HANDLE_ROOM)
    return {"readout": False, "layout": layout}


def _tied(named: ipywidgets.Widget, slider: ipywidgets.Widget, trait: str, width: str) -> LabelledSlider:
    ipywidgets.jslink((slider, trait), (named, trait))
    layout = ipywidgets.Layout(width=width, align_items="center")
    return LabelledSlider(ipywidgets.HBox([named, slider], layout=layout), slider)
