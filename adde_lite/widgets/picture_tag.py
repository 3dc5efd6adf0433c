"""A picture as HTML: it carries its alt text, which an image widget cannot."""

import base64
import html

from adde_lite.plots import Picture
from adde_lite.plots.drawing import Drawing


def picture_tag(picture: Picture | Drawing) -> str:
    """The picture inside an <img> with its alt text."""
    kind, data = ("svg+xml", picture.svg().encode()) if isinstance(picture, Drawing) else ("webp", picture.webp())
    encoded = base64.b64encode(data).decode()
    alt = html.escape(picture.alt, quote=True)
    return f'<img src="data:image/{kind};base64,{encoded}" alt="{alt}" style="max-width: 100%">'
