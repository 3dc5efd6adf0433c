"""Pictures as SVG text, for what must follow a key press: a text is ready in a millisecond, a figure in a hundred."""

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageFont
from torch import Tensor

from adde_lite.plots.image_tag import image_tag, mime_bundle
from adde_lite.plots.picture import INK, PAPER

WEBP_QUALITY, WEBP_METHOD = 85, 2  # the method of less work: a third of the time for as few bytes
FONTS = Path(mpl.get_data_path(), "fonts", "ttf")
REGULAR, BOLD = str(FONTS / "DejaVuSans.ttf"), str(FONTS / "DejaVuSans-Bold.ttf")
LARGEST = 1.5  # of its own size, on a page with room: it is as sharp at any size
MEASURED_AT = 64  # letters are measured at this size, so that widths are not rounded to whole pixels


@dataclass(frozen=True)
class Drawing:
    """A drawing with alt text.

    Args:
        alt: what a reader who cannot see it needs to know.
        width, height: in pixels.
        body: its SVG elements.
    """

    alt: str
    width: float
    height: float
    body: str

    def svg(self) -> str:
        """The drawing as an SVG file, on paper white: pages may be dark."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{self.height:g}"'
            f' viewBox="0 0 {self.width:g} {self.height:g}" font-family="DejaVu Sans, Verdana, sans-serif">'
            f'<rect width="100%" height="100%" fill="{PAPER}"/>{self.body}</svg>'
        )

    def png(self) -> bytes:
        """The drawing as a PNG file, with the letters of matplotlib's own font: the same on every machine."""
        import resvg_py  # whoever shows the drawing in a browser does not need it

        return bytes(resvg_py.svg_to_bytes(svg_string=self.svg(), skip_system_fonts=True, font_files=[REGULAR, BOLD]))

    def tag(self) -> str:
        """The drawing as HTML, with its alt text; it grows and shrinks with the page."""
        fits = f"width: 100%; max-width: {LARGEST * self.width:g}px"
        return image_tag("svg+xml", self.svg().encode(), self.alt, fits)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return mime_bundle(self.png(), self.alt)  # pixels, for letters that are the same on every machine


def beside(*drawings: Drawing) -> Drawing:
    """Drawings side by side, top to top."""
    x, parts = 0.0, []
    for drawing in drawings:
        parts.append(f'<g transform="translate({x:g} 0)">{drawing.body}</g>')
        x += drawing.width
    alt = " ".join(drawing.alt for drawing in drawings)
    return Drawing(alt, x, max(drawing.height for drawing in drawings), "".join(parts))


def thumbnail(image: Tensor) -> str:
    """An image, uint8 (3, H, W), as a data address for `picture`."""
    return _address(np.asarray(image.permute(1, 2, 0)), "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)


def pixels(colours: np.ndarray) -> str:
    """Colours, uint8 (H, W, 3), as a data address for `picture`, to the last digit."""
    return _address(colours, "PNG")


def picture(address: str, x: float, y: float, width: float, height: float) -> str:
    """An image at a place, by its data address."""
    return f'<image href="{address}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>'


@lru_cache(maxsize=4096)  # from one key press to the next, most lines stay
def words(
    text: str,
    x: float,
    y: float,
    *,
    room: float,
    size: float = 11,
    colour: str = INK,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """A line of text from a base line; letters draw closer together where it would be longer than `room` pixels."""
    wide = _width(text, bold) * size > room
    squeezed = f' textLength="{room:g}" lengthAdjust="spacingAndGlyphs"' if wide else ""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{weight}{squeezed}>'
        f"{escape(text)}</text>"
    )


def box(
    x: float, y: float, width: float, height: float, *, fill: str = "none", line: str = "none", dashed: bool = False
) -> str:
    """A rectangle, filled or outlined, in colours as SVG names them."""
    dashes = ' stroke-dasharray="5 3"' if dashed else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"'
        f' stroke="{line}" stroke-width="2"{dashes}/>'
    )


@lru_cache(maxsize=4096)
def _width(text: str, bold: bool) -> float:
    """How wide a line is over the size of its letters."""
    return _font(bold).getlength(text) / MEASURED_AT


@lru_cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BOLD if bold else REGULAR, MEASURED_AT)


def _address(colours: np.ndarray, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
