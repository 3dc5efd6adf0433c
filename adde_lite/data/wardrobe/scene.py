"""The table under the garment: everything that changes from picture to picture and that no label names."""

import math
import random
from dataclasses import dataclass

from adde_lite.data.wardrobe.palette import hexed, lit, mix, rgb
from adde_lite.data.wardrobe.paths import at, circle, lens, number, polyline

TABLES = (
    *("#efe8dc", "#e6e4df", "#dfe6e6", "#f1e2dc", "#e4e8da", "#e9dfcf", "#dde1ea", "#f3ece4"),
    *("#d9cfc1", "#cfd6d3", "#e8d9d0", "#d6d9c9"),
)
SURFACES = ("paper", "tray", "planks", "marble", "window", "card")
OBJECTS = ("none", "none", "none", "tag", "leaf", "hanger", "pins")


@dataclass(frozen=True)
class Scene:
    """Where the garment lies and how it is lit.

    Attributes:
        x, y: shift from the middle, in hundredths of the picture.
        scale: 1 fills the frame.
        turn: degrees, clockwise.
        light: direction that the light comes from, degrees; 225 is from the upper left.
        warmth: colour of the light, -0.05 (cool) to 0.05 (warm).
        exposure: brightness of the light, about 1.
        table: index of the table's colour.
        surface: what the table is made of.
        object: what else lies there.
        seed: seeds grain, folds and places of objects.
    """

    x: float
    y: float
    scale: float
    turn: float
    light: float
    warmth: float
    exposure: float
    table: int
    surface: str
    object: str
    seed: str

    @classmethod
    def drawn(cls, seed: int, index: int) -> "Scene":
        """The scene of image `index`."""
        key = f"{seed}/{index}/scene"
        rng = random.Random(key)
        return cls(
            x=rng.uniform(-3.0, 3.0),
            y=rng.uniform(-3.0, 3.0),
            scale=rng.uniform(0.88, 1.0),
            turn=rng.uniform(-7.0, 7.0),
            light=rng.uniform(180.0, 360.0),
            warmth=rng.uniform(-0.04, 0.05),
            exposure=rng.uniform(0.95, 1.04),
            table=int(rng.random() * len(TABLES)),
            surface=SURFACES[int(rng.random() * len(SURFACES))],
            object=OBJECTS[int(rng.random() * len(OBJECTS))],
            seed=key,
        )

    @property
    def toward(self) -> tuple[float, float]:
        """Unit vector that points to the light."""
        return math.cos(math.radians(self.light)), math.sin(math.radians(self.light))


def background(scene: Scene) -> tuple[str, str]:
    """Definitions and body of the table's SVG."""
    tone = lit(TABLES[scene.table], scene.warmth * 0.7, scene.exposure)
    bright, dim = mix(tone, "#ffffff", 0.35), mix(tone, "#3a3040", 0.16)
    stops = f'<stop stop-color="{bright}"/><stop offset="1" stop-color="{dim}"/>'
    # Straight down, whatever the light: rows of one colour take half the time to encode.
    definition = f'<linearGradient id="t" x2="0" y2="1">{stops}</linearGradient>'
    rng = random.Random(scene.seed + "/table")
    return definition, '<path d="M0 0H100V100H0Z" fill="url(#t)"/>' + _grain(scene, tone, rng)


