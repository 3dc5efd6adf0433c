"""All that is asked about outfits, from scores of options alone: for baselines and oracles without embeddings."""

from collections.abc import Callable

import torch
from torch import Tensor

from adde_lite.data.outfits import EMPTY

ScoreOptions = Callable[[Tensor, Tensor], Tensor]
"""Rows given, int64 (Q, L), and options, int64 (Q, K), to scores, float (Q, K)."""


class OptionScores:
    """The same answers as `Completion` gives, one question at a time.

    Args:
        score: of options.
        categories: int64 (N,), of the stock.
    """

    def __init__(self, score: ScoreOptions, categories: Tensor) -> None:
        self.option_scores, self.categories = score, categories

    def outfit_scores(self, items: Tensor) -> Tensor:
        """How well the garments of each outfit go together, float (S,): each completes the others, the mean counts."""
        places = range(items.shape[1])
        each = [self.option_scores(_without(items, place), items[:, [place]].clamp(min=0)) for place in places]
        present = items != EMPTY
        mean: Tensor = torch.cat(each, dim=1).where(present, 0).sum(1) / present.sum(1)
        return mean

    def gallery_scores(self, given: Tensor, category: Tensor) -> Tensor:
        """Scores of the whole stock, float (Q, N); -inf for other categories and for what is there already."""
        scores = torch.full((len(given), len(self.categories)), -torch.inf)
        for line, there, wanted in zip(scores, given, category.tolist(), strict=True):
            rows = (self.categories == wanted).nonzero()[:, 0]
            rows = rows[~torch.isin(rows, there)]
            line[rows] = self.option_scores(there[None], rows[None])[0]
        return scores


def _without(items: Tensor, place: int) -> Tensor:
    """The sets without the garment at a place; where there is none, the sets as they are."""
    rest = items.clone()
    rest[:, place] = EMPTY
    return rest
