"""Cells: vectors grouped around centres, of which a query visits the few that promise most (an inverted file, IVF).

The course measures with it what an index loses that reads a part of the rows. No search of this package reads a part:
see `codes`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.retrieval.nearest import nearest

ROUNDS = 8  # of k-means; more hardly move a centre


class Cells:
    """Vectors grouped by k-means; a query visits the cells whose centres have the largest inner product with it.

    Args:
        points: float (N, D).
        count: how many cells, 1 .. N.
        seed: picks the points that the centres begin at.

    Attributes:
        centres: (count, D).
        home: the cell of each point, int64 (N,).

    Raises:
        InputError: no such number of cells.
    """

    def __init__(self, points: Tensor, count: int, *, seed: int = 0) -> None:
        if not 1 <= count <= len(points):
            raise InputError("Cells, count", str(count), f"1 to {len(points)}, the points", "Ask for fewer cells.")
        order = torch.randperm(len(points), generator=torch.Generator().manual_seed(seed))
        self.centres = points[order[:count]]
        for _ in range(ROUNDS):
            self.home = _closest(points, self.centres)
            sizes = torch.bincount(self.home, minlength=count)[:, None]
            sums = torch.zeros_like(self.centres).index_add(0, self.home, points)
            self.centres = torch.where(sizes > 0, sums / sizes.clamp(min=1), self.centres)  # an empty cell stays
        self.home = _closest(points, self.centres)

    def __len__(self) -> int:
        return len(self.centres)

    def ranks(self, asked: Tensor) -> Tensor:
        """The place of every cell in the order of visits, from 0: (Q, D) -> int64 (Q, count)."""
        order = (asked @ self.centres.T).argsort(dim=1, descending=True, stable=True)
        return order.argsort(dim=1)

    def visited(self, asked: Tensor, probes: int) -> Tensor:
        """Which points lie in the first `probes` cells of each query: bool (Q, N)."""
        return self.ranks(asked)[:, self.home] < probes


class Visits(NamedTuple):
    """What visiting more and more cells costs and brings, a number each for every number of cells visited.

    `read` is the share of the points that are compared with the query, `found` the share of the exact answers among
    them; means over queries.
    """

    read: list[float]
    found: list[float]


def visits(
    cells: Cells, points: Tensor, asked: Tensor, probes: Sequence[int], *, k: int = 30, allowed: Tensor | None = None
) -> Visits:
    """How many of the k exact answers lie in the cells that queries visit.

    Args:
        cells: of these points.
        points: (N, D).
        asked: queries (Q, D), weighted.
        probes: numbers of cells to visit.
        k: 1 .. the points that are allowed.
        allowed: which points may be found, bool (N,); all by default.

    Raises:
        InputError: k out of range.
    """
    rows = torch.arange(len(points)) if allowed is None else allowed.nonzero()[:, 0]
    answers = rows[nearest(asked, points[rows], k)]
    ranks = cells.ranks(asked)
    at, sizes = ranks.gather(1, cells.home[answers]), torch.bincount(cells.home, minlength=len(cells)).double()
    return Visits(
        [float((sizes * (ranks < probe)).sum(1).mean()) / len(points) for probe in probes],
        [float((at < probe).double().mean()) for probe in probes],
    )


def _closest(points: Tensor, centres: Tensor) -> Tensor:
    """The nearest centre of each point by distance, int64 (N,)."""
    return (points @ centres.T - centres.square().sum(1) / 2).argmax(1)
