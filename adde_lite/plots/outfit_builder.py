"""The outfit builder: the garments that are there, what each of them looks at, and what would complete them."""

from collections.abc import Sequence
from dataclasses import dataclass

from adde_lite.plots.drawing import Drawing, box, picture, words
from adde_lite.plots.picture import BLUE, GREY, INK, ORANGE

SIDE, GAP = 104, 10
LINE = 15
LETTERS = 11.5
ABOVE = 24  # the heading of a row of garments


@dataclass(frozen=True)
class Piece:
    """A garment of the outfit.

    Args:
        image: as `drawing.thumbnail` makes it.
        name: its category.
        looks_at: the attribute that weighs most between it and what is looked for.
        weight: of this attribute, 0 to 1.
    """

    image: str
    name: str
    looks_at: str
    weight: float


@dataclass(frozen=True)
class Offer:
    """A garment that might complete it.

    Args:
        image: as `drawing.thumbnail` makes it.
        distance: the mean distance to the outfit, the smaller the better.
        broken: names of the rules that it breaks with the outfit.
    """

    image: str
    distance: float
    broken: tuple[str, ...]

    def __str__(self) -> str:
        return "keeps every rule" if not self.broken else f"breaks {', '.join(self.broken)}"


def built_outfit(pieces: Sequence[Piece], offers: Sequence[Offer], heading: str) -> Drawing:
    """The outfit above, the offers below, best first; a blue frame keeps every rule, a dashed one breaks some.

    Args:
        pieces: of the outfit, at least one.
        offers: in their order.
        heading: of the offers.
    """
    second = ABOVE + SIDE + 3 * LINE
    width = GAP + (SIDE + GAP) * max(len(pieces), len(offers))
    parts = [words("your outfit", GAP, 16, room=width - GAP, size=LETTERS + 1, bold=True)]
    parts.append(words(heading, GAP, second + 16, room=width - 2 * GAP, size=LETTERS + 1, bold=True))
    for at, piece in enumerate(pieces):
        parts += _garment(at, ABOVE, piece.image, piece.name, f"{piece.looks_at} {piece.weight:.0%}")
    for at, offer in enumerate(offers):
        broken = ", ".join(offer.broken)
        lines = f"{offer.distance:.2f}", f"✗ {broken}" if broken else "✓ keeps all"
        parts += _garment(at, second + ABOVE, offer.image, *lines)
        kept = not offer.broken
        parts.append(box(_left(at), second + ABOVE, SIDE, SIDE, line=BLUE if kept else ORANGE, dashed=not kept))
    return Drawing(_alt(pieces, offers, heading), width, 2 * second, "".join(parts))


def _left(at: int) -> float:
    return GAP + (SIDE + GAP) * at


def _garment(at: int, top: float, image: str, first: str, second: str) -> list[str]:
    left, base = _left(at), top + SIDE + LINE
    return [
        picture(image, left, top, SIDE, SIDE),
        words(first, left, base, room=SIDE, size=LETTERS, colour=INK),
        words(second, left, base + LINE, room=SIDE, size=LETTERS, colour=GREY),
    ]


def _alt(pieces: Sequence[Piece], offers: Sequence[Offer], heading: str) -> str:
    worn = ", ".join(f"{piece.name} (looks at {piece.looks_at}, {piece.weight:.0%})" for piece in pieces)
    told = "; ".join(f"{rank}: {offer}" for rank, offer in enumerate(offers, 1))
    return f"Your outfit: {worn}. {heading}. {told}."
