"""Exact search among plain vectors: the largest inner products, by one product of matrices."""

import torch
from torch import Tensor

from adde_lite.errors import InputError

SCORES_AT_ONCE = 1 << 24  # 64 MB of float32


def unit(embeddings: Tensor, what: str = "embedding") -> Tensor:
    """Whole embeddings scaled to length 1: (N, A, d) -> (N, A * d).

    Raises:
        InputError: one is zero, infinite or not a number; names its row, after `what` the rows are.
    """
    whole = embeddings.flatten(1)
    length = whole.norm(dim=1, keepdim=True)
    check_lengths(length[:, 0], what)
    scaled: Tensor = whole / length
    return scaled


def check_lengths(lengths: Tensor, what: str) -> None:
    """Raise InputError unless all lengths (N,) are finite and above 0; it names the row, after `what` they are of."""
    bad = ~(lengths.isfinite() & (lengths > 0))
    if bad.any():
        row = int(bad.nonzero()[0])
        remedy = "Look at the image it came from, or drop it."
        raise InputError(f"{what} {row}", f"length {float(lengths[row])}", "a finite length above 0", remedy)


def nearest(queries: Tensor, gallery: Tensor, k: int) -> Tensor:
    """Rows of the k gallery vectors with the largest inner product: (Q, D) and (N, D) -> int64 (Q, k), best first.

    Raises:
        InputError: k is not within 1 .. N.
    """
    if not 1 <= k <= len(gallery):
        raise InputError("k", str(k), f"1 to {len(gallery)}, the size of the gallery", "Ask for fewer results.")
    at_once = max(1, SCORES_AT_ONCE // len(gallery))
    found: list[Tensor] = [(part @ gallery.T).topk(k, dim=1).indices for part in queries.split(at_once)]
    return torch.cat(found)
