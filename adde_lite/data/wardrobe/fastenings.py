"""What fastens a garment, a shoe or a bag along its front line, and what ties it at the waist."""

import math

from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import Point, circle, number


def fastening(kind: str, front: tuple[Point, Point], inks: Inks, reach: float) -> str:
    """A fastening along the line `front`.

    Args:
        kind: a value of the attribute.
        front: the line's ends.
        inks: hardware has its own colours, so that it shows on every cloth and pattern.
        reach: half the length of straps across the line.
    """
    (x0, y0), (x1, y1) = front
    length = math.hypot(x1 - x0, y1 - y0)
    turn = math.degrees(math.atan2(-(x1 - x0), y1 - y0))
    draw = {"buttons": _buttons, "zip": _zip, "laces": _laces, "straps": _straps}[kind]
    return f'<g transform="translate({number(x0)} {number(y0)}) rotate({number(turn)})">{draw(length, inks, reach)}</g>'


def _steps(length: float, spacing: float) -> list[float]:
    count = max(2, round(length / spacing))
    return [(k + 0.5) * length / count for k in range(count)]


def _strip(length: float, half: float, fill: str, edge: str) -> str:
    box = f"M{number(-half)} 0H{number(half)}V{number(length)}H{number(-half)}Z"
    return f'<path d="{box}" fill="{fill}" stroke="{edge}" stroke-width=".7"/>'


def _buttons(length: float, inks: Inks, reach: float) -> str:
    spots = _steps(length, 9.5)
    discs = "".join(circle(0, y, 2.5) for y in spots)
    holes = "".join(circle(-0.8, y, 0.5) + circle(0.8, y, 0.5) for y in spots)
    return (
        _strip(length, 3.5, inks.cloth, inks.deep)
        + f'<path d="{discs}" fill="{inks.cream}" stroke="{inks.coal}" stroke-width="1"/>'
        + f'<path d="{holes}" fill="{inks.coal}"/>'
    )


def _zip(length: float, inks: Inks, reach: float) -> str:
    return (
        _strip(length, 2.4, inks.coal, inks.pale)
        + f'<path d="M0 .5V{number(length - 0.5)}" stroke="{inks.metal}" stroke-width="2" stroke-dasharray="1.5 1.1"/>'
        + f'<path d="M-1.8 2h3.6l.9 7.5h-5.4z" fill="{inks.metal}" stroke="{inks.coal}" stroke-width=".8"/>'
    )


def _laces(length: float, inks: Inks, reach: float) -> str:
    half, spots = 4.0, _steps(length, 7.0)
    pitch = length / len(spots) / 2
    crosses = "".join(
        f"M{number(-half)} {number(y - pitch)}L{number(half)} {number(y + pitch)}"
        f"M{number(half)} {number(y - pitch)}L{number(-half)} {number(y + pitch)}"
        for y in spots
    )
    return (
        _strip(length, 3.2, inks.inside, inks.deep)
        + f'<path d="{crosses}" fill="none" stroke="{inks.coal}" stroke-width="2.5" stroke-linecap="round"/>'
        + f'<path d="{crosses}" fill="none" stroke="{inks.cream}" stroke-width="1.6" stroke-linecap="round"/>'
    )


def _straps(length: float, inks: Inks, reach: float) -> str:
    spots = _steps(length, 12.5)
    bands = "".join(f"M{number(-reach)} {number(y - 2)}h{number(2 * reach)}v4h-{number(2 * reach)}z" for y in spots)
    buckles = "".join(f"M-2.6 {number(y - 2.5)}h5.2v5h-5.2z" for y in spots)
    return (
        f'<path d="M0 0V{number(length)}" stroke="{inks.deep}" stroke-width="1"/>'
        f'<path d="{bands}" fill="{inks.leather}" stroke="{inks.cream}" stroke-width=".7"/>'
        f'<path d="{buckles}" fill="none" stroke="{inks.metal}" stroke-width="1.5"/>'
    )


def waist(kind: str, half: float, y: float, inks: Inks) -> str:
    """A belt with a buckle or a tied sash around the waist; a plain waist has a seam alone."""
    w, h = number(half + 0.6), number(2 * (half + 0.6))
    if kind == "plain":
        return ""
    if kind == "belt":
        return (
            f'<path d="M-{w} {number(y - 2.4)}h{h}v4.8h-{h}z" fill="{inks.leather}" stroke="{inks.cream}" '
            'stroke-width=".6"/>'
            f'<path d="M-3.4 {number(y - 3)}h6.8v6h-6.8z" fill="{inks.leather}" stroke="{inks.metal}" '
            'stroke-width="1.8"/>'
        )
    loops = (
        f"M0 {number(y)}C-4 {number(y - 7)} -11 {number(y - 6)} -10.5 {number(y)}C-11 {number(y + 5)} -4 "
        f"{number(y + 5)} 0 {number(y)}C4 {number(y + 5)} 11 {number(y + 5)} 10.5 {number(y)}"
        f"C11 {number(y - 6)} 4 {number(y - 7)} 0 {number(y)}Z"
    )
    tails = (
        f"M0 {number(y)}L-6 {number(y + 11)}L-2 {number(y + 10.5)}L0 {number(y + 3)}L2.6 {number(y + 12)}"
        f"L6.8 {number(y + 10)}Z"
    )
    return (
        f'<path d="M-{w} {number(y - 1.8)}h{h}v3.6h-{h}z" fill="{inks.cream}" stroke="{inks.coal}" stroke-width=".7"/>'
        f'<path d="{tails}{loops}" fill="{inks.cream}" stroke="{inks.coal}" stroke-width=".8" '
        'stroke-linejoin="round"/>'
        f'<path d="{circle(0, y, 2)}" fill="{inks.cream}" stroke="{inks.coal}" stroke-width=".8"/>'
    )
