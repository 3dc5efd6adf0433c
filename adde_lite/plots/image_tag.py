"""A picture as a page shows it: an <img>, because pages drop the alt text of a bare image.

JupyterLab shows image/png without the alt text that stands in its metadata; text/html comes before it, there and
wherever else notebooks are shown.
"""

import base64
import html
import io
from typing import Any

import numpy as np
from PIL import Image

COLOURS = 256  # as many as a byte a pixel can say
REFINEMENTS = 4  # of their choice, by k-means: without them pink turns red
FAR_OFF = 2.0  # of 255, root mean square: from about here the soft light behind a garment breaks into bands
QUALITY = 85
EFFORT = {"method": 2, "quality": 50}  # of a WebP without loss; all there is takes 50 times as long for 4 % less


def image_tag(kind: str, data: bytes, alt: str, fits: str = "max-width: 100%") -> str:
    """An <img> that holds its picture.

    Args:
        kind: of the data, such as "webp" or "svg+xml".
        data: an image file.
        alt: what a reader who cannot see it needs to know.
        fits: CSS that says how large it is shown; by default at its own size where there is room.
    """
    encoded = base64.b64encode(data).decode()
    return f'<img src="data:image/{kind};base64,{encoded}" alt="{html.escape(alt, quote=True)}" style="{fits}">'


def webp(png: bytes) -> bytes:
    """A PNG file as WebP, quickly, a quarter of its size or less: for pictures that follow a hand."""
    return _with_loss(Image.open(io.BytesIO(png)).convert("RGB"))


def mime_bundle(png: bytes, alt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook keeps of a picture, and its metadata; all of it is smaller than the PNG file alone.

    Args:
        png: the picture.
        alt: what a reader who cannot see it needs to know.
    """
    full, reduced = _both(png)
    fallback = io.BytesIO()
    reduced.save(fallback, "PNG", optimize=True)
    data = {
        "text/html": image_tag("webp", _sharp(full, reduced), alt),
        "image/png": fallback.getvalue(),
        "text/plain": alt,
    }
    return data, {"image/png": {"alt": alt}}


def _both(png: bytes) -> tuple[Image.Image, Image.Image]:
    """The picture, and the same in few colours."""
    full = Image.open(io.BytesIO(png)).convert("RGB")
    method, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
    return full, full.quantize(COLOURS, method, kmeans=REFINEMENTS, dither=dither)


def _sharp(full: Image.Image, reduced: Image.Image) -> bytes:
    """A WebP that keeps every edge of a plot; what needs more colours, such as soft light, is compressed with loss."""
    off = np.asarray(full, dtype=np.float32) - np.asarray(reduced.convert("RGB"), dtype=np.float32)
    if (off**2).mean() > FAR_OFF**2:
        return _with_loss(full)
    buffer = io.BytesIO()
    reduced.save(buffer, "WEBP", lossless=True, **EFFORT)
    return buffer.getvalue()


def _with_loss(full: Image.Image) -> bytes:
    buffer = io.BytesIO()
    full.save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()
