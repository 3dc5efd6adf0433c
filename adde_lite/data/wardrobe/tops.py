"""Cuts of everything worn above the waist: t-shirt, shirt, sweater, hoodie, jacket, coat, dress."""

import math
from dataclasses import dataclass

from adde_lite.data.wardrobe.cut import Cut, Piece
from adde_lite.data.wardrobe.paths import Line, Path, Point, curve, flip, mirrored

SHOULDER_Y, ARMPIT_Y, NECK = 4.5, 19.5, 7.0


@dataclass(frozen=True)
class Body:
    """Half widths and heights of a torso, from the neck point (y = 0) down."""

    shoulder: float
    chest: float
    waist: float
    waist_y: float
    hem: float
    hem_y: float
    side_rise: float = 0.0  # how far the hem climbs at the sides: shirt tails
    puff: float = 0.0  # how far cloth blouses over a ribbed hem


HEMS = {
    "t-shirt": (38.0, 52.0, 70.0),
    "shirt": (40.0, 54.0, 72.0),
    "sweater": (37.0, 51.0, 68.0),
    "hoodie": (37.0, 51.0, 68.0),
    "jacket": (37.0, 50.0, 66.0),
    "coat": (60.0, 74.0, 90.0),
    "dress": (53.0, 70.0, 88.0),
}
WAIST_Y = {"coat": 33.0, "dress": 31.0}
LENGTHS, FITS = ("short", "medium", "long"), ("slim", "regular", "loose")


def body(category: str, length: str, fit: str, sleeveless: bool) -> Body:
    """Measures of a torso."""
    size = FITS.index(fit)
    hem_y = HEMS[category][LENGTHS.index(length)]
    chest = (14.0, 18.5, 25.0)[size]
    shoulder = (13.5, 16.0, 20.5)[size] - (2.0 if sleeveless else 0.0)
    if category == "dress":
        chest = (13.5, 15.0, 18.0)[size]
        shoulder = (13.0, 14.0, 16.0)[size] - (1.5 if sleeveless else 0.0)
        flare = (0.02, 0.32, 0.66)[size] * (hem_y - WAIST_Y[category]) + (3.0, 4.0, 6.0)[size]
        return Body(
            shoulder, chest, (10.0, 11.5, 14.0)[size], WAIST_Y[category], (10.5, 11.5, 14.0)[size] + flare, hem_y
        )
    if category == "coat":
        return Body(shoulder + 1, chest + 0.5, chest - 1.0, WAIST_Y[category], chest + (4.0, 6.5, 9.0)[size], hem_y)
    if category in ("sweater", "hoodie"):
        return Body(shoulder + 1.5, chest, chest + 0.5, hem_y - 13, chest - 3.2, hem_y, puff=2.6)
    if category == "jacket":
        return Body(shoulder + 1, chest + 0.5, chest + 1.0, hem_y - 13, chest - 3.5, hem_y, puff=3.0)
    if category == "shirt":
        return Body(shoulder, chest, chest - (2.0, 0.5, 0.0)[size], 34.0, chest + 0.5, hem_y, side_rise=9.5)
    return Body(shoulder, chest, chest - (1.5, 0.0, 0.0)[size], 30.0, chest + (0.0, 0.5, 1.5)[size], hem_y)


def torso(category: str, length: str, fit: str, sleeve: str) -> Cut:
    """The cut of an upper garment.

    Args:
        category, length, fit, sleeve: value names of the Wardrobe's schema.
    """
    b = body(category, length, fit, sleeve == "sleeveless")
    armhole: Line = (
        ((b.shoulder - 2.0, 10.0), (b.chest - 4.0, 17.5), (b.chest, ARMPIT_Y))
        if sleeve == "sleeveless"
        else ((b.shoulder + 0.5, 9.0), (b.chest - 0.5, 15.0), (b.chest, ARMPIT_Y))
    )
    side_end = (b.hem, b.hem_y - b.side_rise)
    shape: list[Line] = [
        ((NECK * 0.6, 1.8), (NECK * 0.9, 1.2), (NECK, 0.0)),
        ((b.shoulder, SHOULDER_Y),),
        armhole,
    ]
    if b.puff:
        low = b.hem_y - 6.0
        shape += [
            ((b.chest + b.puff * 0.3, 26.0), (b.waist + b.puff, low - 8), (b.hem + b.puff * 0.7, low)),
            (side_end,),
        ]
    else:
        shape += [
            ((b.chest - 0.6, ARMPIT_Y + 4), (b.waist, b.waist_y - 5), (b.waist, b.waist_y)),
            ((b.waist + 0.5, b.waist_y + 5), (b.hem - 1.0, b.hem_y - b.side_rise - 9), side_end),
        ]
    sag = 2.2 if category == "dress" else 1.0
    shape.append(
        ((b.hem - 2.0, b.hem_y - 1.0), (b.hem * 0.6, b.hem_y + 0.6), (0.0, b.hem_y + 0.6))
        if b.side_rise
        else ((b.hem * 0.7, b.hem_y + sag), (b.hem * 0.3, b.hem_y + sag), (0.0, b.hem_y + sag))
    )
    path = mirrored((0.0, 1.8), *shape)
    right_hem = curve(side_end, shape[-1])
    hem = (*right_hem, *flip(reversed(right_hem[:-1])))
    side = (*curve(shape[2][-1], shape[3]), *curve(shape[3][-1], shape[4])[1:])
    cloth = Piece(path, hems=(hem,), sides=(side, flip(side)))

    pieces: list[Piece] = []
    if sleeve != "sleeveless":
        right = arm(sleeve, (b.shoulder, SHOULDER_Y), (b.chest, ARMPIT_Y), fit, wide=category == "dress")
        pieces += [right, right.flipped()]
    pair_y = WAIST_Y[category] + 9.5 if category in WAIST_Y else b.hem_y - (24.0 if b.hem_y > 64 else 17.0)
    return Cut(
        pieces=(*pieces, cloth),
        folds=torso_folds(b, category),
        front=((0.0, 2.0), (0.0, b.hem_y + sag)),
        pockets=((b.chest * 0.5, 15.5), (b.waist * 0.56, max(pair_y - b.side_rise * 0.3, 19.5))),
        pocket_size=min(12.5, b.waist * 0.84),
        waist=(b.waist + 0.3, WAIST_Y.get(category, 0.0)),
        neck=NECK,
        rim=(2.0, 16.0 if category == "hoodie" else 9.0, 2.0, 6.0),
    )


