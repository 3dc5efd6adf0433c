"""How well do A spaces answer "similar in what?", each its own question, and each the questions of the others?

Embeddings are float (N, A, d), one block a condition; distances are Euclidean. Matrices are (A, A): the row is the
block that is asked, the column the condition that the triplets are about. A condition without a triplet is NaN.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.codes import as_codes
from adde_lite.metrics.neighbours import check_k, nearest_others
from adde_lite.sampling import ConditionalTriplets

TRIPLETS_AT_ONCE = 4096


def triplet_accuracy(blocks: Tensor, triplets: ConditionalTriplets) -> Tensor:
    """Share of the triplets of each condition that its own block gets right, float64 (A,).

    Right is a positive nearer to the anchor than the negative; equal distances count half, which is chance.

    Args:
        blocks: float (N, A, d).
        triplets: of rows of these.

    Raises:
        InputError: shapes that do not fit, or a number that is not finite.
    """
    return cross_accuracy(blocks, triplets).diagonal()


def cross_accuracy(blocks: Tensor, triplets: ConditionalTriplets) -> Tensor:
    """The same for every block on the triplets of every condition, float64 (A, A). Errors: `triplet_accuracy`."""
    if blocks.ndim != 3 or not blocks.isfinite().all():
        given = f"shape {tuple(blocks.shape)}" if blocks.ndim != 3 else "a number that is not finite"
        raise InputError("blocks", given, "finite numbers (N, A, d)", "Pass what embed gives.")
    triplets.check(*blocks.shape[:2])
    right = torch.zeros(blocks.shape[1], blocks.shape[1], dtype=torch.float64)
    for part in torch.arange(len(triplets)).split(TRIPLETS_AT_ONCE):
        some = triplets.picked(part)
        anchor, near, far = (blocks[rows] for rows in (some.anchor, some.positive, some.negative))
        lead = (anchor - far).norm(dim=2) - (anchor - near).norm(dim=2)
        right.index_add_(1, some.condition, ((lead.sign() + 1) / 2).double().T)
    return right / torch.bincount(triplets.condition, minlength=blocks.shape[1])


def disentanglement_gap(accuracy: Tensor) -> Tensor:
    """How much more a block tells of its own condition than of the others, float64 (A,).

    Entry c is the accuracy of block c on triplets of c, less the mean of its accuracies on those of each other
    condition. A block that knows its attribute and nothing else is near 1/2: all right on its own, chance on the
    others. A space that is told of no condition can be above 0 for one and is then below for another: its mean is 0.

    Args:
        accuracy: float64 (A, A), from `cross_accuracy`, A >= 2.
    """
    others = ~torch.eye(len(accuracy), dtype=torch.bool)
    return accuracy.diagonal() - accuracy.masked_fill(~others, torch.nan).nanmean(1)


def precision_at(blocks: Tensor, labels: Tensor, k: int = 10) -> Tensor:
    """Share of the k nearest in block c that have the value of c that was searched with, float64 (A,).

    Every image with a label of c is searched with among all others that have one; it does not find itself.

    Args:
        blocks: float (N, A, d).
        labels: int64 (N, A), -1 where missing.
        k: how many are looked at, at least 1.

    Raises:
        InputError: shapes that do not fit, a k below 1, or an attribute that at most k images have.
    """
    check_k(k)
    labels = _codes(blocks, labels)
    found = []
    for a in range(labels.shape[1]):
        rows = (labels[:, a] != MISSING).nonzero()[:, 0]
        if len(rows) <= k:
            raise InputError(f"labels, column {a}", f"{len(rows)} images", f"more than k = {k}", "Take more images.")
        block, codes = blocks[rows, a], labels[rows, a]
        found.append((codes[nearest_others(block, k)] == codes[:, None]).double().mean())
    return torch.stack(found)


def precision_by_chance(labels: Tensor) -> Tensor:
    """What `precision_at` expects of random neighbours, float64 (A,): two images with a label have the same one."""
    shares = []
    for codes in as_codes("labels", labels).T:
        counts = torch.bincount(codes[codes != MISSING]).double()
        shares.append((counts * (counts - 1)).sum() / (counts.sum() * (counts.sum() - 1)))
    return torch.stack(shares)


def label_blocks(labels: Tensor, schema: AttributeSchema) -> Tensor:
    """An oracle as blocks: the one-hot of the value in each, zeros where missing; float (N, A, largest n_a)."""
    codes = schema.check(labels)
    hot = F.one_hot(codes.clamp(min=0), max(schema.sizes)).float()
    return hot * (codes != MISSING)[..., None]


def pixel_blocks(images: Tensor, A: int, side: int = 16) -> Tensor:
    """The pixels as blocks, the same for all A conditions: uint8 (N, 3, H, W), averaged to `side` x `side`."""
    small = F.adaptive_avg_pool2d(images.float() / 255, side).flatten(1)
    return small[:, None].expand(-1, A, -1)


def _codes(blocks: Tensor, labels: Tensor) -> Tensor:
    codes = as_codes("labels", labels)
    if blocks.ndim != 3 or codes.shape != blocks.shape[:2]:
        given = f"{tuple(blocks.shape)} and {tuple(codes.shape)}"
        raise InputError("blocks and labels", given, "(N, A, d) and (N, A)", "Pass those of the same images.")
    return codes
