"""Patterns, drawn as shapes half as large again as life and cut to the cloth by a clip path.

SVG's own <pattern> tiles are snapped to whole pixels, which turns small figures into grids at 64 px.
"""

import math
import random
from dataclasses import dataclass

from adde_lite.data.wardrobe.palette import Inks, mix
from adde_lite.data.wardrobe.paths import Box, at, circle, lens, number

STRIPE, DOT, CHECK, FLOWER, BLOTCH = 8.4, 10.4, 11.6, 13.5, 11.0  # repeats, in hundredths of the picture


@dataclass(frozen=True)
class Bolt:
    """How the pattern happens to lie on this garment: shift (in repeats), size and tilt of the figures."""

    shift: tuple[float, float]
    size: float
    tilt: float
    seed: str

    @classmethod
    def drawn(cls, rng: random.Random, seed: str) -> "Bolt":
        return cls((rng.random(), rng.random()), rng.uniform(0.94, 1.08), rng.uniform(-2.5, 2.5), seed)


def fabric(pattern: str, inks: Inks, bolt: Bolt, box: Box, middle: float) -> str:
    """SVG of a pattern that covers a box.

    Args:
        pattern: a value of the attribute.
        inks: figures are drawn in the second colour.
        bolt: how the pattern lies.
        box: what to cover.
        middle: height at which a colour block ends.
    """
    if pattern == "plain":
        return ""
    if pattern == "colour block":
        return _block(inks, box, middle)
    draw = {
        "horizontal stripes": _across,
        "vertical stripes": _down,
        "dots": _dots,
        "checks": _checks,
        "floral": _flowers,
        "camouflage": _camouflage,
    }[pattern]
    return draw(inks, bolt, box)


def _block(inks: Inks, box: Box, middle: float) -> str:
    left, top, right, _ = box
    outline = f"M{at((left, top))}H{number(right)}V{number(middle)}H{number(left)}Z"
    return f'<path d="{outline}" fill="{inks.second}"/>'


def _across(inks: Inks, bolt: Bolt, box: Box) -> str:
    return f'<path d="{_bars(box, STRIPE * bolt.size, 0.48, bolt.shift[1], across=True)}" fill="{inks.second}"/>'


def _down(inks: Inks, bolt: Bolt, box: Box) -> str:
    return f'<path d="{_bars(box, STRIPE * bolt.size, 0.48, bolt.shift[0], across=False)}" fill="{inks.second}"/>'


def _checks(inks: Inks, bolt: Bolt, box: Box) -> str:
    rows = _bars(box, CHECK * bolt.size, 0.5, bolt.shift[1], across=True)
    columns = _bars(box, CHECK * bolt.size, 0.5, bolt.shift[0], across=False)
    ink = f'fill="{inks.second}" fill-opacity=".62"'
    return f'<path d="{rows}" {ink}/><path d="{columns}" {ink}/>'


def _dots(inks: Inks, bolt: Bolt, box: Box) -> str:
    step = DOT * bolt.size
    spots = _lattice(box, step, bolt.shift, random.Random(bolt.seed), 0.0)
    return f'<path d="{"".join(circle(x, y, step * 0.28) for x, y in spots)}" fill="{inks.second}"/>'


def _bars(box: Box, repeat: float, share: float, shift: float, across: bool) -> str:
    left, top, right, bottom = box
    low, high = (top, bottom) if across else (left, right)
    first = math.floor(low / repeat) - 1
    paths = []
    for k in range(first, math.ceil(high / repeat) + 1):
        start = (k + shift) * repeat
        end = start + share * repeat
        if end > low and start < high:
            if across:
                paths.append(f"M{at((left, start))}H{number(right)}V{number(end)}H{number(left)}Z")
            else:
                paths.append(f"M{at((start, top))}V{number(bottom)}H{number(end)}V{number(top)}Z")
    return "".join(paths)


def _lattice(
    box: Box, step: float, shift: tuple[float, float], rng: random.Random, jitter: float
) -> list[tuple[float, float]]:
    """Points of a triangular lattice over a box, each moved by up to `jitter` steps."""
    left, top, right, bottom = box
    rise, spots = step * 0.866, []
    for row in range(math.floor(top / rise) - 1, math.ceil(bottom / rise) + 2):
        for column in range(math.floor(left / step) - 1, math.ceil(right / step) + 2):
            x = (column + shift[0] + 0.5 * (row % 2) + jitter * (rng.random() - 0.5) * 2) * step
            y = (row + shift[1] + jitter * (rng.random() - 0.5) * 2) * rise
            if left - step * 0.5 < x < right + step * 0.5 and top - step * 0.5 < y < bottom + step * 0.5:
                spots.append((x, y))
    return spots


def _flowers(inks: Inks, bolt: Bolt, box: Box) -> str:
    rng = random.Random(bolt.seed)
    petals, hearts, leaves = [], [], []
    step = FLOWER * bolt.size
    for x, y in _lattice(box, step, bolt.shift, rng, 0.10):
        turn, size = rng.random() * math.tau, step * rng.uniform(0.33, 0.40)
        for k in (0, 1):
            angle = turn + 0.4 + k * 2.5
            tip = (x + math.cos(angle) * size * 1.75, y + math.sin(angle) * size * 1.75)
            leaves.append(lens((x, y), tip, 0.0, size * 0.5))
        outline = f"M{at((x + math.cos(turn) * size * 0.45, y + math.sin(turn) * size * 0.45))}"
        for k in range(5):
            a, b = turn + (k + 0.08) * math.tau / 5, turn + (k + 0.92) * math.tau / 5
            end = turn + (k + 1) * math.tau / 5
            one = (x + math.cos(a) * size * 1.55, y + math.sin(a) * size * 1.55)
            two = (x + math.cos(b) * size * 1.55, y + math.sin(b) * size * 1.55)
            to = (x + math.cos(end) * size * 0.45, y + math.sin(end) * size * 0.45)
            outline += f"C{at(one)} {at(two)} {at(to)}"
        petals.append(outline + "Z")
        hearts.append(circle(x, y, size * 0.34))
    leaf = mix(inks.contrast, "#5f8f5a", 0.45)
    return (
        f'<path d="{"".join(leaves)}" fill="{leaf}"/><path d="{"".join(petals)}" fill="{inks.second}"/>'
        f'<path d="{"".join(hearts)}" fill="{inks.cream}"/>'
    )


def _camouflage(inks: Inks, bolt: Bolt, box: Box) -> str:
    rng = random.Random(bolt.seed)
    layers: list[list[str]] = [[], []]
    step = BLOTCH * bolt.size
    for k, (x, y) in enumerate(_lattice(box, step, bolt.shift, rng, 0.28)):
        ring = []
        for corner in range(6):
            angle = (corner + 0.7 * rng.random()) * math.tau / 6
            reach = step * rng.uniform(0.26, 0.66)
            ring.append((x + 1.25 * reach * math.cos(angle), y + 0.8 * reach * math.sin(angle)))
        middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
        corners = zip([*ring[1:], ring[0]], [*middles[1:], middles[0]], strict=True)
        layers[k % 2].append(f"M{at(middles[0])}" + "".join(f"Q{at(c)} {at(m)}" for c, m in corners) + "Z")
    dark, vivid = ("".join(layer) for layer in layers)
    return f'<path d="{dark}" fill="{mix(inks.cloth, inks.deep, 0.55)}"/><path d="{vivid}" fill="{inks.second}"/>'
