"""Label rows from a seed: independent or shop-like, single garments or products in several versions.

Only `random.Random.random` is used, whose numbers Python promises never to change.
"""

import math
import random
from functools import lru_cache

from adde_lite.data.wardrobe.schema import FIRST_SHARE, WARDROBE, applicable

STYLES = 10
TASTE = 2.2  # how strongly a style prefers some values, in natural logarithms
FAME = 0.7  # how strongly the whole shop prefers some values
MOST_VARIANTS = 9  # a plain hat without trim can change its colour only, to nine others

Shares = tuple[float, ...]


def label_row(index: int, seed: int, correlation: float, variants: int) -> tuple[int, ...]:
    """The label codes of one image.

    Args:
        index: number of the image; images of one product stand side by side.
        seed: of the data set.
        correlation: 0 draws values independently, 1 draws all of them from one style.
        variants: versions of each product, 1 to MOST_VARIANTS; all but the first differ from it in one attribute.
    """
    product, version = divmod(index, variants)
    garment = _garment(product, seed, correlation)
    if version:
        name, value = _changes(garment, f"{seed}/{product}/versions", variants - 1)[version - 1]
        garment[name] = value
    shown = applicable(garment)
    return tuple(WARDROBE.code(name, garment[name] if name in shown else None) for name in WARDROBE.names)


def base_shares(attribute: str) -> Shares:
    """Shares of an attribute's values in a drawer without styles."""
    count = len(WARDROBE.options(attribute))
    first = FIRST_SHARE.get(attribute, 1 / count)
    return (first, *[(1 - first) / (count - 1)] * (count - 1))


def _garment(product: int, seed: int, correlation: float) -> dict[str, str]:
    rng = random.Random(f"{seed}/{product}/labels")
    weights, styles = _styles(seed)
    style = styles[_pick(rng.random(), weights)]
    garment = {}
    for name, options, shares in zip(WARDROBE.names, WARDROBE.values, style, strict=True):
        in_style, where = rng.random() < correlation, rng.random()
        garment[name] = options[_pick(where, shares if in_style else base_shares(name))]
    return garment


def _changes(garment: dict[str, str], key: str, count: int) -> list[tuple[str, str]]:
    """Different changes of one attribute that leave everything else as it is, applicability included."""
    shown = applicable(garment)
    possible = [
        (name, value)
        for name, options in zip(WARDROBE.names, WARDROBE.values, strict=True)
        for value in options
        if name != "category" and name in shown and value != garment[name]
        if applicable(garment | {name: value}) == shown
    ]
    rng = random.Random(key)
    chosen: list[tuple[str, str]] = []
    while len(chosen) < count:
        names = sorted({name for name, _ in possible})
        name = names[int(rng.random() * len(names))]  # attribute first, or colour's ten values would be half of all
        values = [change for change in possible if change[0] == name]
        chosen.append(values[int(rng.random() * len(values))])
        possible.remove(chosen[-1])
    return chosen


@lru_cache(maxsize=8)
def _styles(seed: int) -> tuple[Shares, tuple[tuple[Shares, ...], ...]]:
    """Shares of the styles, long-tailed, and the shares of all values in each of them."""
    rng = random.Random(f"{seed}/styles")
    fame = [[FAME * _normal(rng) for _ in options] for options in WARDROBE.values]
    styles = []
    for _ in range(STYLES):
        rows = []
        for name, liked in zip(WARDROBE.names, fame, strict=True):
            raw = [s * math.exp(f + TASTE * _normal(rng)) for s, f in zip(base_shares(name), liked, strict=True)]
            rows.append(tuple(weight / sum(raw) for weight in raw))
        styles.append(tuple(rows))
    tail = [1 / (rank + 1) for rank in range(STYLES)]
    return tuple(weight / sum(tail) for weight in tail), tuple(styles)


def _normal(rng: random.Random) -> float:
    """A number that is nearly normal: the sum of twelve uniform ones, which every platform adds alike."""
    return sum(rng.random() for _ in range(12)) - 6.0


def _pick(where: float, shares: Shares) -> int:
    for code, share in enumerate(shares):
        where -= share
        if where < 0:
            return code
    return len(shares) - 1
