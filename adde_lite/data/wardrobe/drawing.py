"""One garment as SVG text: the table, a shadow, the cloth, its folds, its details."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adde_lite.data.wardrobe.accessories import bag, boot, hat, sneaker
from adde_lite.data.wardrobe.bottoms import legs, skirt
from adde_lite.data.wardrobe.cut import Cut, Piece
from adde_lite.data.wardrobe.fabric import Bolt, fabric
from adde_lite.data.wardrobe.fastenings import fastening, waist
from adde_lite.data.wardrobe.furnishings import ahead, behind, ribs
from adde_lite.data.wardrobe.openings import collar, hood, neckline
from adde_lite.data.wardrobe.palette import Inks
from adde_lite.data.wardrobe.paths import box_of, lens, number, turned
from adde_lite.data.wardrobe.pockets import pocket
from adde_lite.data.wardrobe.scene import Scene, background, hook, objects
from adde_lite.data.wardrobe.schema import UPPER, WARDROBE
from adde_lite.data.wardrobe.tops import torso
from adde_lite.data.wardrobe.trims import inner_trim, outer_trim

FILL = 88.0  # hundredths of the picture that a garment fills at scale 1
MOST_ENLARGED = 1.75
STRAP_REACH = {"coat": 9.0, "shirt": 8.0, "jacket": 8.5, "sneaker": 8.0, "boot": 9.5, "bag": 7.0}

Garment = Mapping[str, str | None]


def garment_svg(labels: Sequence[int], seed: int, index: int, scene: Scene | None = None) -> str:
    """The picture of one garment as SVG text.

    Args:
        labels: one row of label codes of the schema WARDROBE; -1 is not drawn.
        seed, index: choose the scene, the folds and how the pattern lies.
        scene: lay it out in this scene instead.

    Returns:
        SVG text with a view box of 100 x 100 and no size of its own.
    """
    garment = {
        name: options[code] if code >= 0 else None
        for name, options, code in zip(WARDROBE.names, WARDROBE.values, labels, strict=True)
    }
    scene = scene or Scene.drawn(seed, index)
    return _Drawing.of(garment, scene).svg()


def cut_of(garment: Garment) -> Cut:
    """The cut that a garment's category, sleeve, length and fit ask for."""
    category, length, fit = garment["category"], garment["length"] or "medium", garment["fit"] or "regular"
    if category in UPPER:
        return torso(str(category), length, fit, str(garment["sleeve"]))
    if category == "skirt":
        return skirt(length, fit)
    if category in ("trousers", "shorts"):
        return legs(category, length, fit)
    return {"sneaker": sneaker, "boot": boot, "bag": bag, "hat": hat}[str(category)](length)


