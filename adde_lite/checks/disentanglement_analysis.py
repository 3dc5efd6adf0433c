"""Checks of notebook 02: the gap of MIG, InfoM from its matrix, and what a criterion of choice is worth."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.metrics.disentanglement.information import gap

Array = NDArray[np.float64]
Groups = NDArray[np.int64]


def _matrices() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        draw = np.random.default_rng(seed)
        cases.append((draw.uniform(0, 1, (4, 3)), draw.uniform(1, 2, 3)))
    return cases


gap_score = Exercise(
    "gap_score",
    lambda information, entropies: (gap(information) / entropies).mean(),
    cases=_matrices,
    slips=(
        Slip(
            "This gap is in nats. A factor with many values has more of them: divide by the factor's entropy.",
            lambda information, entropies: gap(information).mean(),
        ),
        Slip(
            "You took the best minus the worst code. The gap is to the second best: what the runner-up tells too.",
            lambda information, entropies: (np.ptp(information, axis=0) / entropies).mean(),
        ),
        Slip(
            "You compared factors of one code, along the rows. MIG compares codes of one factor: go down the columns.",
            lambda information, entropies: gap((information / entropies).T).mean(),
        ),
        Slip(
            "This is what the best code tells, without the second best. Copies of it would go unnoticed.",
            lambda information, entropies: (information.max(0) / entropies).mean(),
        ),
        Slip(
            "You divided the mean gap by the mean entropy. Divide for each factor first, then take the mean.",
            lambda information, entropies: gap(information).mean() / entropies.mean(),
        ),
    ),
)


def _with_an_idle_code() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        information = np.random.default_rng(seed).uniform(0, 1, (4, 3)) ** 3
        information[seed] = 0
        cases.append((information,))
    return cases


def _share(information: Array) -> Array:
    """The largest entry of each row as a share of the row, (D,); a row of zeros is even."""
    total = information.sum(1)
    shares: Array = np.where(total > 0, information.max(1) / np.where(total > 0, total, 1), 1 / information.shape[1])
    return shares


def _rescaled(share: float, columns: int) -> float:
    return (share - 1 / columns) / (1 - 1 / columns)


info_m = Exercise(
    "info_m",
    lambda information: _rescaled(_share(information).mean(), information.shape[1]),
    cases=_with_an_idle_code,
    slips=(
        Slip(
            "This is not rescaled: an even row has the share 1 / F here, and should have 0.",
            lambda information: _share(information).mean(),
        ),
        Slip(
            "You went down the columns: that is InfoC, one code a factor. A row is a code.",
            lambda information: _rescaled(_share(information.T).mean(), information.shape[0]),
        ),
        Slip(
            "The code that tells nothing was left out. It counts as an even row.",
            lambda information: _rescaled(_share(information[information.any(1)]).mean(), information.shape[1]),
        ),
        Slip(
            "The code that tells nothing got the share 0. It counts as an even row, whose share is 1 / F.",
            lambda information: _rescaled((_share(information) * information.any(1)).mean(), information.shape[1]),
        ),
        Slip(
            "There is a row divided by zero: a code that tells nothing counts as even.",
            lambda information: np.nan,
        ),
    ),
)


def _studies() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        draw = np.random.default_rng(seed)
        groups = draw.permutation(np.repeat(np.arange(3), 4))
        scores = draw.uniform(0, 1, 12) * (1 + groups)
        cases.append((groups, draw.standard_normal(12) + scores, scores))
    return cases


def _gains(
    groups: Groups, criterion: Array, scores: Array, choose: Callable[[Array], np.intp] = np.argmax
) -> tuple[Array, Array]:
    """Of each group what was gained over its mean, and what could have been, (G,) twice."""
    gained, possible = [], []
    for group in np.unique(groups):
        own = groups == group
        gained.append(scores[own][choose(criterion[own])] - scores[own].mean())
        possible.append(scores[own].max() - scores[own].mean())
    return np.array(gained), np.array(possible)


def _worth(groups: Groups, criterion: Array, scores: Array, choose: Callable[[Array], np.intp] = np.argmax) -> float:
    gained, possible = _gains(groups, criterion, scores, choose)
    return float(gained.mean() / possible.mean())


def _mean_of_ratios(groups: Groups, criterion: Array, scores: Array) -> float:
    gained, possible = _gains(groups, criterion, scores)
    return float((gained / possible).mean())


def _over_everything(groups: Groups, criterion: Array, scores: Array) -> float:
    return _worth(np.zeros_like(groups), criterion, scores)


worth = Exercise(
    "worth",
    _worth,
    cases=_studies,
    slips=(
        Slip(
            "You kept one model of all. Each group keeps its own, and is compared with its own mean and best.",
            _over_everything,
        ),
        Slip(
            "You divided in each group and took the mean of the ratios. Take both means first, then divide.",
            _mean_of_ratios,
        ),
        Slip(
            "You kept the model with the smallest criterion.",
            lambda groups, criterion, scores: _worth(groups, criterion, scores, choose=np.argmin),
        ),
        Slip(
            "This is the share that was missed: 1 minus the share that was gained.",
            lambda groups, criterion, scores: 1 - _worth(groups, criterion, scores),
        ),
        Slip(
            "This is the gain itself. Divide it by the gain that the oracle has.",
            lambda groups, criterion, scores: _gains(groups, criterion, scores)[0].mean(),
        ),
    ),
)
