"""Codes beside the factors they should stand for, and what the metrics say of them."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from adde_lite.errors import InputError
from adde_lite.plots.picture import BLUE, CYCLE, INK, MIST, PAPER, STYLE, Picture

Numbers = Mapping[str, Mapping[str, float]]
"""Row name -> column name -> number."""

MARKERS = "osD^vP"
PALE_TO_BLUE = LinearSegmentedColormap.from_list("pale_to_blue", [PAPER, BLUE])
DARK = 0.8  # share of full colour up to which dark letters have the better contrast


def code_scatter(panels: Mapping[str, np.ndarray], factors: np.ndarray, names: Sequence[str], alt: str) -> Picture:
    """Two codes against each other, one panel a representation: colour is the first factor, shape the second.

    Args:
        panels: title -> codes (N, 2).
        factors: int (N, 2), at most six values each, from 0.
        names: of the two factors, for the legend.
        alt: the picture's alt text.

    Raises:
        InputError: a factor with more values than there are colours and shapes.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.0 * len(panels), 2.35))
        places = picture.subplots(1, len(panels), squeeze=False)[0]
        for place, (title, codes) in zip(places, panels.items(), strict=True):
            _scatter(place, codes, factors)
            place.set(title=title, xlabel="code 0", xticks=[], yticks=[])
        places[0].set_ylabel("code 1")
        picture.supxlabel(f"hue: {names[0]}, shape: {names[1]}", fontsize=8.5)
    return picture


def codes_by_value(codes: np.ndarray, factors: np.ndarray, names: Sequence[str], alt: str) -> Picture:
    """Every code against every factor: one panel a pair, a dot a row.

    Args:
        codes: (N, D).
        factors: int (N, F).
        names: of the factors.
        alt: the picture's alt text.
    """
    count, factor_count = codes.shape[1], factors.shape[1]
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.6 * factor_count + 0.6, 1.35 * count + 0.4))
        places = picture.subplots(count, factor_count, sharex="col", sharey="row", squeeze=False)
        for (j, k), place in np.ndenumerate(places):
            place.scatter(factors[:, k], codes[:, j], s=16, color=CYCLE[k % len(CYCLE)], alpha=0.8, linewidths=0)
            place.set_xticks(np.unique(factors[:, k]))
        for j, place in enumerate(places[:, 0]):
            place.set_ylabel(f"code {j}")
        for name, place in zip(names, places[-1], strict=True):
            place.set_xlabel(name)
    return picture


def number_map(rows: Numbers, alt: str, *, title: str = "", top: float = 1.0) -> Picture:
    """A heat map with the number in each cell.

    Args:
        rows: row name -> column name -> number from 0 to `top`; every row has the columns of the first. If all are
            int, they are written without decimals.
        alt: the picture's alt text.
        title: above the map.
        top: the number that gets the full colour.
    """
    columns = list(next(iter(rows.values())))
    longest = max(len(name) for name in columns)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (0.52 * len(columns) + 1.5, 0.34 * len(rows) + 0.45 + 0.06 * longest))
        place = picture.subplots()
        _cells(place, rows, top)
        place.set_title(title)
    return picture


def code_portrait(
    codes: np.ndarray,
    factors: np.ndarray,
    names: Sequence[str],
    told: np.ndarray,
    scores: Mapping[str, float],
) -> Picture:
    """Two codes, what each tells of two factors, and the scores: scatter, heat map, bars. The alt text has the scores.

    The limits are the same for all codes of one spread, so that portraits of codes that turn can be compared.

    Args:
        codes: (N, 2), centred.
        factors: int (N, 2), at most six values each, from 0.
        names: of the two factors.
        told: (2, 2), share of factor k that code j tells, 0 to 1.
        scores: metric -> score from 0 to 1.

    Raises:
        InputError: as `code_scatter`.
    """
    spelled = ", ".join(f"{name} {score:.2f}" for name, score in scores.items())
    reach = 1.1 * float(np.linalg.norm(codes, axis=1).max())
    rows = {f"code {j}": dict(zip(names, row.tolist(), strict=True)) for j, row in enumerate(told)}
    with mpl.rc_context(STYLE):
        picture = Picture(f"Two codes, what they tell of {' and '.join(names)}, and the scores: {spelled}.", (6.8, 2.2))
        cloud, heat, bars = picture.subplots(1, 3, width_ratios=(1.0, 0.8, 1.0))
        _scatter(cloud, codes, factors)
        cloud.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], xlabel="code 0", ylabel="code 1")
        cloud.set_aspect("equal")
        _cells(heat, rows, 1.0)
        heat.set_title("share told")
        bars.barh(list(scores), list(scores.values()), color=BLUE, height=0.66)
        for at, score in enumerate(scores.values()):
            bars.text(score + 0.02, at, f"{score:.2f}", va="center", fontsize=8.5)
        bars.set(xlim=(0, 1.18), xticks=(0, 0.5, 1))
        bars.invert_yaxis()
        bars.tick_params(length=0)
    return picture