def torso_folds(b: Body, category: str) -> tuple[tuple[Point, Point], ...]:
    """Creases from the armpits, across the belly, and down a skirt."""
    c, low = b.chest, b.hem_y
    folds: list[tuple[Point, Point]] = [
        ((c - 1, 21.0), (c * 0.35, 29.0)),
        ((-c + 1, 22.0), (-c * 0.3, 32.0)),
        ((c - 2, 25.0), (c * 0.55, 38.0)),
        ((-c + 2, 26.0), (-c * 0.6, 36.0)),
        ((-c * 0.7, 8.0), (-c * 0.45, 17.0)),
    ]
    if category in ("dress", "coat"):
        folds += [((b.waist * s, b.waist_y + 3), (b.hem * s, low - 3)) for s in (-0.82, -0.5, -0.2, 0.22, 0.55, 0.85)]
    else:
        folds += [((-c + 2, low - 9), (-c * 0.1, low - 5)), ((c - 2, low - 12), (c * 0.2, low - 7))]
    return tuple(folds)


def arm(kind: str, shoulder: Point, armpit: Point, fit: str, wide: bool) -> Piece:
    """The right sleeve: from the armhole along a slanted axis to its end.

    Args:
        kind: short, long, puff or bell.
        shoulder, armpit: ends of the armhole.
        fit: loose garments have wider sleeves.
        wide: hold the arm further from the body, which leaves room for a skirt.
    """
    roomy = (-0.8, 0.0, 1.4)[FITS.index(fit)]
    angle, length, end = {
        "short": (40.0, 14.0, 6.4 + roomy),
        "long": (16.0, 42.0 if wide else 48.0, 3.9 + roomy),
        "puff": (38.0, 19.0, 4.0 + roomy * 0.5),
        "bell": (21.0, 42.0, 11.0 + roomy),
    }[kind]
    angle += 9.0 if wide and kind in ("long", "bell") else 0.0
    dx, dy = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    nx, ny = dy, -dx  # across the sleeve, outwards
    root = ((shoulder[0] + armpit[0]) / 2, (shoulder[1] + armpit[1]) / 2)

    def spot(along: float, across: float) -> Point:
        """A point `along` the sleeve's axis from its root and `across` it, outwards."""
        return root[0] + dx * along + nx * across, root[1] + dy * along + ny * across

    top, under = spot(length, end), spot(length, -end)
    inner = (shoulder[0] - 4.0, shoulder[1] + 4.0)  # lies under the body, so that no gap opens at the seam
    half = 7.8 + roomy
    if kind == "puff":
        outer = ((shoulder[0] + 9.0, shoulder[1] - 6.5), spot(length - 5, half + 9.0), top)
        lower = (spot(length - 3, -half - 4.5), spot(3.0, -half - 2.0), armpit)
    elif kind == "bell":
        outer = (spot(length * 0.25, half * 1.05), spot(length * 0.62, 2.4 + roomy), top)
        lower = (spot(length * 0.62, -2.4 - roomy), spot(length * 0.25, -half * 0.8), armpit)
    else:
        outer = (spot(length * 0.15, half * 1.08), spot(length * 0.5, end * 0.45 + half * 0.58), top)
        lower = (spot(length * 0.5, -end * 0.5 - half * 0.45), spot(length * 0.2, -half * 0.8), armpit)
    path = Path(inner, ((shoulder,), outer, (under,), lower, (inner,)))
    return Piece(path, grain=-angle, hems=((under, top),), sides=(curve(shoulder, outer),))
