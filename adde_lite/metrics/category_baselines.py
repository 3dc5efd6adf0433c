"""What categories alone say about a missing piece: how popular each is, and which are worn together.

The simplest answers that could win. Both count in training outfits and score options by their category, higher is
better; with options of one category they cannot tell them apart, which is what such questions are made for.
"""

import torch
from torch import Tensor

from adde_lite.errors import InputError

EMPTY = -1
SMOOTHING = 1.0  # outfits added to every count: two categories never seen together are unlikely, not impossible


def category_popularity(training: Tensor, options: Tensor) -> Tensor:
    """Score of each option: how many training outfits hold its category.

    Args:
        training: int64 (M, L), categories of the garments of each outfit, EMPTY (-1) where there is none.
        options: int64 (Q, K), categories.

    Returns:
        float32 (Q, K).

    Raises:
        InputError: types or shapes that do not fit, no training outfit.
    """
    held = _held(training, options)
    return held.sum(0)[options].float()


def category_co_occurrence(training: Tensor, given: Tensor, options: Tensor, *, smoothing: float = SMOOTHING) -> Tensor:
    """Score of each option: the mean over the given garments of the pointwise mutual information of the categories.

    PMI(a, b) = log (n_ab + s) (n + s) / (n_a + s) (n_b + s), with n_a of n outfits that hold a, n_ab that hold both,
    and smoothing s. It asks how much more often two are together than by chance, so popular ones gain nothing.

    Args:
        training: as `category_popularity`.
        given: int64 (Q, L'), categories, EMPTY (-1) where there is none.
        options: int64 (Q, K), categories.
        smoothing: s, above 0.

    Returns:
        float32 (Q, K); 0 for a question without given garments.

    Raises:
        InputError: as `category_popularity`, or a smoothing that is not above 0.
    """
    if not smoothing > 0:
        raise InputError("smoothing", str(smoothing), "above 0", "Take 1, one more outfit for each pair.")
    held = _held(training, options, given)
    single, both = held.sum(0) + smoothing, held.T @ held
    both.fill_diagonal_(0)  # an outfit has each category once, so "together with itself" was never seen
    information = ((both + smoothing) * (len(training) + smoothing) / (single[:, None] * single)).log()
    shown = given != EMPTY
    each = information[given.clamp(min=0)[:, :, None], options[:, None]] * shown[:, :, None]
    return (each.sum(1) / shown.sum(1, keepdim=True).clamp(min=1)).float()


def _held(training: Tensor, *asked: Tensor) -> Tensor:
    """Which outfit holds which category, float64 (M, C)."""
    for tensor in (training, *asked):
        if tensor.dtype != torch.int64 or tensor.ndim != 2 or (tensor.numel() and tensor.min() < EMPTY):
            found = f"{tensor.dtype} {tuple(tensor.shape)}"
            raise InputError("categories", found, "int64 (number, L), codes or -1", "Give one line an outfit.")
    if not len(training):
        raise InputError("training", "no outfit", "at least one", "There is nothing to count.")
    count = 1 + max(int(tensor.max()) for tensor in (training, *asked) if tensor.numel())
    held = torch.zeros(len(training), count + 1, dtype=torch.float64)
    held.scatter_(1, training.where(training != EMPTY, count), 1.0)
    return held[:, :count]
