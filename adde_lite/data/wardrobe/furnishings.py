"""What makes a category itself besides its outline: ribs, waistbands, soles, handles, linings."""

import math

from adde_lite.data.wardrobe.cut import Cut, Piece
from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import Line, at, even, number, polyline

SOLE_EDGE = "#8d8478"
GATHERS = (-0.75, -0.45, -0.15, 0.15, 0.45, 0.75)  # shares of the waist
RIB = 6.6  # height of a ribbed hem


def behind(category: str, cut: Cut, inks: Inks) -> str:
    """What lies under the cloth."""
    if category == "bag":
        return _handle(cut.rim[1], cut.neck, inks)
    if category in ("sneaker", "boot"):
        return _lining(cut.pieces[0].hems[0], inks)
    return ""


def ahead(category: str, cut: Cut, inks: Inks) -> str:
    """What lies on the cloth, under the details."""
    draw = {
        "coat": _overlap,
        "dress": _waist_seam,
        "skirt": _waistband,
        "trousers": _fly,
        "shorts": _fly,
        "sneaker": _sole_and_cap,
        "boot": _sole_and_heel,
        "bag": _lip,
    }.get(category)
    return draw(cut, inks) if draw else ""


def ribs(category: str, piece: Piece, inks: Inks, colour: str) -> str:
    """Ribbed ends of sleeves and body, to be cut by the piece's clip path."""
    if category not in ("sweater", "hoodie", "jacket"):
        return ""
    return "".join(_rib(line, inks, colour) for line in piece.hems)


def _rib(line: Line, inks: Inks, colour: str) -> str:
    teeth = ""
    for (x, y), direction in even(line, 2.8):
        up = (x + math.sin(direction) * RIB, y - math.cos(direction) * RIB)
        teeth += f"M{at((x, y))}L{at(up if up[1] < y else (2 * x - up[0], 2 * y - up[1]))}"
    path = polyline(line)
    return (
        '<g fill="none" stroke-linecap="square">'
        f'<path d="{path}" stroke="{inks.deep}" stroke-width="{2 * RIB + 1.2:g}"/>'
        f'<path d="{path}" stroke="{colour}" stroke-width="{2 * RIB:g}"/></g>'
        f'<path d="{teeth}" stroke="{inks.deep}" stroke-width=".8" stroke-opacity=".7"/>'
    )


def _handle(drop: float, half: float, inks: Inks) -> str:
    lean, top = number(half * 0.95), number(-drop * 1.3)
    arch = f'<path d="M-{number(half)} 3C-{lean} {top} {lean} {top} {number(half)} 3" fill="none"'
    return f'{arch} stroke="{inks.coal}" stroke-width="4.6"/>{arch} stroke="{inks.leather}" stroke-width="3.6"/>'


def _lining(rim: Line, inks: Inks) -> str:
    """The far side of a shoe's opening."""
    (x0, y0), (x1, y1) = rim[0], rim[-1]
    outline = polyline((*rim, (x1 - 2, y1 - 2.5), (x0 + 2, y0 - 2)))
    return f'<path d="{outline}Z" fill="{inks.inside}"/>'


def _overlap(cut: Cut, inks: Inks) -> str:
    """The front edge of a coat, and the vent in its hem."""
    low = cut.front[1][1]
    vent = f"M0 {number(low - 17)}L6.5 {number(low)}H-6.5Z"
    return (
        f'<path d="M0 20V{number(low)}" stroke="{inks.deep}" stroke-width="1.2"/>'
        f'<path d="{vent}" fill="{inks.inside}" stroke="{inks.deep}" stroke-width=".7"/>'
    )


def _waist_seam(cut: Cut, inks: Inks) -> str:
    """Where bodice and skirt meet, with the gathers under it."""
    half, y = cut.waist
    gathers = "".join(f"M{number(half * s)} {number(y)}L{number(half * s * 1.2)} {number(y + 6)}" for s in GATHERS)
    return (
        f'<path d="M-{number(half)} {number(y)}H{number(half)}" stroke="{inks.deep}" stroke-width="1.3"/>'
        f'<path d="{gathers}" stroke="{inks.deep}" stroke-width=".7"/>'
    )


def _waistband(cut: Cut, inks: Inks) -> str:
    half, middle = cut.waist
    band = f"M-{number(half)} .2H{number(half)}V{number(2 * middle)}H-{number(half)}Z"
    return f'<path d="{band}" fill="{inks.contrast}" stroke="{inks.deep}" stroke-width=".7"/>'


def _fly(cut: Cut, inks: Inks) -> str:
    seam = f'<path d="M0 5V23M0 17C4 16 4.6 11 4.6 5.4" fill="none" stroke="{inks.deep}" stroke-width=".8"/>'
    return _waistband(cut, inks) + seam


def _sole_and_cap(cut: Cut, inks: Inks) -> str:
    cap = "M-35.5 17C-37 8 -31 4.5 -23 4C-19 8 -18 13 -19 18Z"
    sole = "M-38 16.5H32.5C34 20 33.4 25.5 31 26H-35C-39 25.5 -39.6 20 -38 16.5Z"
    return (
        f'<path d="{cap}" fill="{inks.cream}" stroke="{inks.deep}" stroke-width=".7"/>'
        f'<path d="{sole}" fill="{inks.cream}" stroke="{SOLE_EDGE}" stroke-width=".8"/>'
        f'<path d="M-38.2 22.6H33" stroke="{SOLE_EDGE}" stroke-width="1"/>'
    )


def _sole_and_heel(cut: Cut, inks: Inks) -> str:
    sole = "M-32.5 17H23.5L24 25.5H9.5L8 21.5H-30C-32.6 21 -33 19 -32.5 17Z"
    return f'<path d="{sole}" fill="{inks.leather}" stroke="{inks.coal}" stroke-width=".8"/>'


def _lip(cut: Cut, inks: Inks) -> str:
    band = "M-22.6 .6H22.6V4H-22.6Z"
    return f'<path d="{band}" fill="{inks.contrast}" stroke="{inks.deep}" stroke-width=".7"/>'
