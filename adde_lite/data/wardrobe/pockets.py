"""Pockets: patches of the contrasting shade, outlined, one or two, with or without a flap."""

from adde_lite.data.wardrobe.cut import Cut
from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import circle, number


def pocket(kind: str, cut: Cut, inks: Inks) -> str:
    """All pockets of a garment.

    Args:
        kind: a value of the attribute.
        cut: tells where they sit and how wide they are.
        inks: the contrasting shade shows on every cloth.
    """
    if kind == "none":
        return ""
    (one, two), width = cut.pockets, cut.pocket_size
    if kind == "single":
        return _patch(one[0], one[1], width * 1.3, inks)
    patches = [_patch(x, two[1], width, inks) for x in (two[0], -two[0])]
    flaps = [_flap(x, two[1], width, inks) for x in (two[0], -two[0])] if kind == "flap" else []
    return "".join(patches + flaps)


def _patch(x: float, y: float, width: float, inks: Inks) -> str:
    half, height = width / 2, width * 1.05
    outline = (
        f"M{number(x - half)} {number(y)}h{number(width)}v{number(height * 0.75)}L{number(x)} {number(y + height)}"
        f"L{number(x - half)} {number(y + height * 0.75)}Z"
    )
    return (
        f'<path d="{outline}" fill="{inks.contrast}" stroke="{inks.deep}" stroke-width="1.4" stroke-linejoin="round"/>'
        f'<path d="M{number(x - half + 1)} {number(y + 2.4)}h{number(width - 2)}" stroke="{inks.pale}" '
        'stroke-width="1.5"/>'
    )


def _flap(x: float, y: float, width: float, inks: Inks) -> str:
    half = width / 2 + 0.9
    outline = (
        f"M{number(x - half)} {number(y - 1.2)}h{number(2 * half)}v5L{number(x)} {number(y + 7.2)}"
        f"L{number(x - half)} {number(y + 3.8)}Z"
    )
    return (
        f'<path d="{outline}" fill="{inks.deep}" stroke="{inks.pale}" stroke-width="1.1" stroke-linejoin="round"/>'
        f'<path d="{circle(x, y + 3.2, 1.6)}" fill="{inks.metal}"/>'
    )
