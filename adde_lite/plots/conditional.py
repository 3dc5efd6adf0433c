"""Similar in what? What weights on the conditions find, and which numbers each condition looks at."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.plots.codes import PALE_TO_BLUE
from adde_lite.plots.drawing import Drawing, box, picture, words
from adde_lite.plots.picture import BLUE, BROWN, GREY, INK, MIST, SHADE, STYLE, Picture

SIDE = 88  # of a garment
HEAD = SIDE + 26  # what is above the first row
ROW = 20
BASE = 14.5  # of a row's letters, from its top
LETTERS = 12
NAMES, BARS, OWN, GAP = 84, 66, 112, 8  # widths
SAME, OTHER, NOBODY = "=", "≠", "no weight"


def similar_results(
    garment: str,
    labels: Tensor,
    schema: AttributeSchema,
    weights: Mapping[str, float],
    *,
    found: Sequence[str],
    found_labels: Tensor,
) -> Drawing:
    """A garment, how much each attribute counts, and what was found: a row an attribute.

    A result has "=" where it has the garment's value, else its own value behind "≠". Rows that count are shaded.

    Args:
        garment: thumbnail of the garment, as `drawing.thumbnail` makes it.
        labels: int64 (A,), its labels.
        schema: the attributes.
        weights: attribute -> weight, 0 to 1; those left out count nothing.
        found: thumbnails of the results, nearest first; none when nothing counts.
        found_labels: int64 (k, A).
    """
    (own,) = schema.decode(labels[None])
    rows = schema.decode(found_labels)
    counted = [name for name in schema.names if weights.get(name, 0) > 0]
    first = NAMES + BARS + OWN
    width, height = first + max(len(found), 1) * (SIDE + GAP) + GAP, HEAD + ROW * schema.A + GAP
    parts = [box(0, _top(at), width, ROW, fill=SHADE) for at, name in enumerate(schema.names) if name in counted]
    parts += [
        words("your garment", NAMES + BARS, 12, room=OWN - GAP),
        picture(garment, NAMES + BARS, 18, SIDE, SIDE),
        words("weight", NAMES, HEAD - 6, room=BARS, size=LETTERS - 1.5, colour=GREY),
    ]
    for at, name in enumerate(schema.names):
        parts += _counts(at, name, weights.get(name, 0.0))
        parts.append(words(own[name] or "none", NAMES + BARS, _top(at) + BASE, room=OWN - GAP, size=LETTERS))
    for rank, (image, row) in enumerate(zip(found, rows, strict=True)):
        left = first + rank * (SIDE + GAP)
        parts += [words(f"{rank + 1}", left, 12, room=SIDE), picture(image, left, 18, SIDE, SIDE)]
        for at, name in enumerate(schema.names):
            same = row[name] == own[name]
            text = SAME if same else f"{OTHER} {row[name] or 'none'}"
            bold, colour = name in counted, BLUE if same else BROWN
            parts.append(words(text, left, _top(at) + BASE, room=SIDE, size=LETTERS, colour=colour, bold=bold))
    if not found:
        parts.append(words(NOBODY, first, 62, room=SIDE, colour=BROWN))
    return Drawing(_told(own, rows, counted, schema), width, height, "".join(parts))


def masks_beside_blocks(masks: np.ndarray, d: int, names: Sequence[str], alt: str) -> Picture:
    """Which numbers each condition looks at: learned masks over shared numbers, and blocks of one's own.

    Args:
        masks: float (A, d'), 0 and more; dimensions are sorted by the condition that weighs them most.
        d: dimensions of a block.
        names: of the conditions.
        alt: the picture's alt text.
    """
    owner = masks.argmax(0)
    order = np.lexsort((-masks.max(0), owner))
    blocks = np.kron(np.eye(len(names)), np.ones(d))
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (8.2, 0.26 * len(names) + 1.0))
        places = picture.subplots(1, 2, sharey=True)
        panels = {f"CSN: masks over {masks.shape[1]} shared numbers": masks[:, order], "ADDE-C: blocks": blocks}
        for place, (title, shown) in zip(places, panels.items(), strict=True):
            place.imshow(shown, cmap=PALE_TO_BLUE, vmin=0, vmax=shown.max(), aspect="auto", interpolation="nearest")
            place.set(title=title, xlabel="number of the embedding", xticks=[])
            place.tick_params(length=0)
            place.spines[:].set_visible(False)
            for at in range(len(names) - 1):
                place.axhline(at + 0.5, color=MIST, linewidth=0.8)
        places[0].set_yticks(range(len(names)), list(names))
    return picture


def _top(at: int) -> float:
    return HEAD + ROW * at


def _counts(at: int, name: str, weight: float) -> list[str]:
    """The name of an attribute and the bar of its weight."""
    letters = words(name, 4, _top(at) + BASE, room=NAMES - GAP, size=LETTERS, bold=weight > 0)
    return [letters, box(NAMES, _top(at) + 5, weight * (BARS - GAP), ROW - 10, fill=BLUE if weight > 0 else INK)]


def _told(
    own: Mapping[str, str | None],
    rows: Sequence[Mapping[str, str | None]],
    counted: Sequence[str],
    schema: AttributeSchema,
) -> str:
    if not counted:
        return f"A {own[schema.names[0]] or 'garment'}; no attribute has any weight, so nothing is found."
    shares = [f"{sum(row[name] == own[name] for row in rows)} of {len(rows)} have its {name}" for name in schema.names]
    return f"Similar in {', '.join(counted)}: {', '.join(shares)}."
