"""What leaving something out costs: each run beside the full run of the same seed."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np

from adde_lite.plots.picture import INK, ORANGE, STYLE, Picture, draw_dots, row_panels


def difference_strips(
    panels: Mapping[str, Mapping[str, Sequence[float]]], matters: Callable[[Sequence[float]], bool], alt: str
) -> Picture:
    """Differences from the full recipe, a dot a seed, their mean as a bar across; zero is no difference.

    Args:
        panels: measure -> name of the variant -> its difference for each seed; the same variants in each panel.
        matters: whether the differences of a variant, one a seed, are full and blue, not open and grey.
        alt: the picture's alt text.
    """
    names = list(next(iter(panels.values())))
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.3 * len(panels) + 1.9, 0.32 * len(names) + 0.8))
        places = row_panels(picture, len(panels), names)
        for place, (measure, groups) in zip(places, panels.items(), strict=True):
            for row, name in enumerate(names):
                draw_dots(place, groups[name], row, aside=not matters(groups[name]))
                place.plot([np.mean(groups[name])] * 2, [row - 0.32, row + 0.32], color=INK, linewidth=1.6)
            place.axvline(0, color=ORANGE, linewidth=1.2, linestyle="--")
            reach = 1.1 * max(max(map(abs, differences)) for differences in groups.values()) or 1
            place.set(title=measure, xlim=(-reach, reach))
            place.grid(axis="x")
            place.set_axisbelow(True)
            place.tick_params(length=0, labelsize=8.5)
            place.locator_params(axis="x", nbins=4)
        picture.supxlabel("difference from all losses, same seed", fontsize=9)
    return picture
