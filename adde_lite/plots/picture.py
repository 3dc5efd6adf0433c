"""What every picture shares: the look, and a matplotlib figure that carries its alt text.

Nothing here touches pyplot: figures have no global state, so they can be drawn from any thread, and showing one twice
shows the same one twice.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from adde_lite.plots.image_tag import image_tag, mime_bundle, webp

# Told apart in every common form of colour blindness, and seen on white: tests/plots/test_palette.py measures both.
BLUE, ORANGE, GREEN, RUST = "#0072B2", "#B88D00", "#095948", "#992400"
MAGENTA, SKY, INK, PAPER, MIST = "#D9006C", "#3098F2", "#2B2B33", "#FFFFFF", "#C9CBD3"
BROWN, GREY = "#9A5B00", "#6B6E7A"  # of letters
SHADE = "#EAF3FA"  # behind rows that count
CYCLE = (BLUE, ORANGE, GREEN, MAGENTA, SKY, RUST)

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
        buffer = io.BytesIO()
        # No date and no version inside: the same picture is the same bytes.
        self.savefig(buffer, format="png", metadata={"Software": None})
        self.set_layout_engine("none")  # once laid out it stays: a second time would start from the first and move on
        return buffer.getvalue()

    def tag(self) -> str:
        """The picture as HTML, with its alt text."""
        return image_tag("webp", webp(self.png()), self.alt)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.png(), self.alt)


def draw_image(place: Axes, image: Tensor) -> None:
    """Show an image, uint8 (3, H, W), without axes; small ones keep their square pixels."""
    pixels = np.asarray(image.permute(1, 2, 0))
    place.imshow(pixels, interpolation="nearest" if min(pixels.shape[:2]) < 96 else "antialiased")
    place.set(xticks=[], yticks=[])
    for side in place.spines.values():
        side.set_visible(False)


def row_panels(picture: Picture, count: int, rows: Sequence[str]) -> list[Axes]:
    """Panels side by side with the same named rows, the first on top; their names stand left of the first panel."""
    places: list[Axes] = list(picture.subplots(1, count, sharey=True, squeeze=False)[0])
    places[0].set_yticks(range(len(rows)), rows)
    places[0].invert_yaxis()
    return places


def whole_ticks(place: Axes, across: Iterable[float]) -> None:
    """Mark only whole numbers on the x axis if all that lie on it are whole, such as epochs."""
    if all(float(at).is_integer() for at in across):
        place.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_dots(place: Axes, numbers: Sequence[float], row: int, *, aside: bool) -> None:
    """Numbers as dots on line `row` of a picture: blue and full or, for what stands aside, grey and open."""
    inside, edge = (PAPER, GREY) if aside else (BLUE, BLUE)
    rows = [row] * len(numbers)
    place.scatter(numbers, rows, s=28, facecolors=inside, edgecolors=edge, linewidths=1.4, alpha=0.85, zorder=3)
