"""The outfit ranking loss (Lin, Tran and Davis, CVPR 2020): the whole outfit judges a garment, not one pair of it.

Symbols: D(O, s) the mean over the garments o_i of an outfit O of the distance between o_i and a candidate s, p the
garment that was left out, N others of its category.

    L = max(0, D(O, p) - D_N + m),   D_N = min or mean over n in N of D(O, n)

The text of the paper, as it could be read, says min; its figure leaves it open. The two differ: min learns from the
hardest negative alone, mean is satisfied as soon as the others are far on average.
"""

from typing import Literal

from torch import Tensor

from adde_lite.errors import InputError

OUTFIT_MARGIN = 0.3

Aggregate = Literal["min", "mean"]


def outfit_distance(distances: Tensor, present: Tensor) -> Tensor:
    """D(O, s), the mean over the garments of each outfit; their order does not matter.

    Args:
        distances: float (B, L, K), from each garment to each of K candidates.
        present: bool (B, L), False where an outfit has fewer garments.

    Returns:
        float (B, K).

    Raises:
        InputError: an outfit without a garment.
    """
    empty = ~present.any(1)
    if empty.any():
        where = f"outfit {int(empty.nonzero()[0])}"
        raise InputError(where, "no garment beside the one that is looked for", "at least one", "Leave it out.")
    total: Tensor = distances.masked_fill(~present[..., None], 0.0).sum(1)
    return total / present.sum(1, keepdim=True)


def outfit_ranking(
    positive: Tensor, negatives: Tensor, margin: float = OUTFIT_MARGIN, aggregate: Aggregate = "min"
) -> Tensor:
    """Mean over the batch of max(0, D_p - D_N + m). It equals the margin where all garments have become one point.

    Args:
        positive: D(O, p), float (B,).
        negatives: D(O, n), float (B, M).
        margin: m.
        aggregate: how the negatives become D_N.
    """
    together = negatives.amin(1) if aggregate == "min" else negatives.mean(1)
    return (positive - together + margin).relu().mean()
