"""A run and what it costs: losses over epochs, the parts of a step, rates of machines, weights that drift apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from adde_lite.errors import InputError
from adde_lite.plots.picture import BLUE, CYCLE, GREEN, INK, MAGENTA, MIST, ORANGE, PAPER, RUST, STYLE, Picture

if TYPE_CHECKING:
    import pandas as pd

NO_LOSSES = ("learning_rate", "cpu_seconds")
VALIDATION = "validation"
NOT_MEASURED = "not measured"
FAR_APART = 10  # times: from there on small bars could not be read on a linear axis
ROOM = 0.07  # share of the longest bar that a number within a part takes
DARK = (BLUE, GREEN, MAGENTA, RUST)  # colours on which white letters can be read

Line = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def history(
    runs: "pd.DataFrame | Mapping[str, pd.DataFrame]", alt: str = "", *, resumed: Sequence[float] = ()
) -> Picture:
    """Losses over the epochs, and the learning rate beneath.

    One run shows each of its terms; several show their sums. Losses of validation images are dashed.

    Args:
        runs: the table of a `History`; or name of the run -> its table, at most six.
        alt: the picture's alt text; without one, what the losses begin and end at.
        resumed: where a run went on after a stop, in epochs; marked by upright lines.

    Raises:
        InputError: no run, more runs or terms than there are colours, or a table without an epoch.
    """
    tables = dict(runs) if isinstance(runs, Mapping) else {"": runs}
    lines = _lines(tables)
    with mpl.rc_context(STYLE):
        picture = Picture(alt or _told(lines), (6.2, 3.5))
        losses, rates = picture.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        for colour, (name, (epochs, values, dashed)) in zip(CYCLE, lines.items(), strict=False):
            losses.plot(epochs, values, color=colour, label=name, marker="o", markersize=3)
            if dashed is not None:
                losses.plot(epochs, dashed, color=colour, linestyle="--", label=f"{name}, validation", linewidth=1.2)
        for colour, (name, table) in zip(CYCLE if len(tables) > 1 else (INK,), tables.items(), strict=False):
            rates.plot(table.index, table["learning_rate"], color=colour, label=name, linewidth=1.4)
        for place in (losses, rates):
            for epoch in resumed:
                place.axvline(epoch, color=ORANGE, linestyle=":", linewidth=1.6)
            place.set_ylim(0, None)
            place.grid(axis="y")
            place.set_axisbelow(True)
        if resumed:
            losses.plot([], [], color=ORANGE, linestyle=":", linewidth=1.6, label="went on here")
        losses.set_ylabel("loss")
        rates.set(xlabel="epoch", ylabel="learning\nrate")
        picture.align_ylabels()
        rates.xaxis.set_major_locator(MaxNLocator(integer=True))
        picture.legend(*losses.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=8.5)
    return picture


def step_profile(
    steps: Mapping[str, Mapping[str, float]], alt: str = "", *, unit: str = "ms", scale: float = 1000.0
) -> Picture:
    """The parts of a training step as stacked bars, a bar a way to compute it.

    Args:
        steps: name of the way -> part -> seconds; the same parts in each, at most six.
        alt: the picture's alt text; without one, how long each bar is and its largest part.
        unit: what the axis shows.
        scale: of `unit` in a second.

    Raises:
        InputError: no step, other parts than those of the first, or more parts than there are colours.
    """
    names, parts = _same_parts(steps)
    lengths = {name: sum(each.values()) * scale for name, each in steps.items()}
    longest = max(lengths.values())
    told = [
        f"{name} {lengths[name]:.3g} {unit}, most of it {max(each, key=each.__getitem__)}"
        for name, each in steps.items()
    ]
    with mpl.rc_context(STYLE):
        picture = Picture(alt or f"Stacked bars: {'; '.join(told)}.", (7.0, 0.5 * len(names) + 1.15))
        place = picture.subplots()
        ends = np.zeros(len(names))
        for part, colour in zip(parts, CYCLE, strict=False):
            widths = np.array([steps[name][part] * scale for name in names])
            place.barh(names, widths, left=ends, color=colour, height=0.66, label=part, edgecolor=PAPER, linewidth=0.8)
            for row, (start, width) in enumerate(zip(ends, widths, strict=True)):
                if width > ROOM * longest:
                    share = width / lengths[names[row]]
                    letters = PAPER if colour in DARK else INK
                    place.text(start + width / 2, row, f"{share:.0%}", ha="center", va="center", color=letters)
            ends += widths
        for row, end in enumerate(ends):
            place.text(end + 0.012 * longest, row, f"{end:.3g} {unit}", va="center")
        place.set(xlabel=f"{unit} a step", xlim=(0, 1.14 * longest))
        place.tick_params(axis="y", length=0)
        place.invert_yaxis()
        picture.legend(loc="outside upper center", ncols=min(len(parts), 6), frameon=False, fontsize=8.5)
    return picture


def rates(machines: Mapping[str, Mapping[str, float] | str], alt: str = "", *, unit: str = "images") -> Picture:
    """How fast each machine is at each thing, a group of bars a thing; what was not measured is said in its place.

    Args:
        machines: machine, with what its second is -> name of the rate -> rate; or "not measured". At most six. The
            first is the reader's own.
        alt: the picture's alt text; without one, every rate.
        unit: of the rates.

    Raises:
        InputError: no rate at all, or more machines than there are colours.
    """
    _few(machines, "machines")
    measured = {machine: each if isinstance(each, Mapping) else {} for machine, each in machines.items()}
    found = [rate for each in measured.values() for rate in each.values()]
    if not found:
        raise InputError("rates", "no rate", "one machine with a measured rate", "Measure this one first.")
    names = list(dict.fromkeys(name for each in measured.values() for name in each))
    far = max(found) > FAR_APART * min(found)
    start, end = (min(found) / 3, max(found) * 6) if far else (0.0, 1.25 * max(found))
    thick = 0.8 / len(machines)
    with mpl.rc_context(STYLE):
        height = len(names) * (0.16 + 0.2 * len(machines)) + 0.8 + 0.22 * len(machines)
        picture = Picture(alt or f"Bars of {unit} a second. {_listed(measured)}.", (7.0, height))
        place = picture.subplots()
        for turn, (each, colour) in enumerate(zip(measured.values(), CYCLE, strict=False)):
            rows = np.arange(len(names)) + (turn - (len(machines) - 1) / 2) * thick
            place.barh(rows, [each.get(name, 0) for name in names], height=0.92 * thick, color=colour)
            for row, name in zip(rows, names, strict=True):
                rate = each.get(name, start)
                what = _few_digits(rate) if name in each else NOT_MEASURED
                place.annotate(what, (rate, row), (4, 0), textcoords="offset points", va="center", fontsize=8)
        place.set(xscale="log" if far else "linear", xlim=(start, end), ylim=(len(names) - 0.5, -0.5))
        place.set_xlabel(f"{unit} a second, each mark ten times the one before" if far else f"{unit} a second")
        if far:
            place.xaxis.set_major_locator(LogLocator(numticks=12))
            place.xaxis.set_minor_locator(NullLocator())
        place.set_yticks(range(len(names)), names)
        place.tick_params(axis="y", length=0)
        handles = [
            Patch(color=colour if each else MIST, label=machine if each else f"{machine}: {NOT_MEASURED}")
            for (machine, each), colour in zip(measured.items(), CYCLE, strict=False)
        ]
        picture.legend(handles=handles, loc="outside upper left", frameon=False, fontsize=8.5)
    return picture


def weights_apart(runs: Mapping[str, Sequence[float]], alt: str, *, allowed: float | None = None) -> Picture:
    """The largest difference between the weights of two runs after each step, on a logarithmic axis.

    Args:
        runs: which two runs -> their difference after step 1, 2, ...; a difference of 0 has no place on the axis and
            leaves a gap. At most six.
        alt: the picture's alt text.
        allowed: a tolerance, drawn as a line across.

    Raises:
        InputError: no run, or more than there are colours.
    """
    _few(runs, "runs")
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (6.2, 2.8))
        place = picture.subplots()
        for (name, differences), colour in zip(runs.items(), CYCLE, strict=False):
            seen = np.where(np.asarray(differences, dtype=float) > 0, differences, np.nan)
            label = name if np.isfinite(seen).any() else f"{name}: equal to the last bit"
            place.plot(np.arange(1, len(seen) + 1), seen, color=colour, marker="o", markersize=3, label=label)
        if allowed is not None:
            place.axhline(allowed, color=INK, linestyle="--", linewidth=1.2, label=f"allowed: {allowed:.0e}")
        place.set(yscale="log", xlabel="step", ylabel="largest difference")
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
        place.grid(axis="y")
        place.set_axisbelow(True)
        picture.legend(loc="outside right upper", frameon=False, fontsize=8.5)
    return picture


def _lines(tables: "Mapping[str, pd.DataFrame]") -> dict[str, Line]:
    """Epochs, losses and those of validation images: of each term of one run, or of the sums of several."""
    _few(tables, "runs")
    lines: dict[str, Line] = {}
    for run, table in tables.items():
        if table.empty:
            raise InputError("history", f"no epoch of run {run!r}", "at least one", "Train before you draw.")
        terms = [name for name in table if name not in NO_LOSSES and not name.startswith(VALIDATION)]
        shown = {run: terms} if len(tables) > 1 else {term: [term] for term in terms}
        for name, summed in shown.items():
            held_out = [f"{VALIDATION} {term}" for term in summed]
            dashed = table[held_out].sum(axis=1).to_numpy() if set(held_out) <= set(table) else None
            lines[name] = (table.index.to_numpy(), table[summed].sum(axis=1).to_numpy(), dashed)
    _few(lines, "terms")
    return lines


def _told(lines: Mapping[str, Line]) -> str:
    said = [f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, (_, values, _) in lines.items()]
    most = max(len(epochs) for epochs, _, _ in lines.values())
    return f"Losses over {most} epoch(s): {', '.join(said)}. The learning rate is drawn beneath."


def _listed(machines: Mapping[str, Mapping[str, float]]) -> str:
    """Every rate of every machine, in words."""
    told = {
        machine: ", ".join(f"{name} {_few_digits(rate)}" for name, rate in each.items()) or NOT_MEASURED
        for machine, each in machines.items()
    }
    return "; ".join(f"{machine}: {each}" for machine, each in told.items())


def _few_digits(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _few(drawn: Mapping[str, object], what: str) -> None:
    if not 0 < len(drawn) <= len(CYCLE):
        remedy = "Draw some of them in a picture of their own."
        raise InputError("picture", f"{len(drawn)} {what}", f"1 to {len(CYCLE)}", remedy)


def _same_parts(steps: Mapping[str, Mapping[str, float]]) -> tuple[list[str], list[str]]:
    names = list(steps)
    parts = list(steps[names[0]]) if names else []
    _few(dict.fromkeys(parts), "parts")
    for name, each in steps.items():
        if list(each) != parts:
            given = f"{name!r} with the parts {', '.join(each)}"
            raise InputError("step_profile", given, ", ".join(parts), "Measure all of them alike.")
    return names, parts
