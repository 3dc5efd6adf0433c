"""The explorer: a garment with some attributes edited, what is found, and what the edits move in the memory.

Both drawings have a row an attribute, at the same heights: side by side they read as one table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.plots.codes import PALE_TO_BLUE
from adde_lite.plots.drawing import Drawing, box, picture, pixels, words
from adde_lite.plots.memory import block_means
from adde_lite.plots.picture import BLUE, BROWN, GREEN, GREY, INK, MIST, ORANGE, RUST, SHADE

SIDE = 88  # of a garment
HEAD = SIDE + 26  # what is above the first row
ROW = 20
BASE = 14.5  # of a row's letters, from its top
LETTERS = 12  # a page with a side bar shows both drawings at five sixths of their size
NAMES, OWN, GAP = 98, 132, 8
MATRIX, BARS = 240, 64  # widths; the matrix is rounded down to whole pixels a column
LINES = 4  # edits that are spelt out above the matrix
RIGHT, WRONG, KEPT, DRIFTED = "✓", "✗", "=", "≠"
LEGEND = (f"{RIGHT} changed", f"{WRONG} not as asked", f"{KEPT} kept", f"{DRIFTED} drifted")


@dataclass(frozen=True)
class Marks:
    """What a result has of what was asked for.

    Args:
        changed: edited attribute -> its value here and whether it is the one asked for.
        drifted: attribute that was to stay -> its other value here.
    """

    changed: Mapping[str, tuple[str, bool]]
    drifted: Mapping[str, str]

    @property
    def changed_right(self) -> bool:
        """Whether all edits were met."""
        return all(right for _, right in self.changed.values())

    @property
    def right(self) -> bool:
        """Whether all edits were met and nothing else drifted."""
        return self.changed_right and not self.drifted

    def __str__(self) -> str:
        if self.right:
            return "as asked for"
        wrong = [f"{name} is {value}" for name, (value, right) in self.changed.items() if not right]
        return "; ".join([*wrong, *(f"{name} drifted to {value}" for name, value in self.drifted.items())])


def marks(found: Tensor, target: Tensor, edited: Sequence[str], schema: AttributeSchema) -> list[Marks]:
    """Each result held against what was asked for.

    Args:
        found: int64 (k, A), labels of the results.
        target: int64 (A,), the labels asked for; a missing one is met by a missing one.
        edited: the attributes that were to change.
        schema: the attributes.
    """
    (wanted,) = schema.decode(target[None])
    return [
        Marks(
            {name: (shown[name] or "none", shown[name] == wanted[name]) for name in schema.names if name in edited},
            {
                name: shown[name] or "none"
                for name in schema.names
                if name not in edited and shown[name] != wanted[name]
            },
        )
        for shown in schema.decode(found)
    ]


def explored_results(
    garment: str,
    labels: Tensor,
    target: Tensor,
    schema: AttributeSchema,
    *,
    found: Sequence[str],
    marked: Sequence[Marks],
) -> Drawing:
    """The garment, what was asked for, and the results with a row of marks an attribute.

    A changed attribute is right (tick) or wrong (cross and its value); one that was to stay is a dot, or its value
    where it drifted. The frame of a result is blue where all is as asked for, dashed otherwise.

    Args:
        garment: thumbnail of the garment, as `drawing.thumbnail` makes it.
        labels, target: int64 (A,), its labels and those asked for.
        schema: the attributes.
        found: thumbnails of the results, best first.
        marked: what `marks` says of each.
    """
    (now,), (wanted,) = schema.decode(labels[None]), schema.decode(target[None])
    edited = [name for name in schema.names if marked and name in marked[0].changed]
    first = NAMES + OWN
    width, height = first + len(found) * (SIDE + GAP) + GAP, HEAD + ROW * schema.A + GAP
    parts = [box(0, _top(schema.index(name)), width, ROW, fill=SHADE) for name in edited]
    parts += [
        *(
            words(line, 4, 44 + 14 * at, room=NAMES - GAP, size=LETTERS - 1.5, colour=GREY)
            for at, line in enumerate(LEGEND)
        ),
        words("your garment", NAMES, 12, room=OWN - GAP),
        picture(garment, NAMES, 18, SIDE, SIDE),
        *(_own_row(schema.index(name), name, now[name], wanted[name], name in edited) for name in schema.names),
    ]
    for rank, (image, mark) in enumerate(zip(found, marked, strict=True)):
        left = first + rank * (SIDE + GAP)
        parts.append(words(f"{rank + 1}{'  as asked' if mark.right else ''}", left, 12, room=SIDE, bold=mark.right))
        parts.append(picture(image, left, 18, SIDE, SIDE))
        parts.append(box(left, 18, SIDE, SIDE, line=BLUE if mark.right else ORANGE, dashed=not mark.right))
        parts += [_mark(schema.index(name), left, *_said(mark, name)) for name in schema.names]
    return Drawing(_results_alt(now, wanted, edited, marked), width, height, "".join(parts))


def memory_cells(weight: Tensor, schema: AttributeSchema) -> str:
    """The memory as a data address for `explored_memory`: a row a subspace, a column a value.

    A cell is the mean absolute number of one value's column in one subspace.

    Args:
        weight: M, float (A*d, J).
        schema: the attributes.

    Raises:
        InputError: a memory that is not of this schema.
    """
    cells = block_means(weight, schema)
    colours = (255 * PALE_TO_BLUE(cells / (cells.max() or 1))[:, :, :3]).round().astype(np.uint8)
    return pixels(colours.repeat(ROW, 0).repeat(_column(schema), 1))


def explored_memory(
    matrix: str,
    schema: AttributeSchema,
    *,
    coming: Mapping[str, str],
    going: Mapping[str, str] | None = None,
    strength: float,
    moved: Sequence[float],
    top: float,
    weight: float = 1.0,
) -> Drawing:
    """The memory with the blocks that the edits take from, and how far each subspace of the garment moves.

    Args:
        matrix: the memory as `memory_cells` shows it.
        schema: the attributes.
        coming: edited attribute -> the value it is to have, whose column is marked +.
        going: edited attribute -> the value whose column is taken away, marked -; None where whole blocks are replaced.
        strength: how much of the way is gone, 0 to 1.
        moved: length of the change in each of the A subspaces.
        top: the length of a full bar.
        weight: how often the blocks of edited attributes count in the search.
    """
    column = _column(schema)
    wide = column * schema.J
    width, height = GAP + NAMES + wide + GAP + BARS + GAP, HEAD + ROW * schema.A + GAP
    left = GAP + NAMES
    bars = left + wide + GAP
    parts = [box(0, _top(schema.index(name)), width, ROW, fill=SHADE) for name in coming]
    parts += [
        words("memory: a row a subspace, a column a value", GAP, 12, room=bars - GAP),
        words("moved", bars, 12, room=BARS),
        picture(matrix, left, HEAD, wide, ROW * schema.A),
    ]
    for row, (name, start, size) in enumerate(zip(schema.names, schema.offsets, schema.sizes, strict=True)):
        edited = name in coming
        parts.append(words(name, GAP, _top(row) + BASE, room=NAMES - GAP, bold=edited))
        outline = RUST if edited else MIST
        parts.append(box(left + column * start, _top(row), column * size, ROW, line=outline))
        long = BARS * min(moved[row] / top, 1) if top else 0
        parts.append(box(bars, _top(row) + 3, long, ROW - 6, fill=BLUE if edited else ORANGE))
    # Two columns may be neighbours: their signs stand at different heights.
    for sign, colour, columns, tall in (("+", BLUE, coming, 6), ("−", RUST, going or {}, 14)):
        for name, value in columns.items():
            at = left + column * schema.column(name, value)
            parts.append(box(at, HEAD - tall, column, tall, fill=colour))
            middle, base = at + column / 2, HEAD - tall - 1
            parts.append(words(sign, middle, base, room=ROW, colour=colour, bold=True, anchor="middle"))
    share = f"{strength:.0%} of the way" + ("" if weight == 1 else f", counted {weight:g} times")
    parts += [words(share if coming else "nothing is moved", GAP, 28, room=width - 2 * GAP)]
    if top:
        reach = f"full bar: {top:.2f}"
        parts.append(words(reach, bars + BARS, 28, room=BARS + GAP + wide / 2, colour=GREY, anchor="end"))
    lines = _edit_lines(coming)
    parts += [words(line, GAP, 41 + 13 * at, room=width - 2 * GAP, bold=True) for at, line in enumerate(lines)]
    return Drawing(_memory_alt(schema, coming, going or {}, share, moved), width, height, "".join(parts))


def _edit_lines(coming: Mapping[str, str]) -> list[str]:
    """The edits, a line each; of too many the first few and how many more there are."""
    lines = [f"{name} → {value}" for name, value in coming.items()]
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more"]


def _column(schema: AttributeSchema) -> int:
    """Width of a value's column."""
    return max(1, MATRIX // schema.J)


def _top(row: int) -> float:
    return HEAD + ROW * row


def _own_row(row: int, name: str, now: str | None, wanted: str | None, edited: bool) -> str:
    """An attribute's name, and its value or what it is to become."""
    value = f"{now or 'none'} → {wanted or 'none'}" if now != wanted else now or "none"
    base = _top(row) + BASE
    return words(name, 4, base, room=NAMES - GAP, bold=edited) + words(
        value, NAMES, base, room=OWN - GAP, size=LETTERS, bold=edited, colour=BLUE if edited else INK if now else GREY
    )


def _said(mark: Marks, name: str) -> tuple[str, str]:
    """What is written for an attribute of a result, and its colour."""
    if name in mark.changed:
        value, right = mark.changed[name]
        return (f"{RIGHT} {value}", GREEN) if right else (f"{WRONG} {value}", RUST)
    return (f"{DRIFTED} {mark.drifted[name]}", BROWN) if name in mark.drifted else (KEPT, GREY)


def _mark(row: int, left: float, text: str, colour: str) -> str:
    bold = text[0] in (RIGHT, WRONG)
    return words(text, left, _top(row) + BASE, room=SIDE, size=LETTERS, colour=colour, bold=bold)


def _results_alt(
    now: Mapping[str, str | None], wanted: Mapping[str, str | None], edited: Sequence[str], marked: Sequence[Marks]
) -> str:
    own = ", ".join(f"{name} {value}" for name, value in now.items() if value)
    asked = ", ".join(f"{name} → {wanted[name]}" for name in edited) or "nothing changed"
    each = [f"Result {rank}: {mark}." for rank, mark in enumerate(marked, 1)]
    return " ".join([f"Your garment: {own}. Asked for: {asked}.", *each])


def _memory_alt(
    schema: AttributeSchema, coming: Mapping[str, str], going: Mapping[str, str], share: str, moved: Sequence[float]
) -> str:
    size = f"The memory: {schema.A} subspaces, {schema.J} values."
    if not coming:
        return f"{size} Nothing is moved."
    lengths = dict(zip(schema.names, moved, strict=True))
    each = [
        f"{name}: {f'minus {going[name]} ' if name in going else ''}plus {value}, moved by {lengths[name]:.2f}"
        for name, value in coming.items()
    ]
    others = [f"{name} by {length:.2f}" for name, length in lengths.items() if name not in coming and length >= 0.005]
    rest = f"Moved with them: {', '.join(others)}." if others else "All other subspaces stay."
    return f"{size} Blocks marked, {share}: {'; '.join(each)}. {rest}"
