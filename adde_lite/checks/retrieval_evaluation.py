"""Checks of notebook 06: a discounted sum, the interval of a difference, and a weight for each attribute."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.metrics.retrieval import ndcg
from adde_lite.retrieval.nearest import nearest
from adde_lite.retrieval.weighting import WEIGHTS, edited_weighted

TWELFTHS = 12  # relevances of the cases: shares of twelve attributes


def _rankings() -> Sequence[Case]:
    return [
        (torch.tensor(right, dtype=torch.float64) / TWELFTHS,) for right in ([12, 9, 6], [3, 12, 0, 12], [0, 0, 12])
    ]


def _score(relevance: Tensor) -> float:
    wrong = torch.arange(TWELFTHS) >= (relevance * TWELFTHS).round()[:, None]
    return ndcg(wrong.long()[None], torch.zeros(1, TWELFTHS, dtype=torch.int64))


def _discounts(k: int) -> Tensor:
    return 1 / torch.log(torch.arange(2, k + 2, dtype=torch.float64))


def _best_of_the_same(relevance: Tensor) -> float:
    best = _score(relevance.sort(descending=True).values)
    return _score(relevance) / best if best else 0.0


ranking_score = Exercise(
    "ranking_score",
    _score,
    cases=_rankings,
    slips=(
        Slip(
            "You took the relevance as it is. The gain of a place is 2 ** relevance - 1: a half counts less than half.",
            lambda relevance: relevance @ _discounts(len(relevance)) / _discounts(len(relevance)).sum(),
        ),
        Slip(
            "You divide by the best order of *these* results, so a bad list in a good order looks perfect. Here Z is "
            "the sum for results that are all correct.",
            _best_of_the_same,
        ),
        Slip(
            "This is the sum before it is divided by Z: it grows with the length of the list.",
            lambda relevance: _score(relevance) * _discounts(len(relevance)).sum(),
        ),
        Slip(
            "The places are not discounted: every rank counts the same. Divide by log(j + 1).",
            lambda relevance: (2**relevance - 1).mean(),
        ),
    ),
)


def _answers() -> Sequence[Case]:
    cases: list[Case] = []
    for seed, queries in enumerate([40, 25, 60]):
        dice = torch.Generator().manual_seed(seed)
        hard = torch.rand(queries, generator=dice)  # what is hard for one is hard for the other
        ours, theirs = (
            (hard + 0.1 * torch.rand(queries, generator=dice) < share).double() for share in (0.7, 0.5 + 0.1 * seed)
        )
        cases.append((ours, theirs, torch.randint(queries, (200, queries), generator=dice)))
    return cases


def _ends(means: Tensor) -> Tensor:
    return torch.from_numpy(np.percentile(means.double().numpy(), [2.5, 97.5]))


def _paired(ours: Tensor, theirs: Tensor, draws: Tensor) -> Tensor:
    return _ends((ours - theirs)[draws].mean(1))


def _apart(ours: Tensor, theirs: Tensor, draws: Tensor) -> Tensor:
    mine, other = (_ends(each[draws].mean(1)) for each in (ours, theirs))
    return mine - other.flip(0)


difference_interval = Exercise(
    "difference_interval",
    _paired,
    cases=_answers,
    slips=(
        Slip(
            "You took an interval for each and compared their ends. Both answered the same queries: subtract query by "
            "query first, and what is hard for both cancels out.",
            _apart,
        ),
        Slip(
            "You subtracted the wrong way round: above zero should mean that `ours` is ahead.",
            lambda ours, theirs, draws: _paired(theirs, ours, draws),
        ),
        Slip(
            "These are percentiles of single queries, which are -1, 0 or 1. Wanted is how far the *mean* of a draw "
            "varies: one mean for each row of `draws`.",
            lambda ours, theirs, draws: _ends((ours - theirs)[draws].flatten()),
        ),
        Slip(
            "This leaves out one draw in ten. 95 % of the draws lie between the percentiles 2.5 and 97.5.",
            lambda ours, theirs, draws: torch.from_numpy(
                np.percentile((ours - theirs)[draws].mean(1).double().numpy(), [5, 95])
            ),
        ),
    ),
)

Search = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def _drawer(seed: int, noise: float, step: float) -> Search:
    """Sixty garments of three attributes, and edits whose answer is among them."""
    attributes, values, d, count = 3, 3, 4, 60
    dice = torch.Generator().manual_seed(seed)
    labels = torch.randint(values, (count, attributes), generator=dice)
    directions = torch.randn(attributes, values, d, generator=dice)
    columns = torch.arange(attributes)
    garments = directions[columns, labels] + noise * torch.randn(count, attributes, d, generator=dice)
    edited = F.one_hot(torch.arange(count) % (attributes - 1), attributes).bool()  # nobody edits the last one
    target = torch.where(edited, (labels + 1) % values, labels)
    lengths = torch.tensor([1.0, step, 1.0])[:, None]
    sought = torch.where(edited[:, :, None], lengths * directions[columns, target], garments)
    offered = F.normalize(garments.flatten(1))
    there = (labels == target[:, None]).all(2).any(1)
    return sought.flatten(1)[there], offered, edited[there], target[there], labels


def _drawers() -> Sequence[Case]:
    return [_drawer(seed, noise, step) for seed, (noise, step) in enumerate([(0.8, 0.3), (1.2, 0.5), (0.5, 0.2)])]


def _hits(sought: Tensor, offered: Tensor, edited: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    """Which attributes of the first result are right, at each of WEIGHTS: bool (W, Q, A)."""
    sizes = [sought.shape[1] // labels.shape[1]] * labels.shape[1]
    firsts = [nearest(edited_weighted(sought, edited, weight, sizes), offered, 1)[:, 0] for weight in WEIGHTS]
    return torch.stack([labels[first] == target for first in firsts])


def _best(scores: Tensor) -> Tensor:
    """The weight of the highest score in each column, of equal ones the first: (W, A) -> (A,)."""
    return torch.tensor(WEIGHTS)[scores.double().numpy().argmax(0)]


def _chosen(sought: Tensor, offered: Tensor, edited: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    right = _hits(sought, offered, edited, target, labels).all(2)
    return _best(right.double() @ edited.double())


def _one_for_all(sought: Tensor, offered: Tensor, edited: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    right = _hits(sought, offered, edited, target, labels).all(2)
    return _best(right.double().sum(1, keepdim=True).expand(-1, labels.shape[1]))


def _last_of_equal(sought: Tensor, offered: Tensor, edited: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    scores = _hits(sought, offered, edited, target, labels).all(2).double() @ edited.double()
    return torch.tensor(WEIGHTS[::-1])[scores.flip(0).numpy().argmax(0)]


def _by_new_value(sought: Tensor, offered: Tensor, edited: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    arrived = (_hits(sought, offered, edited, target, labels) & edited).any(2)
    return _best(arrived.double() @ edited.double())


weight_of_each = Exercise(
    "weight_of_each",
    _chosen,
    cases=_drawers,
    slips=(
        Slip(
            "This is the one weight that is best for all queries together. Each attribute is to be judged by the "
            "queries that edit it.",
            _one_for_all,
        ),
        Slip(
            "You count a hit where the new value has come, so heavy weights always win. The first result must be right "
            "in *every* attribute.",
            _by_new_value,
        ),
        Slip(
            "Of equally good weights you took the last. Take the first, the mildest: with no query at all that is 1.",
            _last_of_equal,
        ),
        Slip(
            "All your weights are the first: did you weight every block? A query that is longer as a whole ranks as "
            "before; only its edited block should be.",
            lambda sought, offered, edited, target, labels: torch.full((labels.shape[1],), WEIGHTS[0]),
        ),
    ),
)
