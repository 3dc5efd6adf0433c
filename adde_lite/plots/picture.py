"""What every picture shares: the look, and a matplotlib figure that carries its alt text.

Nothing here touches pyplot: figures have no global state, so they can be drawn from any thread, and showing one twice
shows the same one twice.
"""

import io
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

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


def draw_image(place: Axes, image: Tensor) -> None:
    """Show an image, uint8 (3, H, W), without axes; small ones keep their square pixels."""
    pixels = np.asarray(image.permute(1, 2, 0))
    place.imshow(pixels, interpolation="nearest" if min(pixels.shape[:2]) < 96 else "antialiased")
    place.set(xticks=[], yticks=[])
    for side in place.spines.values():
        side.set_visible(False)
