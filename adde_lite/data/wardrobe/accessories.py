"""Cuts of what is not a garment: sneaker, boot, bag, hat."""

from adde_lite.data.wardrobe.cut import Cut, Piece
from adde_lite.data.wardrobe.paths import Line, Path, curve, flip, mirrored
from adde_lite.data.wardrobe.tops import LENGTHS


def sneaker(length: str) -> Cut:
    """Side view, toe to the left; the length is the shaft's: low, mid or high-top."""
    top = (-9.0, -19.0, -32.0)[LENGTHS.index(length)]
    throat, heel = (4.0 - 0.1 * top, top), (27.0, top - 1.0)
    front: Line = ((-9.0, -1.0), (-2.0, -8.0), throat)
    opening: Line = ((10.0, top + 4.0), (19.0, top + 4.0), heel)
    path = Path(
        (-36.0, 18.0),
        (
            ((-39.0, 7.0), (-31.0, 3.5), (-22.0, 3.0)),
            front,
            opening,
            ((30.0, top + 12.0), (26.0, 6.0), (31.0, 18.0)),
        ),
    )
    return Cut(
        pieces=(Piece(path, hems=(curve(throat, opening),), sides=(((-8.0, 18.0), (2.0, 8.0), (22.0, -2.0)),)),),
        folds=(((-22.0, 9.0), (-13.0, 5.0)), ((20.0, -4.0), (26.0, 4.0)), ((8.0, 12.0), (24.0, 10.0))),
        front=((-19.0, 4.5), (throat[0] - 1.0, top + 3.5)),
        rim=(3.0, 2.0, 3.0, 9.0),
    )


def boot(length: str) -> Cut:
    """Side view, toe to the left; the length is the shaft's: ankle, calf or knee."""
    top = (-14.0, -32.0, -52.0)[LENGTHS.index(length)]
    front, back = (-3.0 - (0.06 * (top + 14)), top), (23.0 - (0.06 * (top + 14)), top)
    opening: Line = ((5.0, top + 1.8), (15.0, top + 1.8), back)
    path = Path(
        (-31.0, 18.0),
        (
            ((-33.0, 8.0), (-24.0, 5.0), (-15.0, 2.0)),
            ((-7.0, -1.0), (-4.0, -6.0), (-4.0, -12.0)),
            (front,),
            opening,
            ((22.0, top + 8), (21.0, -8.0), (22.0, -4.0)),
            ((24.0, 4.0), (24.0, 12.0), (22.5, 18.0)),
        ),
    )
    return Cut(
        pieces=(Piece(path, hems=(curve(front, opening),), sides=(((2.0, top + 3), (1.0, -4.0), (2.0, 18.0)),)),),
        folds=(((-4.0, -1.0), (8.0, 3.0)), ((-3.0, -6.0), (6.0, -4.0)), ((18.0, -10.0), (10.0, -2.0))),
        front=((8.5, 12.0), (9.5, top + 3.0)),
        rim=(2.0, 2.0, 2.0, 8.0),
    )


def bag(length: str) -> Cut:
    """A handbag seen from the front; the length is the handle's drop."""
    drop = (9.0, 20.0, 34.0)[LENGTHS.index(length)]
    side: Line = ((23.5, 0.0), (25.5, 24.0), (27.0, 31.0))
    bottom: Line = ((28.0, 37.0), (24.0, 38.0), (0.0, 38.0))
    path = mirrored((0.0, 0.0), ((20.0, 0.0),), ((22.0, 0.0), (22.5, 0.5), (22.8, 2.0)), side, bottom)
    right, edge = curve((27.0, 31.0), bottom)[2:], curve((22.8, 2.0), side)  # the hem starts below the corner
    return Cut(
        pieces=(Piece(path, hems=((*right, *flip(reversed(right[:-1]))),), sides=(edge, flip(edge))),),
        folds=(((-20.0, 8.0), (-16.0, 26.0)), ((18.0, 10.0), (21.0, 28.0)), ((-8.0, 33.0), (10.0, 34.5))),
        front=((0.0, 1.0), (0.0, 16.0)),
        pockets=((0.0, 18.0), (11.8, 18.5)),
        pocket_size=15.0,
        neck=14.0,
        rim=(1.0, drop + 1.5, 1.0, 7.0),
    )


def hat(length: str) -> Cut:
    """A hat seen from the front and a little above; the length is the brim's."""
    reach, dip = ((25.0, 3.5), (33.0, 6.0), (42.0, 9.0))[LENGTHS.index(length)]
    front: Line = ((reach * 0.92, dip * 1.1), (reach * 0.5, dip * 1.5), (0.0, dip * 1.5))
    brim = mirrored((0.0, -5.0), ((reach * 0.5, -5.0), (reach * 1.02, -4.5), (reach, 1.0)), front)
    dome = mirrored(
        (0.0, -24.5),
        ((3.0, -24.5), (5.0, -27.0), (8.0, -27.0)),
        ((15.0, -27.0), (19.0, -17.0), (19.0, 0.0)),
        ((14.0, 4.2), (6.0, 4.6), (0.0, 4.6)),
    )
    stripe: Line = ((9.5, -26.0), (11.5, -12.0), (12.0, 3.5))
    right = curve((reach, 1.0), front)
    return Cut(
        pieces=(
            Piece(brim, hems=((*right, *flip(reversed(right[:-1]))),)),
            Piece(dome, sides=(stripe, flip(stripe))),
        ),
        folds=(((-4.0, -25.0), (-2.5, -15.0)), ((5.0, -24.0), (3.0, -16.0)), ((-14.0, -16.0), (-15.5, -6.0))),
        rim=(1.0, 1.0, 1.0, 4.0),
    )
