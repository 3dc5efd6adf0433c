"""Every picture of the course: pure functions from data to a `Picture`, a matplotlib figure that carries its alt text.

Nothing here touches pyplot: figures have no global state, so they can be drawn from any thread, and showing one twice
shows the same one twice.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.data.images import AttributeImages

# Okabe and Ito's colours: they stay apart in every common form of colour blindness.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, INK, PAPER, MIST = "#CC79A7", "#56B4E9", "#2B2B33", "#FFFFFF", "#C9CBD3"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)

STYLE: Any = {
    "font.size": 9.5,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MIST,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=CYCLE),
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#ECEDF1",
    "figure.facecolor": PAPER,
}
DPI = 100


class Picture(Figure):
    """A figure with alt text.

    Args:
        alt: what a reader who cannot see the picture needs to know, in a sentence or two.
        size: width and height in inches.
    """

    def __init__(self, alt: str, size: tuple[float, float]) -> None:
        super().__init__(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(self)
        self.alt = alt

    def png(self) -> bytes:
        """The picture as a PNG file."""
        return self._saved("png")

    def webp(self) -> bytes:
        """The picture as a WebP file, a quarter of the PNG: for pages that hold many frames."""
        image = Image.open(io.BytesIO(self._saved("png"))).convert("RGB")
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=80)
        return buffer.getvalue()

    def _saved(self, kind: str) -> bytes:
        buffer = io.BytesIO()
        # No date and no version inside: the same picture is the same bytes.
        self.savefig(buffer, format=kind, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def contact_sheet(images: Sequence[Tensor], captions: Sequence[str], alt: str, *, columns: int = 8) -> Picture:
    """Images in a grid, each with its caption below.

    Args:
        images: uint8 (3, H, W) each.
        captions: one an image; "" for none.
        alt: the picture's alt text.
        columns: how many stand side by side.
    """
    rows = -(-len(images) // columns)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.15 * columns, 1.38 * rows))
        axes = picture.subplots(rows, columns, squeeze=False).ravel()
        for place in axes:
            place.set_axis_off()
        for place, image, caption in zip(axes, images, captions, strict=False):
            _draw(place, image)
            place.set_title(caption, fontsize=7.5, loc="center", pad=2.5, y=-0.18)
    return picture


def value_rows(rows: Mapping[str, Mapping[str, Tensor]], alt: str) -> Picture:
    """One row an attribute, one image a value, each under its name.

    Args:
        rows: attribute -> value -> image, uint8 (3, H, W).
        alt: the picture's alt text.
    """
    columns = max(len(values) for values in rows.values())
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (0.95 * columns + 1, 1.12 * len(rows)))
        axes = picture.subplots(len(rows), columns, squeeze=False)
        for places, (attribute, values) in zip(axes, rows.items(), strict=True):
            for place in places:
                place.set_axis_off()
            for place, (value, image) in zip(places, values.items(), strict=False):
                _draw(place, image)
                place.set_title(value, fontsize=7, loc="center", pad=2)
            places[0].text(-0.15, 0.5, attribute, ha="right", va="center", transform=places[0].transAxes, fontsize=9.5)
    return picture


def edit_answer(reference: Tensor, edit: Edit, found: AttributeImages, target: Tensor) -> Picture:
    """A garment, the edit, and what came back.

    Args:
        reference: the garment that is edited, uint8 (3, H, W).
        edit: what was asked for.
        found: the results, best first.
        target: int64 (A,), the label row asked for.
    """
    drifted = [_differences(labels, target, found.schema) for labels in found.labels]
    right = sum(not wrong for wrong in drifted)
    each = [
        f"result {rank} {'has ' + ', '.join(wrong) if wrong else 'is right'}" for rank, wrong in enumerate(drifted, 1)
    ]
    alt = f"{edit}: {right} of {len(drifted)} results are exactly as asked for. In order: {'; '.join(each)}."
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.3 * (len(drifted) + 1.6), 2.2))
        first, *places = picture.subplots(1, len(drifted) + 1, width_ratios=[1.4] + [1] * len(drifted))
        _draw(first, reference)
        first.set_title("your garment", loc="center", fontsize=9)
        first.set_xlabel(str(edit), fontsize=9.5, fontweight="bold")
        for rank, (place, image, wrong) in enumerate(zip(places, found.images, drifted, strict=True), 1):
            _draw(place, image)
            for side in place.spines.values():
                side.set(visible=True, color=ORANGE if wrong else BLUE, linewidth=2.2, linestyle="--" if wrong else "-")
            place.set_title(f"{rank}", loc="center", fontsize=9)
            place.set_xlabel("\n".join(f"✗ {entry}" for entry in wrong) or "✓ as asked", fontsize=7)
    return picture


def score_bars(rows: Mapping[str, Mapping[str, float]], columns: Sequence[str], alt: str, *, ours: str) -> Picture:
    """Rows of scores in [0, 1] as bars, one panel a column, our row in colour.

    Args:
        rows: row name -> column name -> score.
        columns: which columns, one panel each.
        alt: the picture's alt text.
        ours: the row to stress.
    """
    names = list(rows)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.7 * len(columns) + 1.4, 0.34 * len(names) + 0.9))
        panels = picture.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for panel, column in zip(panels, columns, strict=True):
            scores = [rows[name][column] for name in names]
            panel.barh(names, scores, color=[BLUE if name == ours else MIST for name in names], height=0.68)
            for place, score in enumerate(scores):
                panel.text(score + 0.02, place, f"{score:.2f}", va="center", fontsize=8.5)
            panel.set(title=column.replace("_", " "), xlim=(0, 1.16), xticks=(0, 0.5, 1))
            panel.tick_params(length=0)
        panels[0].invert_yaxis()
        panels[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    return picture


def _differences(labels: Tensor, target: Tensor, schema: AttributeSchema) -> list[str]:
    """What `labels` (A,) has where `target` (A,) asks for something else, such as ["sleeve: long"]."""
    (shown,), (asked,) = schema.decode(labels[None]), schema.decode(target[None])
    return [f"{name}: {shown[name] or 'none'}" for name in schema.names if shown[name] != asked[name]]


def _draw(place: Axes, image: Tensor) -> None:
    pixels = np.asarray(image.permute(1, 2, 0))
    place.imshow(pixels, interpolation="nearest" if min(pixels.shape[:2]) < 96 else "antialiased")
    place.set(xticks=[], yticks=[])
    for side in place.spines.values():
        side.set_visible(False)
