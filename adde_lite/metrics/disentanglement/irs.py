"""Interventional robustness (Suter, Miladinovic, Schölkopf and Bauer 2019).

    robustness_jk = 1 - E_v[ largest |z_j - E(z_j | v_k = v)| given v_k = v ] / largest |z_j - E z_j|
    IRS = sum_j w_j max_k robustness_jk,    w_j proportional to the largest deviation of code j

Hold one factor and let all others change: how far can they push the code? "Largest" is the 0.99 quantile within a
group, as the field's protocol has it; 1.0 is the paper. Factors are binned to at most 20 values, which merges
neighbours of a factor with more.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import equal_width_bins
from adde_lite.metrics.disentanglement.inputs import Floats, labelled, varies


@dataclass(frozen=True, eq=False)
class IRS:
    """Interventional robustness score.

    Args:
        score: weighted mean over codes of the best robustness, at most 1. 0 when all codes are constant.
        robustness: float64 (D, F); 0 in the row of a constant code.
        weights: float64 (D,), sum 1, or all 0 when all codes are constant.
    """

    score: float
    robustness: Floats
    weights: Floats


def irs(codes: Codes, factors: Codes, *, quantile: float = 0.99) -> IRS:
    """Interventional robustness of codes.

    Args:
        codes: float (N, D).
        factors: int (N, F), each with two values or more.
        quantile: which deviation of a group counts as its largest, above 0 to 1.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value, a quantile out of range.
    """
    numbers, labels = labelled(codes, factors)
    if not 0 < quantile <= 1:
        raise InputError("quantile", str(quantile), "above 0, at most 1", "The field uses 0.99, the paper 1.")
    groups = equal_width_bins(labels)
    largest = np.where(varies(numbers), np.abs(numbers - numbers.mean(0)).max(0), 0.0)
    moves = largest > 0
    robustness = np.zeros((numbers.shape[1], labels.shape[1]))
    for k, group in enumerate(groups.T):
        pushed = [_deviation(numbers[group == value][:, moves], quantile) for value in np.unique(group)]
        robustness[moves, k] = 1 - np.mean(pushed, axis=0) / largest[moves]
    weights = largest / largest.sum() if moves.any() else largest
    return IRS(float(weights @ robustness.max(1)), robustness, weights)


def _deviation(rows: Floats, quantile: float) -> Floats:
    """How far the codes of one group, (n, D), get from their mean: float64 (D,)."""
    deviation: Floats = np.quantile(np.abs(rows - rows.mean(0)), quantile, axis=0)
    return deviation