@dataclass(frozen=True)
class _Drawing:
    garment: Garment
    scene: Scene
    cut: Cut
    inks: Inks

    @classmethod
    def of(cls, garment: Garment, scene: Scene) -> "_Drawing":
        inks = Inks.of(str(garment["colour"]), garment["second colour"] or "gold", scene.warmth, scene.exposure)
        return cls(garment, scene, cut_of(garment), inks)

    def svg(self) -> str:
        left, top, right, bottom = self.cut.frame
        size = min(FILL / (right - left), FILL / (bottom - top), MOST_ENLARGED) * self.scene.scale
        x, y = 50 + self.scene.x, 50 + self.scene.y
        table_definition, table = background(self.scene)
        place = (
            f"translate({number(x)} {number(y)}) rotate({number(self.scene.turn)}) scale({size:.4f}) "
            f"translate({number(-(left + right) / 2)} {number(-(top + bottom) / 2)})"
        )
        outlines = [piece.path.text() for piece in self.cut.pieces]
        shapes = "".join(
            f'<path id="p{k}" d="{outline}"/><clipPath id="c{k}"><use href="#p{k}"/></clipPath>'
            for k, outline in enumerate(outlines)
        )
        shapes += f'<path id="all" d="{"".join(outlines)}"/>'
        hanger = hook(self.scene) if self.garment["category"] in UPPER else ""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
            f"<defs>{table_definition}{self._light()}{shapes}</defs>{table}"
            f'<g transform="{place}">{hanger}{self._shadow(size)}{self._cloth()}{self._details()}</g>'
            f"{objects(self.scene)}</svg>"
        )

    def _light(self) -> str:
        left, top, right, bottom = self.cut.frame
        cx, cy, reach = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2
        dx, dy = turned([self.scene.toward], -self.scene.turn)[0]
        values = (cx + dx * reach, cy + dy * reach, cx - dx * reach, cy - dy * reach)
        ends = " ".join(
            f'{name}="{number(value)}"' for name, value in zip(("x1", "y1", "x2", "y2"), values, strict=True)
        )
        return (
            f'<linearGradient id="l" gradientUnits="userSpaceOnUse" {ends}><stop stop-color="#fff" stop-opacity=".24"/>'
            '<stop offset=".45" stop-color="#888" stop-opacity="0"/>'
            '<stop offset="1" stop-color="#1a1030" stop-opacity=".24"/></linearGradient>'
        )

    def _shadow(self, size: float) -> str:
        dx, dy = turned([self.scene.toward], -self.scene.turn)[0]
        layers = []
        for distance, opacity in ((1.1, 0.20), (2.7, 0.13)):
            shift = f"translate({number(-dx * distance / size)} {number(-dy * distance / size)})"
            layers.append(f'<use href="#all" transform="{shift}" fill="#2a1f2e" fill-opacity="{opacity}"/>')
        return "".join(layers)

    def _cloth(self) -> str:
        category, trim = str(self.garment["category"]), str(self.garment["trim"])
        bolt = Bolt.drawn(random.Random(self.scene.seed + "/bolt"), self.scene.seed + "/figures")
        parts = [behind(category, self.cut, self.inks)]
        for k, piece in enumerate(self.cut.pieces):
            within = (
                self._figures(piece, bolt)
                + inner_trim(trim, piece, self.inks)
                + ribs(category, piece, self.inks, self.inks.second if trim == "band" else self.inks.contrast)
            )
            shape, seam = f'<use href="#p{k}"', f'stroke="{self.inks.deep}" stroke-width=".6"'
            if within:
                parts.append(f'{shape} fill="{self.inks.cloth}"/><g clip-path="url(#c{k})">{within}</g>')
                parts.append(f'{shape} fill="none" {seam}/>')
            else:
                parts.append(f'{shape} fill="{self.inks.cloth}" {seam}/>')
        return "".join(parts) + '<use href="#all" fill="url(#l)"/>'  # one gradient for all pieces: half the time

    def _figures(self, piece: Piece, bolt: Bolt) -> str:
        pattern = str(self.garment["pattern"])
        if pattern == "plain":
            return ""
        top, bottom = self.cut.frame[1], self.cut.frame[3]
        turn = 0.0 if pattern == "colour block" else piece.grain + bolt.tilt
        box = box_of(turned(piece.path.points, -turn))
        figures = fabric(pattern, self.inks, bolt, box, top + 0.47 * (bottom - top))
        return f'<g transform="rotate({number(turn)})">{figures}</g>' if turn else figures

    def _folds(self) -> str:
        rng = random.Random(self.scene.seed + "/folds")
        dark, bright = [], []
        for start, end in self.cut.folds:
            keep, bend, thick = rng.random() < 0.8, rng.uniform(-2.0, 2.0), rng.uniform(0.5, 1.1)
            shift = rng.uniform(-1.5, 1.5)
            if keep:
                a, b = (start[0] + shift, start[1] + shift), (end[0] + shift, end[1])
                dark.append(lens(a, b, bend, thick))
                bright.append(lens((a[0] + 1.0, a[1] - 0.5), (b[0] + 1.0, b[1] - 0.5), bend, thick * 0.8))
        return (
            f'<path d="{"".join(dark)}" fill="#150c20" fill-opacity=".24"/>'
            f'<path d="{"".join(bright)}" fill="#fff" fill-opacity=".14"/>'
        )

    def _details(self) -> str:
        garment, cut, inks = self.garment, self.cut, self.inks
        category = str(garment["category"])
        parts = [ahead(category, cut, inks), self._folds()]
        parts += [outer_trim(str(garment["trim"]), piece, inks) for piece in cut.pieces]
        if garment["pocket"]:
            parts.append(pocket(garment["pocket"], cut, inks))
        if garment["fastening"]:
            parts.append(fastening(garment["fastening"], cut.front, inks, STRAP_REACH[category]))
        if garment["waist"]:
            parts.append(waist(garment["waist"], *cut.waist, inks))
        if garment["neckline"]:
            parts.append(neckline(garment["neckline"], inks))
        if garment["collar"]:
            parts.append(collar(garment["collar"], inks))
        if category == "hoodie":
            parts.append(hood(inks))
        return "".join(parts)