def _grain(scene: Scene, tone: str, rng: random.Random) -> str:
    dark, white = mix(tone, "#4a3c34", 0.35), "#ffffff"
    if scene.surface == "tray":
        disc = circle(rng.uniform(42, 58), rng.uniform(42, 58), rng.uniform(36, 46))
        return f'<path d="{disc}" fill="{mix(tone, white, 0.55)}" fill-opacity=".75"/>'
    if scene.surface == "planks":
        first = rng.uniform(4, 26)
        seams = "".join(f"M{number(first + 25 * k)} 0V100" for k in range(4))
        return f'<path d="{seams}" stroke="{dark}" stroke-width=".9" stroke-opacity=".45"/>'
    if scene.surface == "marble":
        veins = []
        for _ in range(3):
            x, slope = rng.uniform(-10, 90), rng.uniform(0.2, 0.9)
            line = [(x + slope * y + rng.uniform(-4, 4), y) for y in (0.0, 20.0, 45.0, 70.0, 100.0)]
            veins.append(polyline(line))
        return (
            f'<path d="{"".join(veins)}" fill="none" stroke="{dark}" stroke-width=".9" stroke-opacity=".28" '
            'stroke-linejoin="round"/>'
        )
    if scene.surface == "window":
        lean, x, width = rng.uniform(18, 38), rng.uniform(-8, 30), rng.uniform(20, 30)
        panes = "".join(
            f"M{at((x + k * (width + 4), 0))}h{number(width)}l{number(lean)} 100h{number(-width)}z" for k in range(2)
        )
        return f'<path d="{panes}" fill="{white}" fill-opacity=".30"/>'
    if scene.surface == "card":
        inset, shade = rng.uniform(5, 9), mix(tone, white, 0.5)
        side = number(100 - 2 * inset)
        return f'<path d="M{number(inset)} {number(inset)}h{side}v{side}h-{side}z" fill="{shade}" fill-opacity=".7"/>'
    return ""


def hook(scene: Scene) -> str:
    """A hanger's hook behind a garment's neck, in the garment's coordinates, where the scene has one."""
    if scene.object != "hanger":
        return ""
    line = "M0 4V-14C0 -18 5 -17 5 -21C5 -26 -4 -26 -4.6 -21.5"
    return f'<path d="{line}" fill="none" stroke="#8b8478" stroke-width="1.5" stroke-linecap="round"/>'


def objects(scene: Scene) -> str:
    """Small things that lie on the table or over an edge of the garment."""
    rng = random.Random(scene.seed + "/object")
    left = rng.random() < 0.5
    x = 9.0 if left else 91.0
    if scene.object == "tag":
        y = rng.uniform(74, 86)
        turn = rng.uniform(-30, 30)
        return (
            f'<g transform="translate({number(x)} {number(y)}) rotate({number(turn)})">'
            '<path d="M-3.4 -5L0 -8L3.4 -5V7H-3.4Z" fill="#2a2420" fill-opacity=".16" transform="translate(.8 1)"/>'
            '<path d="M-3.4 -5L0 -8L3.4 -5V7H-3.4Z" fill="#fbf7ec" stroke="#b9ab94" stroke-width=".5"/>'
            f'<path d="M0 -5.4C2 -12 {8 if left else -8} -10 {14 if left else -14} -14M-1.8 0H1.8M-1.8 2.4H1.8" '
            'fill="none" stroke="#a2937b" stroke-width=".6"/></g>'
        )
    if scene.object == "leaf":
        y, way = (rng.uniform(6, 18) if rng.random() < 0.5 else rng.uniform(82, 94)), 1 if left else -1
        stem = [(x - way * 13, y - 5.0), (x, y), (x + way * 8, y + 7)]
        leaves = "".join(
            lens((x + way * s, y + s * 0.6), (x + way * (s + 3.5 + 3 * k), y + s * 0.6 + (9 - 11 * k)), 0.0, 2.6)
            for s in (-9, -3, 3)
            for k in (0, 1)
        )
        green = hexed(rgb(mix("#7f9a78", "#a9b59a", rng.random())))
        return (
            f'<path d="{leaves}" fill="#2a2420" fill-opacity=".13" transform="translate(1 1.4)"/>'
            f'<path d="{leaves}" fill="{green}"/>'
            f'<path d="{polyline(stem)}" fill="none" stroke="#6d8266" stroke-width=".8"/>'
        )
    if scene.object == "pins":
        spots = [(rng.uniform(5, 14) if left else rng.uniform(86, 95), rng.uniform(8, 92)) for _ in range(3)]
        shade = "".join(circle(a + 0.6, b + 0.9, 1.9) for a, b in spots)
        heads = "".join(circle(a, b, 1.8) for a, b in spots)
        return (
            f'<path d="{shade}" fill="#2a2420" fill-opacity=".18"/>'
            f'<path d="{heads}" fill="#f7efe0" stroke="#a89a84" stroke-width=".6"/>'
        )
    return ""
