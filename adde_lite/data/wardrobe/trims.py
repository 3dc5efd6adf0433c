"""Trims in the second colour, along open edges and down the sides."""

import math

from adde_lite.data.wardrobe.cut import Piece
from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import Line, at, even, number, polyline

BAND, STRIPE = 5.8, 4.8


def inner_trim(kind: str, piece: Piece, inks: Inks) -> str:
    """Bands and side stripes: strokes wider than needed, which the piece's clip path cuts at the edge.

    A rim of cloth on either side keeps them apart from a pattern in the same colour.
    """
    if kind == "band":
        lines, width = piece.hems, 2 * BAND
    elif kind == "side stripes":
        lines, width = piece.sides, 2 * STRIPE
    else:
        return ""
    if not lines:
        return ""
    path = "".join(map(polyline, lines))
    strokes = ((inks.cloth, width + 3), (inks.deep, width + 1), (inks.second, width))
    layers = "".join(f'<path d="{path}" stroke="{ink}" stroke-width="{number(w)}"/>' for ink, w in strokes)
    return f'<g fill="none" stroke-linecap="square">{layers}</g>'


def outer_trim(kind: str, piece: Piece, inks: Inks) -> str:
    """Fringes and scallops, which hang over the edge."""
    draw = {"fringe": _fringe, "scallops": _scallops}.get(kind)
    return "".join(draw(line, inks) for line in piece.hems) if draw else ""


def _fringe(line: Line, inks: Inks) -> str:
    threads = []
    for (x, y), direction in even(line, 2.6):
        nx, ny = _down(direction)
        threads.append(f"M{at((x - nx, y - ny))}L{at((x + nx * 7.0, y + ny * 7.0))}")
    path = "".join(threads)
    return (
        f'<path d="{path}" stroke="{inks.deep}" stroke-width="2.1" stroke-linecap="round"/>'
        f'<path d="{path}" stroke="{inks.second}" stroke-width="1.4" stroke-linecap="round"/>'
        f'<path d="{polyline(line)}" fill="none" stroke="{inks.second}" stroke-width="2.6"/>'
    )


def _scallops(line: Line, inks: Inks) -> str:
    lobes = []
    for (x, y), direction in even(line, 6.2):
        dx, dy = math.cos(direction) * 3.2, math.sin(direction) * 2.9
        nx, ny = _down(direction)
        start, end = (x - dx - nx * 2.2, y - dy - ny * 2.2), (x + dx - nx * 2.2, y + dy - ny * 2.2)
        one, two = (start[0] + nx * 9.6, start[1] + ny * 9.6), (end[0] + nx * 9.6, end[1] + ny * 9.6)
        lobes.append(f"M{at(start)}C{at(one)} {at(two)} {at(end)}Z")
    return f'<path d="{"".join(lobes)}" fill="{inks.second}" stroke="{inks.deep}" stroke-width=".8"/>'


def _down(direction: float) -> tuple[float, float]:
    """The unit normal of a line that points down the picture."""
    nx, ny = -math.sin(direction), math.cos(direction)
    return (nx, ny) if ny >= 0 else (-nx, -ny)
