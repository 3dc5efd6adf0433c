"""What closes a garment at the neck: necklines, collars, a hood."""

from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import Line, Path, circle, mirrored

SEAM = 'stroke-width=".8" stroke-linejoin="round"'


def neckline(kind: str, inks: Inks) -> str:
    """The opening with the garment's inside in it and a broad contrasting edge."""
    if kind == "turtleneck":
        tube = mirrored(
            (0.0, -9.5),
            ((4.0, -9.5), (7.6, -9.8), (8.0, -8.5)),
            ((8.6, -4.0), (8.2, 0.0), (9.6, 3.2)),
            ((6.0, 5.4), (3.0, 6.0), (0.0, 6.0)),
        )
        ribs = "".join(f"M{x} -7.8L{x * 1.12:g} 4.4" for x in (-6, -3, 0, 3, 6))
        return (
            f'<path d="{tube.text()}" fill="{inks.contrast}" stroke="{inks.deep}" {SEAM}/>'
            f'<path d="{ribs}" stroke="{inks.deep}" stroke-width=".7" stroke-opacity=".6"/>'
            f'<path d="M-7.6 -5.4C-4 -3.8 4 -3.8 7.6 -5.4" fill="none" stroke="{inks.deep}" {SEAM}/>'
        )
    shapes: dict[str, tuple[tuple[float, float], tuple[Line, ...]]] = {
        "round": ((8.2, 0.2), (((8.6, 7.5), (5.4, 11.5), (0.0, 11.5)),)),
        "v-neck": ((7.6, 0.0), (((0.0, 23.0),),)),
        "square": ((8.8, 0.6), (((9.6, 12.5),), ((0.0, 12.5),))),
        "boat": ((12.2, 1.6), (((8.0, 4.4), (4.0, 4.8), (0.0, 4.8)),)),
    }
    (x, y), front = shapes[kind]
    opening = mirrored((0.0, 1.4), ((x * 0.5, 1.4), (x * 0.8, 1.0), (x, y)), *front)
    half = Path((x, y), front)
    edge = half.text(closed=False) + half.flipped().text(closed=False)
    return (
        f'<path d="{opening.text()}" fill="{inks.inside}"/>'
        f'<path d="M-2.4 1.6h4.8v2.4h-4.8z" fill="{inks.cream}" fill-opacity=".85"/>'
        f'<path d="{edge}" fill="none" stroke="{inks.deep}" stroke-width="4.2" stroke-linejoin="round"/>'
        f'<path d="{edge}" fill="none" stroke="{inks.contrast}" stroke-width="3.3" stroke-linejoin="round"/>'
    )


def collar(kind: str, inks: Inks) -> str:
    """A collar in the contrasting shade, over the open neck of a shirt, jacket or coat."""
    neck = mirrored((0.0, -1.0), ((7.0, 0.0),), ((5.0, 5.0), (2.0, 7.5), (0.0, 8.5)))
    opening = f'<path d="{neck.text()}" fill="{inks.inside}"/>'
    ink = f'fill="{inks.contrast}" stroke="{inks.deep}" {SEAM}'
    if kind == "stand":
        tube = mirrored(
            (0.0, -6.0),
            ((4.0, -6.0), (8.0, -6.4), (9.2, -7.0)),
            ((9.6, -3.0), (9.6, 0.0), (9.0, 3.4)),
            ((6.0, 5.0), (2.4, 6.4), (0.0, 8.0)),
        )
        inner = "M-8.4 -6.4C-4 -2.6 4 -2.6 8.4 -6.4C5 -5 -5 -5 -8.4 -6.4Z"
        return (
            f'<path d="{tube.text()}" {ink}/><path d="{inner}" fill="{inks.inside}"/>'
            f'<path d="M0 -3.6V8" stroke="{inks.deep}" stroke-width="1.1"/>'
        )
    if kind == "fur":
        ring = [(-12.5, 9.5), (-13.6, 4.0), (-11.6, -1.4), (-7.0, -4.6), (0.0, -5.4), (7.0, -4.6), (11.6, -1.4)]
        ring += [(13.6, 4.0), (12.5, 9.5), (8.2, 13.2), (-8.2, 13.2), (-3.4, 15.4), (3.4, 15.4)]
        ring += [(-8.0, 6.0), (8.0, 6.0), (-4.6, 10.4), (4.6, 10.4)]
        tufts = "".join(circle(x, y, 4.3) for x, y in ring)
        curls = "".join(f"M{x - 1.8:g} {y:g}q1.8 -2.6 3.6 0" for x, y in ring)
        return (
            f'<path d="{tufts}" fill="none" stroke="{inks.deep}" stroke-width="1.5"/>'
            f'<path d="{tufts}" fill="{inks.cream}"/>{opening}'
            f'<path d="{curls}" fill="none" stroke="#b9a88f" stroke-width=".9"/>'
        )
    if kind == "lapel":
        wing = (
            "M{s}7 -1.2C{s}5 4 {s}2 14 0 27L{s}7.4 18.4L{s}13.4 11.2L{s}9.6 9.8L{s}13.2 6.6C{s}12 3 {s}10 0 {s}7 -1.2Z"
        )
        gap = mirrored((0.0, -1.0), ((7.0, 0.0),), ((5.0, 4.0), (1.6, 15.0), (0.0, 27.0)))
        opening = f'<path d="{gap.text()}" fill="{inks.cream}"/><path d="M-5.4 1.2H5.4L0 5.6Z" fill="{inks.inside}"/>'
    elif kind == "pointed":
        wing = "M{s}7.2 -2.4C{s}4.6 1.4 {s}1.6 4.8 0 6.4L{s}11 18.6L{s}14 5C{s}11.4 1.4 {s}9.4 -1 {s}7.2 -2.4Z"
    else:
        ink = f'fill="{inks.cream}" stroke="{inks.coal}" {SEAM}'
        wing = (
            "M{s}7.2 -2.4C{s}4.6 1.4 {s}1.6 4.8 0 6.4C0 14.5 {s}7.4 16.4 {s}11.4 12.6"
            "C{s}16 8.4 {s}13.4 1.6 {s}7.2 -2.4Z"
        )
    wings = wing.format(s="") + wing.format(s="-")
    return f'{opening}<path d="{wings}" {ink}/>'


def hood(inks: Inks) -> str:
    """A hood and its cords."""
    shell = mirrored(
        (0.0, -16.0),
        ((7.0, -16.0), (13.5, -12.0), (14.2, -3.0)),
        ((14.6, 3.0), (12.0, 8.0), (9.0, 8.5)),
        ((6.0, 12.0), (3.0, 13.0), (0.0, 13.0)),
    )
    dark = mirrored((0.0, -10.5), ((5.0, -10.5), (9.0, -7.0), (9.0, -2.0)), ((8.6, 4.0), (4.0, 8.0), (0.0, 10.5)))
    cords = "M-4 9.5C-5 14 -4.6 18 -5.2 23M4 9.5C5 15 4.6 20 5.6 25.5"
    return (
        f'<path d="{shell.text()}" fill="{inks.contrast}" stroke="{inks.deep}" {SEAM}/>'
        f'<path d="{dark.text()}" fill="{inks.inside}" stroke="{inks.deep}" {SEAM}/>'
        f'<path d="{cords}" fill="none" stroke="{inks.deep}" '
        'stroke-width="2.3" stroke-linecap="round"/>'
        f'<path d="{cords}" fill="none" stroke="{inks.cream}" '
        'stroke-width="1.5" stroke-linecap="round"/>'
    )
