"""The label triplet: equal labels closer than different ones, by a margin, with semi-hard negatives.

Symbols: D_ap the squared distance of anchor a and positive p, D_an that of a and a negative n, m the margin.
"""

import torch
from torch import Tensor

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.losses.missing import Missing, check_missing


def label_triplet(embeddings: Tensor, labels: Tensor, margin: float, missing: Missing = "mask") -> Tensor:
    """Mean over ordered pairs (a, p) of equal labels of max(0, m + D_ap - D_an*) (L_lt).

    D_an* belongs to the nearest negative that is strictly farther than p, or, where there is none, to the farthest
    negative: a positive among its negatives is told to leave them one step at a time (semi-hard).

    *Global* use: unit vectors of all subspaces side by side, labels (B, A). *Local* use: `local_label_triplet`.
    In stage 3 of the paper the batch is 3B rows: references, edited references with the labels of their positives,
    and negatives; the positive images are not in it.

    Distances are SQUARED, as in the public code (its comment says otherwise): between unit vectors 0 to 4, so that a
    margin of 0.5 means another angle here than in `compositional_triplet`, which does not square.

    Args:
        embeddings: (B, D), taken as given: normalise them for the paper's loss.
        labels: int64 (B,) or (B, A), -1 where missing; two rows of (B, A) match when all A values are equal.
        margin: m >= 0.
        missing: "mask" leaves out rows with a -1, and a pair without any negative; "class" is the public code: -1 is
            one more value, whose images are pulled together, and a missing negative counts as D_an* = 0. A batch of
            one label then costs m + the mean D_ap, which only collapse can lower.

    Returns:
        A number >= 0; 0 without any pair. Memory and time are O(B^2), but for the logarithm of a sort.

    Raises:
        InputError: not one row of labels per embedding, or another word for `missing`.
    """
    check_missing(missing)
    _check_rows(embeddings, labels)
    if missing == "mask":
        codes = labels[:, None] if labels.ndim == 1 else labels
        known = (codes != MISSING).all(1)
        embeddings, labels = embeddings[known], labels[known]
    groups = label_groups(labels)
    positives, paired = _positives(groups)
    distances = squared_distances(embeddings)
    wanted = distances.gather(1, positives)
    negatives, found = _semi_hard(wanted.detach(), distances.detach(), groups[:, None] != groups)
    unwanted = distances.gather(1, negatives).where(found, 0)
    if missing == "mask":
        paired = paired & found
    hinges = (margin + wanted - unwanted).relu()
    return (hinges * paired).sum() / paired.sum().clamp(min=1)


def local_label_triplet(embeddings: Tensor, labels: Tensor, margin: float, missing: Missing = "mask") -> Tensor:
    """Sum over attributes of the label triplet within each subspace; stage 1 of the public code weights it 0.2.

    Args:
        embeddings: (B, A, d), taken as given: the paper's have unit length in each subspace.
        labels: int64 (B, A), -1 where missing. A row is left out only of the attributes that it lacks.
        margin, missing: as in `label_triplet`.
    """
    _check_rows(embeddings, labels)
    attributes = zip(embeddings.unbind(1), labels.unbind(1), strict=True)
    return torch.stack([label_triplet(block, codes, margin, missing) for block, codes in attributes]).sum()


def label_groups(labels: Tensor) -> Tensor:
    """Number the distinct rows of labels: int64 (B,) or (B, A) -> (B,), equal numbers for equal rows."""
    groups: Tensor = torch.unique(labels, dim=0, return_inverse=True)[1]
    return groups


def squared_distances(vectors: Tensor) -> Tensor:
    """Squared Euclidean distances of all pairs, |x|^2 + |y|^2 - 2 x . y: (B, D) -> (B, B), never below 0."""
    products = vectors @ vectors.T
    lengths = products.diagonal()
    return (lengths[:, None] + lengths - 2 * products).clamp(min=0)


def _positives(groups: Tensor) -> tuple[Tensor, Tensor]:
    """The positives of each anchor in a row, and which of them count: both (B, K), K the largest group.

    Searching the pairs alone, instead of all B^2 places, saves half the time of the loss. Short rows repeat their last.
    """
    sizes = groups.bincount(minlength=1)
    starts = sizes.cumsum(0) - sizes
    places = torch.arange(int(sizes.max()), device=groups.device)
    size, start = sizes[groups][:, None], starts[groups][:, None]
    columns = groups.argsort()[start + places.minimum(size - 1)]
    anchors = torch.arange(len(groups), device=groups.device)[:, None]
    return columns, (places < size) & (columns != anchors)


def _semi_hard(wanted: Tensor, distances: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """The column of the semi-hard negative of every pair, and whether its anchor has a negative at all: both (B, K).

    A sorted row holds all answers: the place after all values <= D_ap is the nearest negative beyond p.

    Args:
        wanted: D_ap, (B, K).
        distances, negative: (B, B), of anchors and all others.
    """
    ordered, columns = distances.masked_fill(~negative, torch.inf).sort(1)
    last = negative.sum(1, keepdim=True) - 1
    place = torch.searchsorted(ordered, wanted, right=True).minimum(last)
    return columns.gather(1, place.clamp(min=0)), (last >= 0).expand_as(place)


def _check_rows(embeddings: Tensor, labels: Tensor) -> None:
    if len(labels) != len(embeddings):
        raise InputError(
            "labels", f"{len(labels)} rows", f"{len(embeddings)}, one an embedding", "Pass both for the same images."
        )
