"""The Wardrobe as data sets: a drawer of garments from a seed, and full grids of factors."""

import hashlib
import importlib.metadata
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adde_lite.data.cache import remembered
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe.drawing import garment_svg
from adde_lite.data.wardrobe.pictures import render_all
from adde_lite.data.wardrobe.sampling import MOST_VARIANTS, label_row
from adde_lite.data.wardrobe.scene import OBJECTS, Scene
from adde_lite.data.wardrobe.schema import HAS, WARDROBE, applicable
from adde_lite.errors import InputError

SIZES = range(16, 1025)
NOT_DRAWING = {"__init__.py", "collection.py", "pictures.py", "enlarge.py", "identity.py"}

# For disentanglement: the factors that a small model can be expected to find, 10 * 4 * 5 * 3 * 3 = 1,800 dresses.
DEFAULT_FACTORS: dict[str, tuple[str, ...]] = {
    "colour": WARDROBE.options("colour"),
    "pattern": ("plain", "horizontal stripes", "dots", "colour block"),
    "sleeve": WARDROBE.options("sleeve"),
    "length": WARDROBE.options("length"),
    "fit": WARDROBE.options("fit"),
}
# Range of each nuisance that a grid can step through; what is not stepped through stays in the middle.
NUISANCES: dict[str, tuple[float, float]] = {
    "x": (-6.0, 6.0),
    "y": (-6.0, 6.0),
    "scale": (0.75, 1.0),
    "turn": (-12.0, 12.0),
    "light": (180.0, 360.0),
    "warmth": (-0.05, 0.05),
    "exposure": (0.88, 1.04),
}


def wardrobe(
    n: int,
    seed: int,
    size: int = 64,
    *,
    correlation: float = 0.0,
    variants: int = 1,
    progress: bool = True,
    cache: bool = True,
    workers: int | None = None,
) -> AttributeImages:
    """Garments drawn from a seed, with all their labels.

    Image i depends on (seed, i) and these arguments alone: a smaller n is a prefix of a larger one. The SVG texts are
    the same everywhere, the pixels on one platform.

    Args:
        n: number of images.
        seed: another seed is another wardrobe.
        size: side of the pictures in pixels, 16 to 1024.
        correlation: 0 draws the values of the attributes independently (as far as they apply), 1 like a shop: each
            garment follows one of a few long-tailed styles, in which colours go with patterns and fits with categories.
        variants: versions of each product, 1 to 9, side by side: the first, and others that differ from it in exactly
            one attribute. An edit query then has its exact answer in the gallery, among near misses.
        progress: show a bar while drawing.
        cache: keep the pixels in the cache folder (see adde_lite.data.cache) and read them from there.
        workers: processes that draw; None takes one a core.

    Returns:
        Images uint8 (n, 3, size, size), labels int64 (n, 13) of the schema WARDROBE with -1 where an attribute does
        not apply, ids such as "w0-000123", and a column "product".

    Raises:
        InputError: an argument outside its range.
    """
    _whole("n", n, 1, None)
    _whole("seed", seed, None, None)
    _whole("size", size, SIZES[0], SIZES[-1])
    _whole("variants", variants, 1, MOST_VARIANTS)
    if not 0.0 <= correlation <= 1.0:
        raise InputError("wardrobe: correlation", str(correlation), "0 to 1", "0 is independent, 1 is shop-like.")
    rows = [label_row(index, seed, float(correlation), variants) for index in range(n)]
    recipe = {"n": n, "seed": seed, "correlation": float(correlation), "variants": variants}
    images = _pictures(
        f"wardrobe-{seed}-{n}x{size}",
        recipe,
        lambda k: garment_svg(rows[k], seed, k),
        len(rows),
        size,
        progress=progress,
        cache=cache,
        workers=workers,
    )
    product = np.array([f"p{seed}-{index // variants:06d}" for index in range(n)])
    ids = tuple(f"w{seed}-{index:06d}" for index in range(n))
    return AttributeImages(images, torch.tensor(rows, dtype=torch.int64), WARDROBE, ids, {"product": product})


