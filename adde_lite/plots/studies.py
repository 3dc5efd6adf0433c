"""What a study of many runs says: scores by group, shares and correlations with their intervals, maps, lines."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import MaxNLocator

from adde_lite.plots.picture import BLUE, CYCLE, INK, MIST, ORANGE, STYLE, Picture, draw_dots


def score_strips(groups: Mapping[str, Sequence[float]], what: str, alt: str, *, baseline: str = "") -> Picture:
    """The scores of every run as dots, a line a group, its median as a bar across.

    Args:
        groups: name of the group -> its scores, one a run.
        what: what the scores are, the label of the axis.
        alt: the picture's alt text.
        baseline: a group that is drawn as open grey dots, for comparison.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (6.6, 0.36 * len(groups) + 0.7))
        place = picture.subplots()
        for row, (name, scores) in enumerate(groups.items()):
            draw_dots(place, scores, row, aside=name == baseline)
            place.plot([np.median(scores)] * 2, [row - 0.32, row + 0.32], color=INK, linewidth=2)
        place.set_yticks(range(len(groups)), list(groups))
        place.set(xlabel=what, xlim=(0, None))
        place.grid(axis="x")
        place.set_axisbelow(True)
        place.tick_params(length=0)
        place.invert_yaxis()
    return picture


def correlation_intervals(numbers: Mapping[str, tuple[float, float, float]], what: str, alt: str) -> Picture:
    """Correlations with their intervals; those that keep off zero are in colour.

    Args:
        numbers: name -> estimate, low end, high end, each from -1 to 1.
        what: the label of the axis.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (6.6, 0.34 * len(numbers) + 0.75))
        place = picture.subplots()
        for row, (estimate, low, high) in enumerate(numbers.values()):
            colour = BLUE if low * high > 0 else INK
            place.plot([low, high], [row, row], color=colour, linewidth=2.2)
            place.scatter([estimate], [row], s=42, color=colour, zorder=3)
        place.axvline(0, color=ORANGE, linewidth=1.2, linestyle="--")
        place.set_yticks(range(len(numbers)), list(numbers))
        place.set(xlabel=what, xlim=(-1, 1), ylim=(len(numbers) - 0.5, -0.5))
        place.grid(axis="x")
        place.set_axisbelow(True)
        place.tick_params(length=0)
    return picture


def counted(truth: Sequence[float], answers: Sequence[float], what: Sequence[str], alt: str) -> Picture:
    """Counts against the truth, a dot a run; the diagonal is right, the band around it is off by one at most.

    Args:
        truth: the right number of each run.
        answers: what each run says.
        what: label of the horizontal and of the vertical axis.
        alt: the picture's alt text.
    """
    ends = np.array([min(truth) - 0.8, max(truth) + 0.8])
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (3.6, 3.0))
        place = picture.subplots()
        place.fill_between(ends, ends - 1, ends + 1, color=MIST, alpha=0.35, linewidth=0)
        place.plot(ends, ends, color=INK, linewidth=1, linestyle="--")
        apart = 0.12 * (np.arange(len(answers)) % 3 - 1)  # runs with the same answer stay visible side by side
        place.scatter(np.asarray(truth) + apart, answers, s=38, color=BLUE, alpha=0.85, linewidths=0, zorder=3)
        place.set(xlabel=what[0], ylabel=what[1], xticks=sorted(set(truth)), xlim=ends)
        place.yaxis.set_major_locator(MaxNLocator(integer=True))
    return picture


def maps(panels: Mapping[str, np.ndarray], values: np.ndarray, names: Sequence[str], alt: str) -> Picture:
    """The same rows in several maps of two dimensions, coloured by a factor.

    Args:
        panels: title -> places (N, 2).
        values: the factor's value of each row, int (N,), at most as many as there are colours.
        names: name of each value.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.9 * len(panels), 3.0))
        axes = picture.subplots(1, len(panels), squeeze=False)[0]
        for place, (title, points) in zip(axes, panels.items(), strict=True):
            for value, name in enumerate(names):
                rows = values == value
                place.scatter(*points[rows].T, s=5, color=CYCLE[value], label=name, linewidths=0, alpha=0.7)
            place.set(title=title, xticks=[], yticks=[])
        handles, labels = axes[0].get_legend_handles_labels()
        picture.legend(handles, labels, loc="outside lower center", ncols=len(names), frameon=False, markerscale=3)
    return picture
