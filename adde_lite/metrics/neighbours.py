"""The nearest others of every point of a set, in parts that fit into memory."""

import torch
from torch import Tensor

from adde_lite.errors import InputError

DISTANCES_AT_ONCE = 1 << 26  # 256 MB of float32


def nearest_others(points: Tensor, k: int) -> Tensor:
    """Rows of the k points nearest to each, by Euclidean distance, without itself: (N, d) -> int64 (N, k).

    Args:
        points: float (N, d).
        k: 1 to N - 1.
    """
    found = []
    for rows in torch.arange(len(points)).split(max(1, DISTANCES_AT_ONCE // len(points))):
        apart = torch.cdist(points[rows], points)
        apart[torch.arange(len(rows)), rows] = torch.inf
        found.append(apart.topk(k, largest=False).indices)
    return torch.cat(found)


def check_k(k: int) -> None:
    """Raise InputError for fewer than one neighbour."""
    if k < 1:
        raise InputError("k", str(k), "at least 1", "Ask for some neighbours.")
