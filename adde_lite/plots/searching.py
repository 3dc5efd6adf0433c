"""What a search reads and finds: scores by block, answers by cell, shares over seeds, garments found or missed."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter
from torch import Tensor

from adde_lite.plots.drawing import Drawing, box, picture, words
from adde_lite.plots.picture import BLUE, BROWN, CYCLE, GREY, INK, MIST, ORANGE, PAPER, STYLE, Picture, whole_ticks

SeedLine = tuple[Sequence[float], Sequence[Sequence[float]]]  # x, and for each seed its y

SIDE, GAP, HEAD, LINE = 84, 10, 24, 22  # of a drawing: a garment, the space between, title, a line of letters
NAMES = 150
FEW_DECADES = 200  # ends of a logarithmic axis so far apart leave room for three numbers a decade


def stacked_scores(panels: Mapping[str, Tensor], garments: Sequence[str], blocks: Sequence[str], alt: str) -> Picture:
    """Scores of a few garments as bars, the parts of each the products of its blocks; the best is ticked.

    Args:
        panels: what is asked -> products from 0 up, (blocks, garments); one panel each.
        garments, blocks: their names, at most six blocks.
        alt: the picture's alt text.
    """
    longest = max(float(products.sum(0).max()) for products in panels.values())
    with mpl.rc_context(STYLE):
        drawn = Picture(alt, (2.7 * len(panels) + 1.2, 0.34 * len(garments) + 1.2))
        places = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for place, (title, products) in zip(places, panels.items(), strict=True):
            ends = np.zeros(len(garments))
            for name, widths, colour in zip(blocks, products.numpy(), CYCLE, strict=False):
                place.barh(garments, widths, left=ends, color=colour, label=name, edgecolor=PAPER, height=0.66)
                ends = ends + widths
            for row, end in enumerate(ends):
                mark = " ✓" if end == ends.max() else ""
                place.text(end, row, f" {end:g}{mark}", va="center", fontsize=8.5)
            place.set(title=title, xlim=(0, 1.2 * longest))
            place.tick_params(length=0)
        places[0].invert_yaxis()
        handles, labels = places[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=len(blocks), frameon=False)
    return drawn


def answers_by_cell(shares: Mapping[str, Sequence[float]], visited: int, alt: str) -> Picture:
    """In which cells the exact answers lie, the cell visited first on the left; the cells visited are in colour.

    Args:
        shares: what is asked -> share of the answers in the first cell, the second, ...; one panel each.
        visited: how many cells are visited.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        drawn = Picture(alt, (2.7 * len(shares) + 0.5, 2.4))
        places = drawn.subplots(1, len(shares), sharey=True, squeeze=False)[0]
        for place, (title, heights) in zip(places, shares.items(), strict=True):
            colours = [BLUE if cell < visited else MIST for cell in range(len(heights))]
            place.bar(range(1, len(heights) + 1), heights, color=colours, width=0.9)
            place.set(title=f"{title}: {sum(heights[:visited]):.0%}", xlabel="cell, in the order of visits")
            place.grid(axis="y")
            place.set_axisbelow(True)
        places[0].set_ylabel("share of the answers")
        places[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return drawn


def seed_lines(
    panels: Mapping[str, Mapping[str, SeedLine]],
    across: str,
    up: str,
    alt: str,
    *,
    guides: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    log: bool = False,
) -> Picture:
    """Shares as lines in panels side by side: the mean of several seeds, and a band from the least to the most.

    Args:
        panels: title -> name of the line -> its x and the y of each seed; at most six lines.
        across, up: what runs along the axes; `up` is a share, 0 to 1.
        alt: the picture's alt text.
        guides: name -> x and y of a grey line in every panel, such as the oracle (dashed) and chance (dotted).
        log: a logarithmic x axis.
    """
    with mpl.rc_context(STYLE):
        drawn = Picture(alt, (2.9 * len(panels) + 2.4, 3.0))
        places = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for place, (title, lines) in zip(places, panels.items(), strict=True):
            for (name, (x, of_seeds)), colour in zip(lines.items(), CYCLE, strict=False):
                seeds = np.array(of_seeds)
                place.fill_between(x, seeds.min(0), seeds.max(0), color=colour, alpha=0.25, linewidth=0)
                place.plot(x, seeds.mean(0), color=colour, label=name, linewidth=1.6, marker="o", markersize=3)
            for (name, (x, y)), dashes in zip((guides or {}).items(), ("--", ":"), strict=False):
                place.plot(x, y, color=GREY, label=name, linewidth=1.2, linestyle=dashes)
            place.set(title=title, xlabel=across, ylim=(-0.02, 1.04))
            if log:
                place.set_xscale("log")
                low, high = place.get_xlim()
                place.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < FEW_DECADES * low else (1,)))
                place.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
                place.xaxis.set_minor_formatter(NullFormatter())
            else:
                whole_ticks(place, (at for x, _ in lines.values() for at in x))
            place.grid(visible=True)
        places[0].set_ylabel(up)
        places[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        handles, labels = places[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8.5)
    return drawn


def visited_results(
    garment: str, rows: Mapping[str, tuple[Sequence[str], Sequence[bool]]], read: Mapping[str, float], title: str
) -> Drawing:
    """The exact answers to several questions about a garment: found in the cells visited, or missed.

    An answer that was found has a blue frame and ✓, one that was missed a dashed orange frame and ✗.

    Args:
        garment: its thumbnail, as `drawing.thumbnail` makes it.
        rows: what is asked -> thumbnails of the exact answers, best first, and which of them were found.
        read: what is asked -> share of the gallery that was read.
        title: what was visited, for the drawing and its alt text.
    """
    most = max(len(images) for images, _ in rows.values())
    width, row = NAMES + SIDE + 2 * GAP + most * (SIDE + GAP), SIDE + LINE + GAP
    parts = [
        words(title, GAP, 16, room=width, bold=True),
        words("your garment", NAMES, HEAD + LINE - 8, room=SIDE, colour=GREY),
        picture(garment, NAMES, HEAD + LINE, SIDE, SIDE),
    ]
    said = []
    for at, (asked, (images, found)) in enumerate(rows.items()):
        top, told = HEAD + at * row, f"{sum(found)} of {len(found)} found"
        parts.append(words(asked, GAP, top + LINE + 30, room=NAMES - 2 * GAP, bold=True))
        parts.append(words(told, GAP, top + LINE + 48, room=NAMES - 2 * GAP))
        parts.append(words(f"{read[asked]:.0%} read", GAP, top + LINE + 64, room=NAMES - 2 * GAP, colour=GREY))
        for place, (image, there) in enumerate(zip(images, found, strict=True)):
            left = NAMES + SIDE + 2 * GAP + place * (SIDE + GAP)
            mark, colour = ("✓", BLUE) if there else ("✗ missed", BROWN)
            parts.append(words(f"{place + 1} {mark}", left, top + LINE - 8, room=SIDE, colour=colour, bold=True))
            parts.append(picture(image, left, top + LINE, SIDE, SIDE))
            parts.append(box(left, top + LINE, SIDE, SIDE, line=BLUE if there else ORANGE, dashed=not there))
        said.append(f"{asked}, {told}, {read[asked]:.0%} of the gallery read")
    parts.append(box(NAMES, HEAD + LINE, SIDE, SIDE, line=INK))
    return Drawing(f"{title}. {'; '.join(said)}.", width, HEAD + len(rows) * row, "".join(parts))
