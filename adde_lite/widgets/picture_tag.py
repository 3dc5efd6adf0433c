"""A picture as HTML: it carries its alt text, which an image widget cannot."""

import base64
import html

from adde_lite.plots import Picture


def picture_tag(picture: Picture) -> str:
    """The picture inside an <img> with its alt text."""
    encoded = base64.b64encode(picture.webp()).decode()
    alt = html.escape(picture.alt, quote=True)
    return f'<img src="data:image/webp;base64,{encoded}" alt="{alt}" style="max-width: 100%">'
