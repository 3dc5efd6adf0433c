"""Counting in place of learning: which values meet more often in outfits than they would by chance.

The simplest model that could win: a classifier reads every garment, and for each pair of categories and each attribute
a table says how much more often two values stand in one outfit than independent ones would. p_a are the class
probabilities of a garment, n the (soft) counts over the outfits:

    score(o, s) = sum_a p_a(o)' log[ (n_a(v, v') + s) / (n_a(v) n_a(v') / n + s) ] p_a(s)
"""

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema

SMOOTHING = 2.0  # so many pairs are added to what was counted and to what was expected
PAIRS_AT_ONCE = 8192


class LabelStatistics:
    """Tables of one set of outfits.

    Args:
        schema: of the probabilities.
        probabilities: float (N, J), of the garments of the training stock, each attribute's block summing to 1.
        categories: int64 (N,), below the number of values of the schema's largest attribute.
        items: int64 (M, L), the outfits, -1 where one has fewer garments.
    """

    def __init__(self, schema: AttributeSchema, probabilities: Tensor, categories: Tensor, items: Tensor) -> None:
        self._sizes = list(schema.sizes)
        self._categories = int(categories.max()) + 1
        there = items >= 0
        both = there[:, :, None] & there[:, None] & ~torch.eye(items.shape[1], dtype=torch.bool)
        outfit, first, second = both.nonzero(as_tuple=True)
        one, other = items[outfit, first], items[outfit, second]
        pair = categories[one] * self._categories + categories[other]
        self._tables = [
            self._table(block[one], block[other], pair) for block in probabilities.split(self._sizes, dim=1)
        ]

    def option_scores(self, probabilities: Tensor, categories: Tensor, given: Tensor, options: Tensor) -> Tensor:
        """How well each option completes its outfit, float (Q, K), the mean over the garments that are there.

        Args:
            probabilities: float (N, J), of the stock that the rows count in.
            categories: int64 (N,), of the same.
            given: int64 (Q, L), -1 where there are fewer.
            options: int64 (Q, K).
        """
        rows, present = given.clamp(min=0)[:, :, None], given >= 0
        options = options[:, None]
        pair = categories[rows] * self._categories + categories[options]
        total = torch.zeros(pair.shape)
        for table, block in zip(self._tables, probabilities.split(self._sizes, dim=1), strict=True):
            expected = torch.einsum("qlkv,qlkvw->qlkw", block[rows].expand(*pair.shape, -1), table[pair])
            total += (expected * block[options]).sum(3)
        mean: Tensor = (total * present[..., None]).sum(1) / present.sum(1, keepdim=True)
        return mean

    def _table(self, one: Tensor, other: Tensor, pair: Tensor) -> Tensor:
        """The logarithms of one attribute, float (C * C, n_a, n_a)."""
        counts = torch.zeros(self._categories**2, one.shape[1], other.shape[1])
        parts = (column.split(PAIRS_AT_ONCE) for column in (one, other, pair))
        for left, right, at in zip(*parts, strict=True):
            counts.index_add_(0, at, left[:, :, None] * right[:, None])
        whole = counts.sum((1, 2), keepdim=True).clamp(min=1)
        by_chance = counts.sum(2, keepdim=True) * counts.sum(1, keepdim=True) / whole
        return ((counts + SMOOTHING) / (by_chance + SMOOTHING)).log()