def baseline_ranges(
    scores: Mapping[str, float], baseline: Mapping[str, Sequence[float]], alt: str, *, what: str = "score"
) -> Picture:
    """Scores as dots, and the range of the same scores where there is nothing to find as a bar.

    Args:
        scores: metric -> score.
        baseline: metric -> its scores by chance, one or more.
        alt: the picture's alt text.
        what: the label of the axis.
    """
    names = list(scores)
    low, high = ([pick(baseline[name]) for name in names] for pick in (min, max))
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (6.2, 0.27 * len(names) + 0.9))
        place = picture.subplots()
        place.hlines(names, low, high, color=MIST, linewidth=8, label="by chance")
        place.scatter([np.mean(baseline[name]) for name in names], names, marker="|", color=INK, zorder=3)
        place.scatter(list(scores.values()), names, color=BLUE, s=34, zorder=4, label="measured")
        place.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.5, -0.5), xlabel=what)
        place.tick_params(length=0)
        place.grid(axis="y")
        place.set_axisbelow(True)
        picture.legend(loc="outside upper right", ncols=2, frameon=False)
    return picture


def score_curves(
    panels: Mapping[str, Mapping[str, np.ndarray]], at: Sequence[float], xlabel: str, alt: str, *, log: bool = True
) -> Picture:
    """Scores over a size or a knob, one panel a question: the mean over seeds as a line, their range as a band.

    Args:
        panels: title -> name of the line -> scores (seeds, sizes).
        at: the sizes.
        xlabel: what the size is.
        alt: the picture's alt text.
        log: a logarithmic scale, for sizes above 0.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (3.5 * len(panels), 2.7))
        places = picture.subplots(1, len(panels), squeeze=False)[0]
        for place, (title, lines) in zip(places, panels.items(), strict=True):
            for name, runs in lines.items():
                (line,) = place.plot(at, runs.mean(0), marker="o", markersize=3, label=name)
                place.fill_between(at, runs.min(0), runs.max(0), color=line.get_color(), alpha=0.2, linewidth=0)
            place.set(title=title, xscale="log" if log else "linear", xlabel=xlabel, ylim=(0, 1.02))
            place.grid(axis="y")
        places[0].legend(frameon=False, fontsize=8.5)
    return picture


def _scatter(place: Axes, codes: np.ndarray, factors: np.ndarray) -> None:
    """Dots coloured by the first factor and shaped by the second."""
    if factors.max() >= len(MARKERS):
        found = f"a factor with the value {factors.max()}"
        raise InputError("factors", found, f"values 0 to {len(MARKERS) - 1}", "More shapes cannot be told apart.")
    colours = np.array(CYCLE)[factors[:, 0]]
    for value in np.unique(factors[:, 1]):
        rows = factors[:, 1] == value
        place.scatter(codes[rows, 0], codes[rows, 1], c=colours[rows], marker=MARKERS[value], s=18, linewidths=0)


def _cells(place: Axes, rows: Numbers, top: float) -> None:
    """A heat map of `rows`, each cell with its number, row and column names beside it."""
    columns = list(next(iter(rows.values())))
    numbers = np.array([[row[column] for column in columns] for row in rows.values()])
    place.imshow(numbers, cmap=PALE_TO_BLUE, vmin=0, vmax=top, aspect="auto")
    decimals = 0 if np.issubdtype(numbers.dtype, np.integer) else 2
    for (row, column), number in np.ndenumerate(numbers):
        colour = PAPER if number > DARK * top else INK
        place.text(column, row, f"{number:.{decimals}f}", ha="center", va="center", fontsize=8.5, color=colour)
    place.set_xticks(range(len(columns)), columns)
    if len(columns) > 3:
        for label in place.get_xticklabels():
            label.set(rotation=40, horizontalalignment="right", rotation_mode="anchor")
    place.set_yticks(range(len(rows)), list(rows))
    place.tick_params(length=0)
    place.spines[:].set_visible(False)
