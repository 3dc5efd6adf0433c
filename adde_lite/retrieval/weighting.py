"""What counts in a search of edited queries: the weight of the edited blocks, and how blocks are scaled.

An edit says more about one attribute than about the others. So its blocks may count more than the rest; how much more
is chosen on garments kept aside.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.metrics.retrieval import top_k_accuracy
from adde_lite.retrieval.evaluation import Row, Stage, row_vectors, without_self
from adde_lite.retrieval.nearest import nearest, unit
from adde_lite.sampling import Queries

WEIGHTS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)

Scaling = Literal["whole", "blocks", "none"]


def edited_weighted(sought: Tensor, edited: Tensor, weight: float, sizes: Sequence[int]) -> Tensor:
    """Query vectors with the blocks of their edited attributes scaled by a weight: (Q, D) -> (Q, D).

    Args:
        sought: float (Q, D), blocks of `sizes` numbers side by side.
        edited: bool (Q, A).
        weight: 1 leaves them as they are.
        sizes: of the A blocks, D in all.
    """
    factors = torch.where(edited, weight, 1.0).repeat_interleave(torch.tensor(sizes), dim=1)
    weighted: Tensor = sought * factors
    return weighted


@torch.no_grad()
def weighted_search(
    row: Row, stage: Stage, queries: Queries, weight: float, k: int, *, exclude_self: bool = False
) -> Tensor:
    """Gallery positions that a row of `answer_queries` finds when edited blocks count more, int64 (Q, k).

    Args:
        row: any but `chance`; for `classifier_probability` a block is the log-probabilities of an attribute.
        stage: images and memory.
        queries: the Q queries.
        weight: of the blocks of edited attributes.
        k: how many.
        exclude_self: as in `answer_queries`.
    """
    schema = stage.memory.schema
    sought, offered = row_vectors(row, stage, queries, queries.indicator(schema, stage.references.labels))
    sizes = schema.sizes if row == "classifier_probability" else [stage.memory.d] * schema.A
    positions = nearest(edited_weighted(sought, queries.edited, weight, sizes), offered, k + exclude_self)
    return without_self(positions, queries.reference) if exclude_self else positions


def best_weight(row: Row, stage: Stage, queries: Queries, weights: Sequence[float] = WEIGHTS) -> float:
    """The weight of the edited blocks with the best top-1 accuracy; of equal ones the first.

    Choose it on garments that nothing is judged by. Arguments as `weighted_search`.
    """
    labels = stage.gallery.labels

    def right(weight: float) -> float:
        return top_k_accuracy(labels[weighted_search(row, stage, queries, weight, 1)], queries.target)

    return max(weights, key=right)


def scaled(sought: Tensor, offered: Tensor, scaling: Scaling) -> tuple[Tensor, Tensor]:
    """Queries (Q, A, d) and a gallery (N, A, d) as vectors (Q, D) and (N, D) for `nearest`.

    Args:
        sought, offered: the embeddings, as they come.
        scaling: "whole" scales each embedding to length 1, as in the paper; "blocks" each of its subspaces; "none"
            neither, and compares by Euclidean distance.

    Raises:
        InputError: for "whole", an embedding that is zero, infinite or not a number.
    """
    if scaling == "whole":
        return unit(sought, "query"), unit(offered)
    if scaling == "blocks":
        return F.normalize(sought, dim=2).flatten(1), F.normalize(offered, dim=2).flatten(1)
    # |q - g|^2 = |q|^2 - 2 (q . g - |g|^2 / 2): the nearest has the largest product, with one number more.
    queries, gallery = sought.flatten(1), offered.flatten(1)
    half = gallery.square().sum(1, keepdim=True) / 2
    return torch.cat([queries, queries.new_ones(len(queries), 1)], 1), torch.cat([gallery, -half], 1)
