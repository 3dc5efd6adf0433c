"""Outlines as plain tuples: build half of a garment, mirror it, measure it, write it as SVG path text."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Line = tuple[Point, ...]  # a polyline
Box = tuple[float, float, float, float]  # left, top, right, bottom


def number(value: float) -> str:
    """Two decimals: rounding hides what mathematics libraries disagree about."""
    return f"{value:.2f}"


def at(point: Point) -> str:
    """A point as SVG text."""
    return f"{point[0]:.2f} {point[1]:.2f}"


@dataclass(frozen=True)
class Path:
    """A start and segments: one point is a straight line to it, three are a cubic Bezier curve."""

    start: Point
    segments: tuple[Line, ...]

    @property
    def points(self) -> Line:
        """All points, control points too: their hull holds the path."""
        return (self.start, *(point for segment in self.segments for point in segment))

    def flipped(self) -> "Path":
        """The mirror image left to right, drawn the same way round: where two pieces overlap, no hole appears."""
        start, *back = flip(reversed(self.points))
        segments, used = [], 0
        for segment in reversed(self.segments):
            segments.append(tuple(back[used : used + len(segment)]))
            used += len(segment)
        return Path(start, tuple(segments))

    def text(self, closed: bool = True) -> str:
        """SVG path data."""
        steps = [("L" if len(segment) == 1 else "C") + " ".join(map(at, segment)) for segment in self.segments]
        return f"M{at(self.start)}{''.join(steps)}{'Z' if closed else ''}"


def flip(line: Iterable[Point]) -> Line:
    """Points mirrored left to right."""
    return tuple((-x, y) for x, y in line)


def mirrored(start: Point, *segments: Line) -> Path:
    """The symmetric closed path whose right half runs from `start` to the last point, both on the axis x = 0."""
    return Path(start, (*segments, *Path(start, segments).flipped().segments))


def curve(start: Point, segment: Line, steps: int = 6) -> Line:
    """Points along one segment, ends included."""
    if len(segment) == 1:
        segment = (start, segment[0], segment[0])
    spread = []
    for step in range(steps + 1):
        t = step / steps
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        points = (start, *segment)
        spread.append(
            (
                sum(w * p[0] for w, p in zip(weights, points, strict=True)),
                sum(w * p[1] for w, p in zip(weights, points, strict=True)),
            )
        )
    return tuple(spread)


def even(line: Sequence[Point], spacing: float) -> list[tuple[Point, float]]:
    """Points about `spacing` apart along a polyline, each with the direction of travel in radians.

    The points are centred in equal steps; neither end of the line is among them.
    """
    legs = [math.dist(a, b) for a, b in itertools.pairwise(line)]
    count = max(1, round(sum(legs) / spacing))
    step = sum(legs) / count
    found, walked, leg = [], 0.0, 0
    for k in range(count):
        target = (k + 0.5) * step
        while leg < len(legs) - 1 and walked + legs[leg] < target:
            walked += legs[leg]
            leg += 1
        (x0, y0), (x1, y1) = line[leg], line[leg + 1]
        t = (target - walked) / max(legs[leg], 1e-9)
        found.append(((x0 + t * (x1 - x0), y0 + t * (y1 - y0)), math.atan2(y1 - y0, x1 - x0)))
    return found


def polyline(line: Sequence[Point]) -> str:
    """SVG path data of an open polyline."""
    return "M" + "L".join(map(at, line))


def box_of(points: Iterable[Point]) -> Box:
    """The smallest upright box around the points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def turned(points: Iterable[Point], degrees: float) -> list[Point]:
    """Points turned about the origin as SVG's rotate() turns them."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return [(x * cosine - y * sine, x * sine + y * cosine) for x, y in points]


def circle(x: float, y: float, radius: float) -> str:
    """SVG path data of a circle: many in one path are drawn faster than many elements."""
    r, d = number(radius), number(2 * radius)
    return f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 1 {d} 0a{r} {r} 0 1 1 -{d} 0Z"


def lens(start: Point, end: Point, bend: float, thickness: float) -> str:
    """SVG path data of a thin leaf between two points, bent sideways by `bend`: a fold, a leaf, a crease."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    nx, ny = -(y1 - y0) / length, (x1 - x0) / length
    mx, my = (x0 + x1) / 2, (y0 + y1) / 2
    one = (mx + nx * (bend + thickness), my + ny * (bend + thickness))
    two = (mx + nx * (bend - thickness), my + ny * (bend - thickness))
    return f"M{at(start)}Q{at(one)} {at(end)}Q{at(two)} {at(start)}Z"
