"""The triplets that a batch holds, as rows of it: listed by whoever made the batch, or drawn among its images."""

from typing import Literal, get_args

import torch
from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError, unknown

Examples = Literal["triplets", "images"]


def check_batch(rows: int, examples: Examples) -> None:
    """Raise InputError for another word, or for a batch of listed triplets that cannot be: its rows come in threes."""
    if examples not in get_args(Examples):
        raise unknown("recipe, examples", "kind", examples, get_args(Examples))
    if examples == "triplets" and rows % 3:
        remedy = "Train with examples=, the rows of triplets."
        raise InputError("batch", f"{rows} images", "triplets: anchors, as many positives, as many negatives", remedy)


def batch_triplets(labels: Tensor, examples: Examples) -> tuple[Tensor, Tensor]:
    """The triplets of a batch and their conditions: int64 (T, 3), rows of the batch, and int64 (T,).

    Args:
        labels: of the batch, -1 where hidden or missing.
        examples: "triplets" for labels (3B, A) of anchors, then positives, then negatives. A triplet counts under each
            condition of which its labels speak: anchor and positive have one value, the negative another. "images" for
            labels (B, A): each image gets one positive and one negative for each attribute that it has, drawn among
            the others of the batch; where there is none, no triplet.
    """
    return listed_triplets(labels) if examples == "triplets" else drawn_triplets(labels)


def listed_triplets(labels: Tensor) -> tuple[Tensor, Tensor]:
    """See `batch_triplets`; labels int64 (3B, A)."""
    anchor, positive, negative = labels.chunk(3)
    known = (anchor != MISSING) & (negative != MISSING)
    triplet, condition = (known & (anchor == positive) & (anchor != negative)).nonzero(as_tuple=True)
    return triplet[:, None] + len(anchor) * torch.arange(3, device=labels.device), condition


def drawn_triplets(labels: Tensor) -> tuple[Tensor, Tensor]:
    """See `batch_triplets`; labels int64 (B, A). Draws from torch's random state, which training keys by epoch."""
    codes, known = labels.T, labels.T != MISSING
    both = known[:, :, None] & known[:, None]
    same = (codes[:, :, None] == codes[:, None]) & both
    same.diagonal(dim1=1, dim2=2).fill_(False)  # an image is not its own positive
    other = (codes[:, :, None] != codes[:, None]) & both
    # On the CPU, so that a run draws the same on every device.
    chance = torch.rand(2, *same.shape).to(labels.device)
    positive, negative = (chance[k].where(able, -1.0).argmax(2) for k, able in enumerate((same, other)))
    condition, anchor = (same.any(2) & other.any(2)).nonzero(as_tuple=True)
    rows = [anchor, positive[condition, anchor], negative[condition, anchor]]
    return torch.stack(rows, dim=1), condition
