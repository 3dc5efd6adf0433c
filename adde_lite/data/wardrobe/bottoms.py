"""Cuts of what hangs from the waist: skirt, trousers, shorts."""

from adde_lite.data.wardrobe.cut import Cut, Piece
from adde_lite.data.wardrobe.paths import Line, Point, curve, flip, mirrored
from adde_lite.data.wardrobe.tops import FITS, LENGTHS

Folds = tuple[tuple[Point, Point], ...]


def skirt(length: str, fit: str) -> Cut:
    """Slim is a pencil skirt, regular an A-line, loose a half circle."""
    size = FITS.index(fit)
    hem_y = (30.0, 46.0, 66.0)[LENGTHS.index(length)]
    top = 12.5
    hem = top + (0.5 + 0.01 * hem_y, 2.0 + 0.22 * hem_y, 7.0 + 0.42 * hem_y)[size]
    hip = (15.5, 15.5, 17.0)[size]
    sag = (0.6, 2.5, 6.0)[size]
    side: Line = ((hip, 8.0), (top + (hem - top) * 0.55, hem_y * 0.5), (hem, hem_y - sag))
    bottom: Line = ((hem * 0.7, hem_y + sag * 0.7), (hem * 0.3, hem_y + sag), (0.0, hem_y + sag))
    path = mirrored((0.0, 1.0), ((top * 0.5, 1.0), (top * 0.8, 0.6), (top, 0.0)), side, bottom)
    right = curve(side[-1], bottom)
    edge = curve((top, 0.0), side)
    folds: Folds = tuple(
        ((top * s * 0.9, 7.0), (hem * s, hem_y - 1.0)) for s in (-0.8, -0.55, -0.25, 0.05, 0.3, 0.6, 0.85)
    )
    return Cut(
        pieces=(Piece(path, hems=((*right, *flip(reversed(right[:-1]))),), sides=(edge, flip(edge))),),
        folds=folds[1:-1:2] if size == 0 else folds,
        pockets=((6.5, 12.0), (9.0, 12.5)),
        pocket_size=11.0,
        waist=(top, 2.6),
        rim=(3.0, 3.0, 3.0, 3.0),
    )


def legs(kind: str, length: str | None, fit: str) -> Cut:
    """Trousers or shorts.

    Args:
        kind: "trousers" or "shorts"; shorts have one length.
        length, fit: value names.
    """
    size = FITS.index(fit)
    long = kind == "trousers"
    hem_y = (54.0, 68.0, 84.0)[LENGTHS.index(length or "medium")] if long else 37.0
    top, hip = (11.5, 12.5, 14.0)[size], (13.5, 15.0, 18.0)[size]
    outer = (12.5, 17.5, 27.0)[size] if long else (15.5, 19.5, 26.0)[size]
    inner = (4.6, 4.2, 4.0)[size] if long else (1.8, 2.2, 3.2)[size]
    crotch = 24.0
    side: Line = ((hip + 1.0, 9.0), (hip + (outer - hip) * 0.2, hem_y * 0.4), (outer, hem_y - 0.8))
    path = mirrored(
        (0.0, 1.0),
        ((top * 0.5, 1.0), (top * 0.8, 0.7), (top, 0.0)),
        side,
        ((inner, hem_y + 0.6),),
        ((inner - 0.5, hem_y * 0.6), (1.0, crotch + 5), (0.0, crotch)),
    )
    hem, edge = ((inner, hem_y + 0.6), (outer, hem_y - 0.8)), curve((top, 0.0), side)
    middle = (inner + outer) / 2
    folds: list[tuple[Point, Point]] = [
        ((2.0, crotch - 1), (10.0, 19.0)),
        ((-2.0, crotch - 1), (-11.0, 20.0)),
        ((7.0, crotch + 4), (middle, hem_y - 2)),
        ((-7.0, crotch + 4), (-middle, hem_y - 2)),
    ]
    if long:
        folds += [((5.0, 42.0), (12.0, 40.0)), ((-12.0, 45.0), (-5.0, 43.0)), ((-11.0, 40.0), (-6.0, 40.5))]
    return Cut(
        pieces=(Piece(path, hems=(hem, flip(hem)), sides=(edge, flip(edge))),),
        folds=tuple(folds),
        pockets=((middle if not long else 9.4, 24.0 if not long else 30.0), (8.4, 11.5)),
        pocket_size=min(11.0, top * 0.84),
        waist=(top, 2.6),
        rim=(2.0, 3.0, 2.0, 2.0),
    )
