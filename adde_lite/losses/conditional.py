"""The triplet loss under a condition: nearer to the positive than to the negative, as this one attribute sees it."""

from torch import Tensor
from torch.nn import functional as F


def triplet_margin(near: Tensor, far: Tensor, margin: float) -> Tensor:
    """max(0, near - far + margin), one number a triplet: distances to positives and to negatives, of equal shapes."""
    return (near - far + margin).relu()


def conditional_triplet(blocks: Tensor, rows: Tensor, condition: Tensor, margin: float) -> Tensor:
    """Mean of max(0, D_c(i, j) - D_c(i, l) + m) over triplets (i, j, l) under c; 0 where there is none.

    Args:
        blocks: float (N, A, d), where each image lies for each condition.
        rows: int64 (T, 3), anchor i, positive j and negative l as rows of `blocks`.
        condition: int64 (T,), the c of each.
        margin: m >= 0.

    D_c is Euclidean and not squared, with 1e-6 added to each difference, as in the public code of CSN.
    """
    anchor, positive, negative = (blocks[role, condition] for role in rows.T)
    near, far = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return triplet_margin(near, far, margin).sum() / max(1, len(rows))
