"""Outfits as boards of garments, the rule book as a table, and what a model made of both."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle
from torch import Tensor

from adde_lite.data.outfits import EMPTY, OPTIONS, Outfits, RuleBook
from adde_lite.data.wardrobe.palette import brightness
from adde_lite.plots.picture import (
    BLUE,
    CYCLE,
    GREY,
    INK,
    MIST,
    ORANGE,
    PAPER,
    STYLE,
    Picture,
    draw_image,
    row_panels,
    whole_ticks,
)

DARK = 0.45  # colours below this brightness carry white letters
CAPTION = 8.5


def outfit_boards(outfits: Outfits, rows: Sequence[int], captions: Sequence[str] | None = None) -> Picture:
    """Outfits as boards, a row each, their garments side by side under the names of their categories.

    Args:
        outfits: which to draw from.
        rows: numbers of the outfits.
        captions: one an outfit, at its left; None numbers them.
    """
    labels = [f"outfit {row}" for row in rows] if captions is None else list(captions)
    names = outfits.stock.schema.options("category")
    lines = [line[line != EMPTY] for line in outfits.items[list(rows)]]
    worn = [[names[int(code)] for code in outfits.categories_of(line)] for line in lines]
    alt = " ".join(f"{label}: {', '.join(pieces)}." for label, pieces in zip(labels, worn, strict=True))
    columns = max(map(len, lines))
    with mpl.rc_context(STYLE):
        picture = Picture(f"Outfits, each a row of garments. {alt}", (1.15 * columns + 1, 1.38 * len(lines)))
        axes = picture.subplots(len(lines), columns, squeeze=False)
        for places, label, line, pieces in zip(axes, labels, lines, worn, strict=True):
            _board(places, outfits.stock.images[line], pieces)
            places[0].text(-0.12, 0.5, label, ha="right", va="center", transform=places[0].transAxes, fontsize=9)
    return picture


def question_board(outfits: Outfits, given: Tensor, options: Tensor, answer: int, scores: Tensor) -> Picture:
    """A fill-in-the-blank question: what is given above, the options with their scores below.

    Args:
        outfits: for images and categories.
        given: int64 (L,), rows of the stock, EMPTY (-1) where there is none.
        options: int64 (4,), rows of the stock.
        answer: which option is right.
        scores: (4,), higher is better. The right option has a blue frame; the best one, where it is wrong, a dashed
            one.
    """
    names = outfits.stock.schema.options("category")
    held, best = given[given != EMPTY], int(scores.argmax())
    shown = [[names[int(code)] for code in outfits.categories_of(rows)] for rows in (held, options)]
    verdict = "which is right" if best == answer else f"but option {answer + 1} is right"
    alt = f"Given: {', '.join(shown[0])}. Options: {', '.join(shown[1])}. Option {best + 1} scores best, {verdict}."
    columns = max(len(held), OPTIONS)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.15 * columns + 1, 3.0))
        above, below = picture.subplots(2, columns, squeeze=False)
        _board(above, outfits.stock.images[held], shown[0])
        captions = [f"{score:.2f}" + ", worn" * (place == answer) for place, score in enumerate(scores.tolist())]
        _board(below, outfits.stock.images[options], captions)
        for places, label in ((above, "given"), (below, "options")):
            places[0].text(-0.12, 0.5, label, ha="right", va="center", transform=places[0].transAxes, fontsize=9)
        for place in (best, answer):
            for side in below[place].spines.values():
                dashed = place == best != answer
                side.set(
                    visible=True, color=ORANGE if dashed else BLUE, linewidth=2.2, linestyle="--" if dashed else "-"
                )
    return picture


def rule_table(rules: RuleBook) -> Picture:
    """The rule book as a table of slots by slots: which attribute decides for each pair.

    Grey marks pairs that are never worn together, white those without a rule; a legend says so.
    """
    slots = [name for name, _ in rules.slots]
    by_pair = {frozenset(rule.slots): rule for rule in rules.rules}
    apart = {frozenset(pair) for pair in rules.apart}
    lines = "; ".join(str(rule) for rule in rules.rules)
    colours = [PAPER, MIST, *CYCLE[: len(rules.attributes)]]
    cells = np.zeros((len(slots), len(slots)), dtype=int)
    with mpl.rc_context(STYLE):
        picture = Picture(f"Which attribute decides for each pair of slots. {lines}.", (0.95 * len(slots) + 1, 4.7))
        place = picture.subplots()
        for row, one in enumerate(slots):
            for column, other in enumerate(slots):
                pair = frozenset((one, other))
                if one == other or pair in apart:
                    cells[row, column] = 1
                elif pair in by_pair:
                    relation = by_pair[pair].relation
                    cells[row, column] = 2 + rules.attributes.index(relation.attribute)
                    text = f"{relation.attribute}\n{relation.name}"
                    ink = PAPER if brightness(colours[cells[row, column]]) < DARK else INK
                    place.text(column, row, text, ha="center", va="center", fontsize=CAPTION, color=ink)
        place.imshow(cells, cmap=ListedColormap(colours), vmin=0, vmax=len(colours) - 1, aspect="auto", alpha=0.9)
        _grid(place, slots, slots)
        marks = [Patch(fc=MIST, label="never worn together"), Patch(fc=PAPER, ec=MIST, label="no rule")]
        picture.legend(handles=marks, loc="outside lower center", ncols=2, frameon=False, fontsize=CAPTION)
    return picture


def attention_table(
    weights: Mapping[str, Sequence[float]], attributes: Sequence[str], rule_of: Mapping[str, str]
) -> Picture:
    """Attention weights of pairs of categories, a row a pair, and the attribute that its rule looks at in a frame.

    Args:
        weights: name of the pair -> a weight in 0 .. 1 for each attribute.
        attributes: names of the columns.
        rule_of: name of the pair -> attribute of its rule; pairs without one are left out of it.
    """
    grid = np.array([list(row) for row in weights.values()])
    found = sum(attributes[int(np.argmax(row))] == rule_of[pair] for pair, row in weights.items() if pair in rule_of)
    alt = f"Attention of {len(weights)} pairs over {', '.join(attributes)}: the largest weight is that of the rule in "
    with mpl.rc_context(STYLE):
        size = (1.0 * len(attributes) + 2.4, 0.26 * len(weights) + 0.9)
        picture = Picture(f"{alt}{found} of the {len(rule_of)} pairs that have one.", size)
        place = picture.subplots()
        place.imshow(grid, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, pair in enumerate(weights):
            for column, attribute in enumerate(attributes):
                value = grid[row, column]
                ink = PAPER if value > 0.6 else INK
                place.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=CAPTION, color=ink)
                if rule_of.get(pair) == attribute:
                    place.add_patch(Rectangle((column - 0.46, row - 0.42), 0.92, 0.84, fill=False, lw=1.8, ec=ORANGE))
        _grid(place, list(attributes), list(weights))
    return picture


def rule_strips(
    panels: Mapping[str, Mapping[str, Sequence[float]]], missed: Mapping[str, Sequence[bool]], of: str, alt: str
) -> Picture:
    """How well each rule is kept, a panel a model, a line a rule, a dot a seed; a dashed line marks a coin toss.

    Args:
        panels: model -> rule -> share of pairs that it wins, for each seed; the same rules in each panel.
        missed: rule -> for each seed, whether the attention of `of` looks elsewhere; such dots are open and orange.
        of: the model whose attention this is.
        alt: the picture's alt text.
    """
    rules = list(next(iter(panels.values())))
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.75 * len(panels) + 2.4, 0.25 * len(rules) + 1.1))
        places = row_panels(picture, len(panels), rules)
        for place, (model, shares) in zip(places, panels.items(), strict=True):
            for row, rule in enumerate(rules):
                for share, away in zip(shares[rule], missed[rule], strict=True):
                    open_dot = away and model == of
                    face = PAPER if open_dot else BLUE
                    place.scatter(share, row, s=30, facecolor=face, edgecolor=ORANGE if open_dot else BLUE, lw=1.8)
            place.axvline(0.5, color=GREY, linewidth=1.2, linestyle="--")
            place.set(title=model, xlim=(0.4, 1.03), xticks=(0.5, 0.75, 1), xlabel="pairs won")
            place.grid(axis="both")
            place.set_axisbelow(True)
            place.tick_params(length=0, labelsize=CAPTION)
    return picture


def ranking_curves(lines: Mapping[str, Sequence[float]], x: Sequence[float], margin: float, across: str) -> Picture:
    """Ranking losses beside the margin, where a model stands that has learned nothing. The alt text has their ends.

    Args:
        lines: name -> its losses, one for each of `x`.
        x: the same for all lines.
        margin: m, a dashed line.
        across: what x is.
    """
    ends = "; ".join(f"{name} from {losses[0]:.2f} to {losses[-1]:.2f}" for name, losses in lines.items())
    with mpl.rc_context(STYLE):
        picture = Picture(f"Ranking loss over the {across}, beside the margin {margin:.2f}: {ends}.", (5.6, 2.6))
        place = picture.subplots()
        for name, losses in lines.items():
            place.plot(x, losses, label=name, linewidth=1.8)
        place.axhline(margin, color=GREY, linewidth=1.2, linestyle="--", label="margin")
        place.set(xlabel=across, ylabel="ranking loss", ylim=(0, None))
        whole_ticks(place, x)
        place.grid(visible=True)
        picture.legend(loc="outside right upper", frameon=False, fontsize=CAPTION)
    return picture


def _board(places: Sequence[Axes], images: Tensor, captions: Sequence[str]) -> None:
    for place in places:
        place.set_axis_off()
    for place, image, caption in zip(places, images, captions, strict=False):
        place.set_axis_on()
        draw_image(place, image)
        place.set_title(caption, fontsize=CAPTION, loc="center", pad=2.5, y=-0.2)


def _grid(place: Axes, columns: Sequence[str], rows: Sequence[str]) -> None:
    place.set_xticks(range(len(columns)), columns)
    place.set_yticks(range(len(rows)), rows)
    place.xaxis.tick_top()
    place.tick_params(length=0, labelsize=8.5)
    for side in place.spines.values():
        side.set_visible(False)
