"""A picture as HTML: it carries its alt text, which an image widget cannot."""

import base64
import html

from adde_lite.plots import Picture
from adde_lite.plots.drawing import Drawing

LARGEST = 1.5  # of a drawing, which is as sharp at any size, on a page with room for it


def picture_tag(picture: Picture | Drawing) -> str:
    """The picture inside an <img> with its alt text."""
    fits = "max-width: 100%"
    if isinstance(picture, Drawing):
        fits = f"width: 100%; max-width: {LARGEST * picture.width:g}px"
    kind, data = ("svg+xml", picture.svg().encode()) if isinstance(picture, Drawing) else ("webp", picture.webp())
    encoded = base64.b64encode(data).decode()
    alt = html.escape(picture.alt, quote=True)
    return f'<img src="data:image/{kind};base64,{encoded}" alt="{alt}" style="{fits}">'
