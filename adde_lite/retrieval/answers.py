"""Several ways to answer the same edit queries, judged query by query: means, intervals, differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from adde_lite.errors import unknown
from adde_lite.metrics.intervals import Interval, bootstrap_intervals
from adde_lite.metrics.retrieval import (
    attributes_kept,
    mean_average_precision,
    ndcg,
    ndcg_others,
    ndcg_target,
    target_precision,
    top_k_accuracy,
)
from adde_lite.sampling import Queries


@dataclass(frozen=True, eq=False)
class Answers:
    """What each row found for Q queries, and how good that is.

    Args:
        found: for each row the gallery positions, int64 (Q, k), best first.
        scores: for each row and measure the value of every query, float64 (Q,): `top_1` and so on, `ndcg`,
            `ndcg_target`, `ndcg_others`, `average_precision`, `target_precision`, `attributes_kept`, all from 0 to 1.
        reference: int64 (Q,), the garment that each query edits. Intervals draw garments with all their queries,
            since edits of one garment succeed and fail together.
    """

    found: Mapping[str, Tensor]
    scores: Mapping[str, Mapping[str, Tensor]]
    reference: Tensor

    @classmethod
    def judged(
        cls,
        found: Mapping[str, Tensor],
        gallery_labels: Tensor,
        queries: Queries,
        cutoffs: tuple[int, ...],
        *,
        exclude_self: bool = False,
    ) -> Self:
        """Score what was found.

        Args:
            found: as in the class.
            gallery_labels: int64 (N, A), what the positions count in.
            queries: the Q queries.
            cutoffs: the k of top-k accuracy, none above that of `found`; all other measures take all results.
            exclude_self: the reference stands in the gallery, at its own number, and could not be found.
        """
        relevant = _holders(gallery_labels, queries.target)
        if exclude_self:
            relevant -= (gallery_labels[queries.reference] == queries.target).all(1).long()
        scores = {
            row: _scores(gallery_labels[positions], queries, cutoffs, relevant) for row, positions in found.items()
        }
        return cls(dict(found), scores, queries.reference)

    def means(self) -> dict[str, dict[str, float]]:
        """Each row's measures, means over the queries."""
        return {
            row: {measure: float(values.mean()) for measure, values in measures.items()}
            for row, measures in self.scores.items()
        }

    def intervals(self, *, level: float = 0.95, draws: int = 1000, seed: int = 0) -> dict[str, dict[str, Interval]]:
        """The bootstrap interval of each of the means; arguments and errors as `bootstrap_interval`."""
        return {
            row: bootstrap_intervals(measures, groups=self.reference, level=level, draws=draws, seed=seed)
            for row, measures in self.scores.items()
        }

    def difference(
        self, row: str, other: str, *, level: float = 0.95, draws: int = 1000, seed: int = 0
    ) -> dict[str, Interval]:
        """By measure, the interval of the mean of `row` - `other`, query by query.

        Raises:
            InputError: a row that was not answered; otherwise as `bootstrap_interval`.
        """
        for name in (row, other):
            if name not in self.scores:
                raise unknown("answers", "row", name, tuple(self.scores))
        ahead = {measure: values - self.scores[other][measure] for measure, values in self.scores[row].items()}
        return bootstrap_intervals(ahead, groups=self.reference, level=level, draws=draws, seed=seed)


def _holders(gallery_labels: Tensor, target: Tensor) -> Tensor:
    """How many gallery rows equal each target row: int64 (Q,) from (N, A) and (Q, A)."""
    kind = torch.unique(torch.cat([gallery_labels, target]), dim=0, return_inverse=True)[1]
    offered, wanted = kind.split([len(gallery_labels), len(target)])
    counts: Tensor = torch.bincount(offered, minlength=int(kind.max()) + 1)[wanted]
    return counts


def _scores(found: Tensor, queries: Queries, cutoffs: tuple[int, ...], relevant: Tensor) -> dict[str, Tensor]:
    target, edited = queries.target, queries.edited
    return {f"top_{k}": top_k_accuracy(found[:, :k], target, per_query=True) for k in cutoffs} | {
        "ndcg": ndcg(found, target, per_query=True),
        "ndcg_target": ndcg_target(found, target, edited, per_query=True),
        "ndcg_others": ndcg_others(found, target, edited, per_query=True),
        "average_precision": mean_average_precision(found, target, relevant=relevant, per_query=True),
        "target_precision": target_precision(found, target, edited, per_query=True),
        "attributes_kept": attributes_kept(found, target, edited, per_query=True),
    }
