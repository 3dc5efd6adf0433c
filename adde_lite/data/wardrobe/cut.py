"""A garment's cut: its pieces of cloth and the places where details are sewn on."""

from dataclasses import dataclass, field

from adde_lite.data.wardrobe.paths import Box, Line, Path, Point, box_of, flip


@dataclass(frozen=True)
class Piece:
    """One piece of cloth.

    Attributes:
        path: its closed outline.
        grain: degrees by which the fabric is turned on it (sleeves).
        hems: polylines along its open edges, where bands, fringes and scallops go.
        sides: polylines where side stripes run.
    """

    path: Path
    grain: float = 0.0
    hems: tuple[Line, ...] = ()
    sides: tuple[Line, ...] = ()

    def flipped(self) -> "Piece":
        """The same piece on the other side."""
        hems, sides = (tuple(flip(line) for line in lines) for lines in (self.hems, self.sides))
        return Piece(self.path.flipped(), -self.grain, hems, sides)


@dataclass(frozen=True)
class Cut:
    """Pieces from back to front, with the marks that the details need.

    Attributes:
        pieces: cloth, back to front.
        folds: (start, end) of creases that this cut tends to throw.
        front: (top, bottom) of the line that a fastening follows.
        pockets: where a single pocket sits, then where the right one of a pair sits (the left one mirrors it).
        pocket_size: width of a pocket.
        waist: (half width, y) of the waist line.
        neck: half width of the neck opening.
        rim: how far details reach beyond the pieces: (left, top, right, bottom), all >= 0.
    """

    pieces: tuple[Piece, ...]
    folds: tuple[tuple[Point, Point], ...] = ()
    front: tuple[Point, Point] = ((0.0, 0.0), (0.0, 0.0))
    pockets: tuple[Point, Point] = ((0.0, 0.0), (0.0, 0.0))
    pocket_size: float = 10.0
    waist: tuple[float, float] = (0.0, 0.0)
    neck: float = 0.0
    rim: Box = field(default=(0.0, 0.0, 0.0, 0.0))

    @property
    def frame(self) -> Box:
        """The box that the garment fills."""
        left, top, right, bottom = box_of(point for piece in self.pieces for point in piece.path.points)
        return left - self.rim[0], top - self.rim[1], right + self.rim[2], bottom + self.rim[3]
