"""Checks of notebook 09: an edit by look-up, an exact rerank, and how many cells are enough."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.retrieval.scale.float_vectors import FloatVectors


def _edits() -> Sequence[Case]:
    cases: list[Case] = []
    for seed, (old, new, w) in enumerate([(0, 2, 1.0), (3, 1, 2.0), (1, 4, 0.5)]):
        dice = torch.Generator().manual_seed(seed)
        cases.append((torch.randn(6, generator=dice), torch.randn(5, 6, generator=dice), old, new, w))
    return cases


def _edited(scores: Tensor, table: Tensor, old: int, new: int, w: float) -> Tensor:
    return scores + w * (table[new] - table[old])


edited_scores = Exercise(
    "edited_scores",
    _edited,
    cases=_edits,
    slips=(
        Slip(
            "You added the new value and left the old one in. What was there has to go: subtract its row.",
            lambda scores, table, old, new, w: scores + w * table[new],
        ),
        Slip(
            "This is the edit the other way round: the new value is taken away. Which row comes, and which goes?",
            lambda scores, table, old, new, w: _edited(scores, table, new, old, w),
        ),
        Slip(
            "You weighted the scores that were there as well. Only the difference counts w times.",
            lambda scores, table, old, new, w: w * (scores + table[new] - table[old]),
        ),
        Slip(
            "You forgot w, or it is one for you. It multiplies the difference of the two rows.",
            lambda scores, table, old, new, w: scores + table[new] - table[old],
        ),
    ),
)


def _codes() -> Sequence[Case]:
    cases: list[Case] = []
    for seed, (count, n, k, noise) in enumerate([(20, 10, 3, 2.0), (30, 8, 4, 3.0), (12, 6, 2, 2.5)]):
        dice = torch.Generator().manual_seed(seed)
        points, asked = torch.randn(count, 4, generator=dice), torch.randn(3, 4, generator=dice)
        rough = asked @ points.T + noise * torch.randn(3, count, generator=dice)
        cases.append((rough, points, asked, n, k))
    return cases


def _reranked(rough: Tensor, points: Tensor, asked: Tensor, n: int, k: int) -> Tensor:
    rows = rough.topk(n, dim=1).indices
    return FloatVectors([points[:, None]]).best(asked, rows, k)[0]


def _places(rough: Tensor, points: Tensor, asked: Tensor, n: int, k: int) -> Tensor:
    rows = rough.topk(n, dim=1).indices
    return torch.einsum("qnd,qd->qn", points[rows], asked).topk(k, dim=1).indices


reranked_rows = Exercise(
    "reranked_rows",
    _reranked,
    cases=_codes,
    slips=(
        Slip(
            "These are places in the list of candidates, from 0 to n - 1. Wanted are rows of the gallery: look the "
            "places up in the candidates.",
            _places,
        ),
        Slip(
            "This is the order of the short codes: nothing is reranked. Compute exact scores of the candidates, and "
            "sort by those.",
            lambda rough, points, asked, n, k: rough.topk(k, dim=1).indices,
        ),
        Slip(
            "This is the exact search over all rows. It reads what the codes were to save; only the n candidates may "
            "be found.",
            lambda rough, points, asked, n, k: (asked @ points.T).topk(k, dim=1).indices,
        ),
        Slip(
            "You have the right rows, worst first. The best comes first.",
            lambda rough, points, asked, n, k: _reranked(rough, points, asked, n, k).flip(1),
        ),
    ),
)


def _cells() -> Sequence[Case]:
    cases: list[Case] = []
    for seed, (count, cells, enough) in enumerate([(40, 6, 3), (60, 8, 2), (50, 7, 4)]):
        dice = torch.Generator().manual_seed(seed)
        points = torch.randn(count, 5, generator=dice)
        centres = torch.randn(cells, 5, generator=dice) * torch.linspace(0.3, 2, cells)[:, None]
        home = torch.cdist(points, centres).argmin(1)
        asked = torch.randn(4, 5, generator=dice)
        cases.append((asked, centres, home, (asked @ points.T).topk(5, dim=1).indices, enough))
    return cases


def _counted(places: Tensor, home: Tensor, answers: Tensor, enough: int) -> Tensor:
    """Cells until `enough` answers are seen, when each cell of (Q, C) has its place in the order of visits."""
    return places.gather(1, home[answers]).sort(dim=1).values[:, enough - 1] + 1


def _order(asked: Tensor, centres: Tensor) -> Tensor:
    return (asked @ centres.T).argsort(dim=1, descending=True, stable=True)


def _needed(asked: Tensor, centres: Tensor, home: Tensor, answers: Tensor, enough: int) -> Tensor:
    return _counted(_order(asked, centres).argsort(dim=1), home, answers, enough)


def _by_distance(asked: Tensor, centres: Tensor, home: Tensor, answers: Tensor, enough: int) -> Tensor:
    return _counted(torch.cdist(asked, centres).argsort(dim=1).argsort(dim=1), home, answers, enough)


cells_needed = Exercise(
    "cells_needed",
    _needed,
    cases=_cells,
    slips=(
        Slip(
            "You took the order of the cells for their places. `argsort` says which cell comes first, second, third; "
            "when each cell comes is the argsort of that.",
            lambda asked, centres, home, answers, enough: _counted(_order(asked, centres), home, answers, enough),
        ),
        Slip(
            "One too few everywhere: the first place is 0, and a query that stops there has visited one cell.",
            lambda asked, centres, home, answers, enough: _needed(asked, centres, home, answers, enough) - 1,
        ),
        Slip(
            "You waited for *all* answers, or for the farthest. Sort their places: the one that makes it `enough` "
            "decides.",
            lambda asked, centres, home, answers, enough: _needed(asked, centres, home, answers, answers.shape[1]),
        ),
        Slip(
            "You visit the cells with the nearest centres. The search ranks by inner product, and so does the order of "
            "visits: the largest product first.",
            _by_distance,
        ),
    ),
)