def factor_grid(
    factors: Mapping[str, Sequence[str]] | None = None,
    *,
    nuisances: Mapping[str, int] | None = None,
    category: str = "dress",
    fixed: Mapping[str, str] | None = None,
    size: int = 64,
    seed: int = 0,
    progress: bool = True,
    cache: bool = True,
    workers: int | None = None,
) -> AttributeImages:
    """Every combination of chosen values for one category, everything else fixed.

    Args:
        factors: attribute -> values, in the order of the grid (the last one runs fastest); by default 1,800 dresses.
        nuisances: nuisance -> number of even steps through its range, at least 2: x, y, scale, turn, light, warmth,
            exposure. They run faster than the factors and become integer columns 0 .. steps - 1.
        category: which garment.
        fixed: values of attributes that are not factors; by default the first that applies.
        size, progress, cache, workers: as in `wardrobe`.
        seed: chooses the table, the folds and how the pattern lies, once for all images.

    Returns:
        The full product with ids "g0-000123". Factors stand in the labels, nuisances in the columns.

    Raises:
        InputError: unknown names or values, a factor that the category or a combination does not show.
    """
    chosen = {name: tuple(values) for name, values in (DEFAULT_FACTORS if factors is None else factors).items()}
    steps = dict(nuisances or {})
    _whole("size", size, SIZES[0], SIZES[-1])
    _whole("seed", seed, None, None)
    for name, count in steps.items():
        if name not in NUISANCES:
            raise InputError("factor_grid: nuisances", repr(name), f"one of {', '.join(NUISANCES)}", "Name one.")
        _whole(f"steps of {name}", count, 2, None)
    base = {name: options[0] for name, options in zip(WARDROBE.names, WARDROBE.values, strict=True)}
    base |= {"category": category} | dict(fixed or {})
    garments = [base | dict(zip(chosen, values, strict=True)) for values in itertools.product(*chosen.values())]
    if not garments:
        raise InputError("factor_grid: factors", "an attribute without values", "at least one each", "List values.")
    rows = []
    for garment in garments:
        WARDROBE.encode([garment])  # names the unknown attribute or value
        shown = applicable(garment)
        lost = [name for name in (*chosen, *(fixed or {})) if name not in shown]
        if lost:
            described = ", ".join(f"{name}={garment[name]}" for name in ("category", "pattern", "trim"))
            raise InputError(
                f"factor_grid: {lost[0]}",
                f"a garment that does not show it ({described})",
                f"a category among {', '.join(HAS[lost[0]])}, and a pattern or trim for the second colour",
                "Choose other factors, or fix pattern or trim.",
            )
        rows.append([WARDROBE.code(name, garment[name] if name in shown else None) for name in WARDROBE.names])
    levels = list(itertools.product(*(range(count) for count in steps.values())))
    still = replace(Scene.drawn(seed, 0), x=0.0, y=0.0, turn=0.0, scale=0.94, object=OBJECTS[0])
    scenes = [_moved(still, steps, level) for level in levels]
    total = len(rows) * len(levels)
    recipe = {"factors": chosen, "nuisances": steps, "base": base, "seed": seed}
    images = _pictures(
        f"grid-{category}-{total}x{size}",
        recipe,
        lambda k: garment_svg(rows[k // len(levels)], seed, 0, scenes[k % len(levels)]),
        total,
        size,
        progress=progress,
        cache=cache,
        workers=workers,
    )
    labels = torch.tensor(rows, dtype=torch.int64).repeat_interleave(len(levels), dim=0)
    columns = {name: np.tile([level[k] for level in levels], len(rows)) for k, name in enumerate(steps)}
    return AttributeImages(images, labels, WARDROBE, tuple(f"g{seed}-{k:06d}" for k in range(total)), columns)


@once
def drawing_version() -> str:
    """A digest of everything that decides what a label row looks like: the sources that draw, and the renderer."""
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(__file__).parent.glob("*.py") if path.name not in NOT_DRAWING):
        digest.update(path.name.encode() + b"\0" + path.read_text(encoding="utf-8").encode())
    for library in ("resvg-py", "pillow"):
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    return digest.hexdigest()[:16]


def _pictures(
    name: str,
    recipe: Mapping[str, Any],
    svg_of: Callable[[int], str],
    n: int,
    size: int,
    *,
    progress: bool,
    cache: bool,
    workers: int | None,
) -> Tensor:
    if workers is not None:
        _whole("workers", workers, 1, None)

    def make() -> tuple[dict[str, Tensor], dict[str, Any]]:
        return {"images": torch.from_numpy(render_all(svg_of, n, size, progress, workers))}, {}

    if not cache:
        return make()[0]["images"]
    return remembered(name, {**recipe, "size": size, "drawing": drawing_version()}, make)[0]["images"]


def _moved(scene: Scene, steps: Mapping[str, int], level: Sequence[int]) -> Scene:
    moved: dict[str, Any] = {}
    for (name, count), k in zip(steps.items(), level, strict=True):
        low, high = NUISANCES[name]
        moved[name] = low + (high - low) * k / (count - 1)
    return replace(scene, **moved)


def _whole(name: str, given: object, low: int | None, high: int | None) -> None:
    fits = isinstance(given, int) and not isinstance(given, bool)
    if fits and (low is None or given >= low) and (high is None or given <= high):  # type: ignore[operator]
        return
    span = f" from {low}" + (f" to {high}" if high is not None else " up") if low is not None else ""
    raise InputError(f"wardrobe: {name}", repr(given), f"a whole number{span}", "Pass another number.")
