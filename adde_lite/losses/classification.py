"""The classification loss: every subspace must tell the value of its own attribute."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING
from adde_lite.losses.missing import Missing, check_missing


def attribute_cross_entropy(
    logits: Tensor, labels: Tensor, sizes: Sequence[int], smoothing: float = 0.0, missing: Missing = "mask"
) -> Tensor:
    """Sum over attributes of the mean cross-entropy over labelled images (L_cls).

    Stage 1 has one such term. Stage 3 adds four: query, positive, negative, and the edited query with the labels of
    the positive.

    Args:
        logits: (N, J), the blocks of all attributes side by side.
        labels: int64 (N, A), -1 where missing.
        sizes: number of values n_a of each attribute.
        smoothing: share of the target spread evenly over all values, 0 <= smoothing < 1.
        missing: both ways leave missing labels out and differ only for an attribute that no image of the batch has:
            "mask" counts it as 0, "class" as 0 / 0 = NaN, which in the public code poisons every weight.

    Raises:
        InputError: another word for `missing`.
    """
    check_missing(missing)
    total = logits.new_zeros(())
    for block, codes in zip(torch.split(logits, list(sizes), dim=1), labels.unbind(1), strict=True):
        known = (codes != MISSING).sum()
        summed = F.cross_entropy(block, codes, ignore_index=MISSING, label_smoothing=smoothing, reduction="sum")
        total = total + summed / (known.clamp(min=1) if missing == "mask" else known)
    return total
