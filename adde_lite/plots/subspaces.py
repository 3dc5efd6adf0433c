"""What subspaces see: nearest garments in one of them, and what each of them tells of every attribute."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from adde_lite.data.images import AttributeImages
from adde_lite.plots.codes import DARK, PALE_TO_BLUE
from adde_lite.plots.picture import BLUE, INK, MIST, ORANGE, PAPER, STYLE, Picture, draw_image

CELL = 0.25  # inches of a cell of a leakage map: two digits fit


def neighbour_rows(garment: AttributeImages, found: Mapping[str, AttributeImages]) -> Picture:
    """A garment and, for each attribute, its nearest garments in that subspace.

    Args:
        garment: one image, which has all the attributes asked for.
        found: attribute -> its nearest garments, nearest first, as many for each.

    A blue frame has the garment's value, a dashed orange one another; the alt text says which.
    """
    ((labels),) = garment.schema.decode(garment.labels)
    rows = {name: [shown[name] or "none" for shown in near.schema.decode(near.labels)] for name, near in found.items()}
    same = {name: sum(value == labels[name] for value in values) for name, values in rows.items()}
    each = [
        f"in the {name} subspace, {same[name]} of {len(values)} are {labels[name]} too ({', '.join(values)})"
        for name, values in rows.items()
    ]
    columns = len(next(iter(rows.values())))
    with mpl.rc_context(STYLE):
        picture = Picture(f"Nearest garments: {'; '.join(each)}.", (0.92 * (columns + 1.5), 1.45 * len(rows)))
        grid = picture.subplots(len(rows), columns + 1, squeeze=False)
        for places, (name, values) in zip(grid, rows.items(), strict=True):
            draw_image(places[0], garment.images[0])
            places[0].set_title(name, loc="center", fontsize=9, fontweight="bold")
            places[0].set_xlabel(str(labels[name]), fontsize=8)
            for place, image, value in zip(places[1:], found[name].images, values, strict=True):
                draw_image(place, image)
                right = value == labels[name]
                for side in place.spines.values():
                    side.set(
                        visible=True, color=BLUE if right else ORANGE, linewidth=2, linestyle="-" if right else "--"
                    )
                place.set_xlabel(f"{'✓' if right else '✗'} {value}", fontsize=7)
    return picture


def leakage_maps(
    panels: Mapping[str, np.ndarray],
    names: Sequence[str],
    alt: str,
    *,
    numbers: bool = True,
    sides: tuple[str, str] = ("subspace", "attribute asked for"),
) -> Picture:
    """What each subspace tells of each attribute, one map a panel, full colour for all; the diagonal is framed.

    Args:
        panels: title -> shares from 0 to 1, (A, A): subspaces down, attributes across; NaN cells are grey.
        names: of the attributes.
        alt: the picture's alt text.
        numbers: per cents in the cells; without them a file has a quarter of the bytes.
        sides: what stands down and across.
    """
    side = CELL * len(names)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, ((side + 0.15) * len(panels) + 1.1, side + 1.45))
        places = picture.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for place, (title, shares) in zip(places, panels.items(), strict=True):
            _shares(place, shares, numbers)
            place.set(title=title, xlabel=sides[1])
            place.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
        places[0].set_yticks(range(len(names)), names, fontsize=8)
        places[0].set_ylabel(sides[0])
    return picture


def reading_strips(shares: np.ndarray, floor: np.ndarray, whole: np.ndarray, names: Sequence[str], alt: str) -> Picture:
    """Who tells an attribute: a line an attribute, its own subspace as a large dot, all others as small ones.

    Args:
        shares: (A, A), share that is right, subspaces down, attributes across; NaN is left out.
        floor: (A, A), what the label of the other attribute alone tells; its range is a grey bar. NaN is left out.
        whole: (A,), what all subspaces together tell, a tick.
        names: of the attributes.
        alt: the picture's alt text.
    """
    others = ~np.eye(len(names), dtype=bool)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (6.6, 0.3 * len(names) + 1.0))
        place = picture.subplots()
        legend: dict[str, Artist] = {}
        for at in range(len(names)):
            rivals = others[:, at]
            told = floor[rivals, at][~np.isnan(floor[rivals, at])]
            if len(told):
                ends, level = [told.min(), told.max()], [at, at]
                legend["labels alone"] = place.plot(ends, level, color=MIST, linewidth=9, solid_capstyle="butt")[0]
            x, y = shares[rivals, at], [at] * rivals.sum()
            legend["other subspaces"] = place.scatter(x, y, s=16, color=ORANGE, linewidths=0, zorder=3)
            legend["its own"] = place.scatter(shares[at, at], at, s=60, color=BLUE, linewidths=0, zorder=4)
            legend["all together"] = place.scatter(whole[at], at, s=120, marker="|", color=INK, zorder=5)
        place.set_yticks(range(len(names)), list(names))
        place.set(xlim=(-0.02, 1.03), ylim=(len(names) - 0.5, -0.5), xlabel="share read right")
        place.tick_params(length=0)
        place.grid(axis="x")
        place.set_axisbelow(True)
        picture.legend(legend.values(), legend.keys(), loc="outside upper right", ncols=4, frameon=False, fontsize=8.5)
    return picture


def _shares(place: Axes, shares: np.ndarray, numbers: bool) -> None:
    """A heat map of shares with a frame around each cell of the diagonal, and per cents in the cells."""
    place.imshow(shares, cmap=PALE_TO_BLUE.with_extremes(bad=MIST), vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if numbers and not np.isnan(share):
            colour = PAPER if share > DARK else INK
            place.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=6.5, color=colour)
    for at in range(min(shares.shape)):
        place.add_patch(Rectangle((at - 0.5, at - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=1.2))
    place.tick_params(length=0)
    place.spines[:].set_visible(False)
