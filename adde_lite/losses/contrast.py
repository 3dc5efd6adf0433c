"""The label contrast: images of one value closer to each other than to the rest of the batch."""

import torch
from torch import Tensor

from adde_lite.attributes import MISSING


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
