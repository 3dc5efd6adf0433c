"""Completing outfits: which garment of a stock goes with what is there, by a trained model.

The weights of a model look at categories alone. So the whole stock can be represented beforehand, each category once
for every partner category, and an outfit of any length is answered by one look into the table of each of its garments.
"""

from functools import lru_cache
from typing import cast

import torch
from torch import Tensor, nn

from adde_lite.errors import InputError
from adde_lite.models.outfits.matching import candidate_distances, pair_distances
from adde_lite.models.outfits.represents import OutfitModel

AT_ONCE = 256  # outfits whose distances are in memory at a time


class Completion:
    """A stock of garments, judged by a model.

    Args:
        model: in evaluation mode.
        features: float (N, A, d), embeddings of the stock; they must not change afterwards.
        categories: int64 (N,).

    Raises:
        InputError: another number of categories than of embeddings.
    """

    def __init__(self, model: OutfitModel, features: Tensor, categories: Tensor) -> None:
        if len(features) != len(categories):
            given, expected = f"{len(categories)} categories", f"{len(features)}, one an embedding"
            raise InputError("completion", given, expected, "Pass both of the same stock.")
        self.model, self.features, self.categories = model, features, categories
        cast(nn.Module, model).eval()
        self._index = lru_cache(maxsize=None)(self._represented)
        self._rows = lru_cache(maxsize=None)(lambda category: (categories == category).nonzero()[:, 0])

    @torch.no_grad()
    def option_scores(self, given: Tensor, options: Tensor) -> Tensor:
        """How well each option completes its outfit, float (Q, K): minus the mean distance, so 0 is best.

        Args:
            given: int64 (Q, L), rows of the garments that are there, -1 where there are fewer.
            options: int64 (Q, K), rows; they may be of several categories.

        Raises:
            InputError: an outfit without a garment.
        """
        pairs = zip(given.split(AT_ONCE), options.split(AT_ONCE), strict=True)
        return -torch.cat([candidate_distances(self.model, self.features, self.categories, *pair) for pair in pairs])

    @torch.no_grad()
    def outfit_scores(self, items: Tensor) -> Tensor:
        """How well the garments of each outfit go together, float (S,): minus the mean distance over its pairs.

        A pair counts twice, each of its garments being looked for once, so the order of the garments does not matter.

        Args:
            items: int64 (S, L), rows, -1 where there are fewer.

        Raises:
            InputError: an outfit of fewer than two garments.
        """
        present = items >= 0
        single = present.sum(1) < 2
        if single.any():
            row = int(single.nonzero()[0])
            given = f"{int(present[row].sum())} garment(s)"
            raise InputError(f"outfit {row}", given, "at least 2: pairs are compared", "Leave it out.")
        scores = []
        for some, there in zip(items.split(AT_ONCE), present.split(AT_ONCE), strict=True):
            distances = pair_distances(self.model, self.features, self.categories, some, some.clamp(min=0))
            pairs = there[:, :, None] & there[:, None] & ~torch.eye(items.shape[1], dtype=torch.bool)
            scores.append(-(distances * pairs).sum((1, 2)) / pairs.sum((1, 2)))
        return torch.cat(scores)

    @torch.no_grad()
    def category_scores(self, given: Tensor, category: int) -> tuple[Tensor, Tensor]:
        """All garments of a category as completions of one outfit, from the tables.

        Args:
            given: int64 (L,), rows of the garments that are there.
            category: of the garment that is looked for.

        Returns:
            Rows int64 (K,), those of the category that are not in the outfit; and their scores, float (K,), those of
            `option_scores`.

        Raises:
            InputError: no garment given, or none of the category left to choose from.
        """
        rows = self._rows(category)
        free = ~torch.isin(rows, given)
        if not free.any():
            remedy = "Ask for a category of the stock."
            raise InputError("completion", f"category {category}: nothing in stock", "at least one garment", remedy)
        there, of_given = self._given(given, category)
        total = torch.zeros(len(rows))
        for one, of in zip(there, of_given.tolist(), strict=True):
            total += torch.linalg.vector_norm(self._index(of, category) - one, dim=1)
        return rows[free], -total[free] / len(there)

    @torch.no_grad()
    def embedding_scores(self, given: Tensor, category: int, embeddings: Tensor) -> Tensor:
        """Garments that are not in stock as completions of one outfit, such as one with an attribute swapped.

        Args:
            given, category: as `category_scores`.
            embeddings: float (K, A, d).

        Returns:
            Scores, float (K,).

        Raises:
            InputError: no garment given.
        """
        there, of_given = self._given(given, category)
        sought = self.model.represent(embeddings, of_given[:, None], torch.tensor(category))
        mean: Tensor = torch.linalg.vector_norm(sought - there[:, None], dim=2).mean(0)
        return -mean

    def complete(self, given: Tensor, category: int, k: int) -> Tensor:
        """The k best garments of a category for one outfit, rows int64 (k,), best first.

        Args:
            given, category: as `category_scores`.
            k: from 1 to the number of garments to choose from.

        Raises:
            InputError: k out of range, or as `category_scores`.
        """
        rows, scores = self.category_scores(given, category)
        if not 1 <= k <= len(rows):
            raise InputError("k", str(k), f"1 to {len(rows)}, the garments to choose from", "Ask for fewer.")
        return rows[scores.argsort(descending=True, stable=True)[:k]]

    def gallery_scores(self, given: Tensor, category: Tensor) -> Tensor:
        """Scores of the whole stock, float (Q, N), for `metrics.outfits.recall_at_k`.

        Garments of another category, and those of the outfit, get -inf.

        Args:
            given: int64 (Q, L), as `option_scores`.
            category: int64 (Q,), that of the garment that is looked for.

        Raises:
            InputError: as `category_scores`.
        """
        scores = torch.full((len(given), len(self.categories)), -torch.inf)
        for line, there, wanted in zip(scores, given, category.tolist(), strict=True):
            rows, found = self.category_scores(there, wanted)
            line[rows] = found
        return scores

    def _given(self, given: Tensor, category: int) -> tuple[Tensor, Tensor]:
        """What is there, as it is seen beside a category, float (L, D), and its own categories, int64 (L,)."""
        rows = given[given >= 0]
        if not len(rows):
            raise InputError("outfit", "no garment", "at least one", "Begin with a garment.")
        of_given = self.categories[rows]
        return self.model.represent(self.features[rows], of_given, torch.tensor(category)), of_given

    def _represented(self, given: int, target: int) -> Tensor:
        rows = self._rows(target)
        return self.model.represent(self.features[rows], torch.tensor(given), torch.tensor(target))
