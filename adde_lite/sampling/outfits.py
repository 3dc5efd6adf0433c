"""Outfits to learn from: one garment left out, beside others of its category that were not chosen."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adde_lite.errors import InputError


@dataclass(frozen=True, eq=False)
class LeftOut:
    """B outfits with one garment missing.

    Args:
        given: int64 (B, L), rows of the garments that are left, -1 elsewhere.
        candidates: int64 (B, 1 + M): the garment that was left out, then M others of its category.
    """

    given: Tensor
    candidates: Tensor


class LeaveOneOut:
    """Draws examples from outfits. An epoch's draw depends on seed and epoch alone.

    Args:
        items: int64 (B, L), rows of garments, -1 where an outfit has fewer.
        categories: int64 (N,), of every garment of the stock.
        negatives: M, how many others stand beside each garment that is left out; drawn with replacement.

    Raises:
        InputError: an outfit of fewer than two garments, or a category of outfits that has a single garment in stock.
    """

    def __init__(self, items: Tensor, categories: Tensor, negatives: int) -> None:
        present = items >= 0
        single = present.sum(1) < 2
        if single.any():
            row = int(single.nonzero()[0])
            given = f"{int(present[row].sum())} garment(s)"
            raise InputError(f"outfit {row}", given, "at least 2: one is left out", "Drop outfits of one garment.")
        self.items, self.categories, self.negatives = items, categories, negatives
        self._sizes = torch.bincount(categories)
        self._first = self._sizes.cumsum(0) - self._sizes
        self._by_category = categories.argsort(stable=True)
        self._place = torch.empty_like(self._by_category)
        self._place[self._by_category] = torch.arange(len(categories))
        lonely = present & (self._sizes[categories[items.clamp(min=0)]] < 2)
        if lonely.any():
            row, place = lonely.nonzero()[0].tolist()
            given = f"garment {int(items[row, place])}, the only one of its category"
            remedy = "Add garments, or drop its outfits."
            raise InputError(f"outfit {row}", given, "others that could be in its place", remedy)

    def draw(self, seed: int, epoch: int) -> LeftOut:
        """Every outfit once, in random order, each without one of its garments."""
        draws = np.random.default_rng([seed, epoch])
        items = self.items[torch.from_numpy(draws.permutation(len(self.items)))]
        present = (items >= 0).numpy()
        chosen = torch.from_numpy(np.where(present, draws.random(present.shape), -1.0).argmax(1))[:, None]
        left_out = items.gather(1, chosen)
        of = self.categories[left_out]
        others = torch.from_numpy(draws.random((len(items), self.negatives)))
        place = self._first[of] + (others * (self._sizes[of] - 1)).long()
        place += place >= self._place[left_out]  # a step over the garment itself
        candidates = torch.cat([left_out, self._by_category[place]], dim=1)
        return LeftOut(items.scatter(1, chosen, -1), candidates)
