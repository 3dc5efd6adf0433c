"""Outfits from a seed: garments of one part of a Wardrobe, put together so that they keep every rule."""

from typing import Literal, TypeAlias

import numpy as np
import torch

from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits.outfit import EMPTY, Outfits
from adde_lite.data.outfits.rules import KEPT, RULE_BOOK, RuleBook
from adde_lite.data.wardrobe import wardrobe
from adde_lite.errors import InputError, unknown

Part: TypeAlias = Literal["train", "validation", "test"]
SHARES: dict[str, float] = {"train": 0.5, "validation": 0.25, "test": 0.25}
FIRST_SEED = 7000  # encoders elsewhere in the course learn from wardrobes 0, 1, 2, ...: these garments they never saw
DRESSES = 0.3  # share of outfits around a dress; the others have an upper and a lower
ADDED = {"outer": 0.5, "bag": 0.6, "hat": 0.4}  # share of outfits that try to have one
FEWEST = 3
TRIES = 200  # a choice may leave nothing for the last slot
FORMS = 20  # a small stock may have no such outfit at all


def wardrobe_outfits(
    count: int,
    seed: int,
    *,
    part: Part = "train",
    garments: int = 4000,
    size: int = 64,
    rules: RuleBook = RULE_BOOK,
    progress: bool = True,
    cache: bool = True,
    workers: int | None = None,
) -> Outfits:
    """Outfits that keep every rule, of rendered garments.

    One Wardrobe is cut into three parts by product, so that no garment is in the outfits of two of them.

    Args:
        count: number of outfits. A smaller count is a prefix of a larger one.
        seed: another seed is another wardrobe and other outfits.
        part: "train" has half of the garments, "validation" and "test" a quarter each.
        garments: size of the Wardrobe that is cut.
        size, progress, cache, workers: as in `wardrobe`.
        rules: the book that all outfits keep.

    Returns:
        Outfits of three to six garments: an upper and a lower or a dress, shoes, and often an outer, a bag, a hat.

    Raises:
        InputError: an unknown part, arguments out of range, too few garments to make outfits of.
    """
    if part not in SHARES:
        raise unknown("wardrobe_outfits", "part", part, SHARES)
    drawn = wardrobe(garments, FIRST_SEED + seed, size, progress=progress, cache=cache, workers=workers)
    stock = drawn.split(SHARES, seed, by="product")[part]
    return sample_outfits(stock, count, seed, rules=rules)


def sample_outfits(stock: AttributeImages, count: int, seed: int, *, rules: RuleBook = RULE_BOOK) -> Outfits:
    """Outfits from a stock of labelled garments; every pair of garments in them keeps its rule.

    Outfit k depends on (seed, k), the stock and the rules alone. Slots are filled in random order, each by a garment
    drawn among those that go with all that is there.

    Args:
        stock: garments of the schema of `rules`.
        count: number of outfits, at least 1.
        seed: same seed, same outfits.
        rules: the book.

    Raises:
        InputError: a count below 1, a book without the slots of outfits, or a stock without garments that go together.
    """
    if count < 1:
        raise InputError("sample_outfits, count", str(count), "at least 1", "Ask for some outfits.")
    goes = (rules.against(stock.labels) == KEPT).numpy()
    slot = rules.slot_of[stock.labels[:, rules.schema.index("category")]].numpy()
    names = [name for name, _ in rules.slots]
    for name in ("upper", "lower", "dress", "shoes", *ADDED):
        if name not in names:
            raise unknown("sample_outfits, rules", "slot", name, names)
    items = torch.full((count, len(names)), EMPTY)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        found = _outfit(goes, slot, names, rng)
        if found is None:
            given = f"{len(stock)} garments of which no upper, lower and shoes or dress, shoes and bag go together"
            raise InputError("sample_outfits, stock", given, "a larger stock", "Take some thousand garments.")
        items[k, : len(found)] = torch.tensor(found)
    return Outfits(stock, items[:, : int((items != EMPTY).sum(1).max())])


def _outfit(goes: np.ndarray, slot: np.ndarray, names: list[str], rng: np.random.Generator) -> list[int] | None:
    """Garments that go together; None where neither form nor garments can be found."""
    for _ in range(FORMS):
        wanted = [names.index(name) for name in _form(rng)]
        for _ in range(TRIES):
            found = _filled(goes, slot, wanted, rng)
            if found:
                return found
    return None


def _form(rng: np.random.Generator) -> list[str]:
    """The slots of one outfit."""
    while True:
        body = ["dress"] if rng.random() < DRESSES else ["upper", "lower"]
        form = [*body, "shoes", *(name for name, share in ADDED.items() if rng.random() < share)]
        if len(form) >= FEWEST:
            return form


def _filled(goes: np.ndarray, slot: np.ndarray, wanted: list[int], rng: np.random.Generator) -> list[int] | None:
    """Garments for the slots, in the order of the slots; None where a slot finds nothing that fits."""
    chosen: dict[int, int] = {}
    fits = np.ones(len(slot), dtype=bool)
    for place in rng.permutation(wanted):
        pool = np.flatnonzero(fits & (slot == place))
        if not len(pool):
            return None
        chosen[int(place)] = int(rng.choice(pool))
        fits &= goes[chosen[int(place)]]
    return [chosen[place] for place in sorted(chosen)]
