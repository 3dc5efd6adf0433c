"""One function a loss: tensors in, one differentiable number out.

Labels are codes (N, A); -1, a missing label, has no say. A batch without any usable label gives 0, never NaN.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING


def attribute_cross_entropy(logits: Tensor, labels: Tensor, sizes: Sequence[int], smoothing: float = 0.0) -> Tensor:
    """Sum over attributes of the mean cross-entropy over labelled images (L_cls).

    Args:
        logits: (N, J), the blocks of all attributes side by side.
        labels: int64 (N, A).
        sizes: number of values n_a of each attribute.
        smoothing: share of the target spread evenly over all values, 0 <= smoothing < 1.
    """
    total = logits.new_zeros(())
    for block, codes in zip(torch.split(logits, list(sizes), dim=1), labels.unbind(1), strict=True):
        known = int((codes != MISSING).sum())
        summed = F.cross_entropy(block, codes, ignore_index=MISSING, label_smoothing=smoothing, reduction="sum")
        total = total + summed / max(known, 1)
    return total


def label_contrast(embeddings: Tensor, labels: Tensor) -> Tensor:
    """Sum over attributes of the supervised contrast between the images of a batch, by inner product.

    For an image i and its partners P(i), the other images with the same value of attribute a:
    mean over i, mean over p in P(i), of -log( exp(r_i . r_p) / sum over j != i of exp(r_i . r_j) )
    (Khosla et al., NeurIPS 2020, eq. 2, without normalisation and temperature: the length of r says how sure it is).
    Classification makes the values of one image comparable, this makes the images of one gallery comparable.

    Args:
        embeddings: (N, A, d).
        labels: int64 (N, A).
    """
    blocks = embeddings.transpose(0, 1)
    scores = blocks @ blocks.mT
    codes = labels.T
    known = codes != MISSING
    others = ~torch.eye(len(embeddings), dtype=torch.bool, device=embeddings.device)
    rivals = known[:, :, None] & known[:, None, :] & others
    partners = rivals & (codes[:, :, None] == codes[:, None, :])
    # A finite floor: a row without a rival has no maximum, and its -inf would turn the gradient into NaN.
    log_share = scores.masked_fill(~rivals, torch.finfo(scores.dtype).min / 2).log_softmax(2)
    count = partners.sum(2)
    each = -(log_share * partners).sum(2) / count.clamp(min=1)
    paired = (count > 0).sum(1)
    return (each.sum(1) / paired.clamp(min=1)).sum()
