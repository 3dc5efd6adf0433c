"""What makes a category itself besides its outline: ribs, waistbands, soles, handles, vents."""

from adde_lite.data.wardrobe.cut import Cut
from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import Line, even, number, polyline


def behind(category: str, cut: Cut, inks: Inks) -> str:
    """What lies under the cloth: the neck's inside, a bag's handle, a shoe's opening."""
    if category == "bag":
        drop, w = cut.rim[1], cut.neck
        arch = f"M-{w:g} 3C-{w * 0.95:g} {number(-drop * 1.3)} {w * 0.95:g} {number(-drop * 1.3)} {w:g} 3"
        return (
            f'<path d="{arch}" fill="none" stroke="{inks.coal}" stroke-width="4.6"/>'
            f'<path d="{arch}" fill="none" stroke="{inks.leather}" stroke-width="3.6"/>'
        )
    if category in ("sneaker", "boot"):
        rim = cut.pieces[0].hems[0]
        return f'<path d="{polyline((*rim, (rim[-1][0] - 2, rim[-1][1] - 2.5), (rim[0][0] + 2, rim[0][1] - 2)))}Z" fill="{inks.inside}"/>'
    return ""


def ahead(category: str, cut: Cut, inks: Inks) -> str:
    """What lies on the cloth, under the details."""
    if category in ("sweater", "jacket", "hoodie"):
        return "".join(_rib(line, inks, 5.6) for piece in cut.pieces for line in piece.hems)
    if category in ("skirt", "trousers", "shorts"):
        half, y = cut.waist
        band = f'<path d="M-{number(half)} .2H{number(half)}V{number(y * 2)}H-{number(half)}Z" fill="{inks.contrast}" stroke="{inks.deep}" stroke-width=".7"/>'
        fly = (
            ""
            if category == "skirt"
            else f'<path d="M0 5V23M0 17C4 16 4.6 11 4.6 5.4" fill="none" stroke="{inks.deep}" stroke-width=".8"/>'
        )
        return band + fly
    if category == "coat":
        low = cut.front[1][1]
        return f'<path d="M0 20V{number(low)}" stroke="{inks.deep}" stroke-width="1.2"/>'
    if category == "sneaker":
        return (
            f'<path d="M-35.5 17C-37 8 -31 4.5 -23 4C-19 8 -18 13 -19 18Z" fill="{inks.cream}" stroke="{inks.deep}" stroke-width=".7"/>'
            f'<path d="M-38 16.5H32.5C34 20 33.4 25.5 31 26H-35C-39 25.5 -39.6 20 -38 16.5Z" fill="{inks.cream}" stroke="#8d8478" stroke-width=".8"/>'
            '<path d="M-38.2 22.6H33" stroke="#8d8478" stroke-width="1"/>'
        )
    if category == "boot":
        return f'<path d="M-32.5 17H23.5L24 25.5H9.5L8 21.5H-30C-32.6 21 -33 19 -32.5 17Z" fill="{inks.leather}" stroke="{inks.coal}" stroke-width=".8"/>'
    if category == "bag":
        lip = f'<path d="M-22.6 .6H22.6V4H-22.6Z" fill="{inks.contrast}" stroke="{inks.deep}" stroke-width=".7"/>'
        return lip
    return ""


def _rib(line: Line, inks: Inks, height: float) -> str:
    """A ribbed band along a hem, inside the cloth."""
    teeth = "".join(f"M{number(x)} {number(y + 2)}L{number(x)} {number(y - height)}" for (x, y), _ in even(line, 2.8))
    path = polyline(line)
    return (
        f'<path d="{path}" fill="none" stroke="{inks.deep}" stroke-width="{2 * height + 1.2:g}"/>'
        f'<path d="{path}" fill="none" stroke="{inks.contrast}" stroke-width="{2 * height:g}"/>'
        f'<path d="{teeth}" stroke="{inks.deep}" stroke-width=".8" stroke-opacity=".7"/>'
    )
