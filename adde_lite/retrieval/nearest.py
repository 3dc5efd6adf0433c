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


def check_lengths(lengths: Tensor, what: str, remedy: str = "Look at the image it came from, or drop it.") -> None:
    """Raise InputError unless all lengths (N,) are finite and above 0; it names the row, after `what` they are of."""
    bad = ~(lengths.isfinite() & (lengths > 0))
    if bad.any():
        row = int(bad.nonzero()[0])
        raise InputError(f"{what} {row}", f"length {float(lengths[row])}", "a finite length above 0", remedy)


def check_k(k: int, there: int, *, filtered: bool = False) -> None:
    """Raise InputError unless k is a whole number within 1 .. there, the rows of the gallery or those of a filter."""
    whole = isinstance(k, int) and not isinstance(k, bool)
    if not whole or not 1 <= k <= there:
        of = "what the filter leaves" if filtered else "the size of the gallery"
        remedy = "Write int(k)." if not whole else "Ask for fewer results." if k > 0 else "Ask for some results."
        raise InputError("k", repr(k), f"1 to {there}, {of}", remedy)


def nearest(queries: Tensor, gallery: Tensor, k: int) -> Tensor:
    """Rows of the k gallery vectors with the largest inner product: (Q, D) and (N, D) -> int64 (Q, k), best first.

    Raises:
        InputError: k is not within 1 .. N.
    """
    check_k(k, len(gallery))
    at_once = max(1, SCORES_AT_ONCE // len(gallery))
    found: list[Tensor] = [(part @ gallery.T).topk(k, dim=1).indices for part in queries.split(at_once)]
    return torch.cat(found)
