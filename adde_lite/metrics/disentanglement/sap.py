"""Separated attribute predictability (Kumar, Sattigeri and Balakrishnan 2018, DIP-VAE).

    SAP = mean_k (score_(best code, k) - score_(second code, k))

score_jk says how well code j alone predicts factor k. For factors that are ordered numbers it is the squared
correlation. For classes it is the test accuracy of a linear classifier, which on one number can tell little more than
the two extreme classes apart: perfect codes of ordered factors score about 0.23.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import gap
from adde_lite.metrics.disentanglement.inputs import Floats, Ints, Split, split

MARGIN_COST = 0.01  # C of the linear classifier in the field's protocol
NO_VARIANCE = 1e-12  # below this a code counts as constant


@dataclass(frozen=True, eq=False)
class SAP:
    """Separated attribute predictability.

    Args:
        score: mean of `gaps`, 0 to 1.
        gaps: float64 (F,).
        scores: float64 (D, F), how well code j alone predicts factor k.
    """

    score: float
    gaps: Floats
    scores: Floats


def sap(codes: Codes, factors: Codes, codes_test: Codes, factors_test: Codes, continuous: bool = False) -> SAP:
    """Separated attribute predictability of codes.

    Args:
        codes: float (N, D).
        factors: int (N, F), each with two values or more.
        codes_test: float (M, D), rows to judge by.
        factors_test: int (M, F).
        continuous: factors are ordered numbers: score by squared correlation on the training rows.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value.
    """
    rows = split(codes, factors, codes_test, factors_test)
    scores = _squared_correlations(rows.codes, rows.factors) if continuous else _accuracies(rows)
    gaps = gap(scores)
    return SAP(float(gaps.mean()), gaps, scores)


def _squared_correlations(codes: Floats, factors: Ints) -> Floats:
    """Squared correlation of every code with every factor, (D, F); 0 for a constant code."""
    centred, labels = codes - codes.mean(0), factors - factors.mean(0)
    covariance = centred.T @ labels / len(codes)
    variance = (centred**2).mean(0)[:, None]
    squared: Floats = covariance**2 / (np.where(variance > NO_VARIANCE, variance, np.inf) * (labels**2).mean(0))
    return squared


def _accuracies(rows: Split) -> Floats:
    """Test accuracy of a linear support vector classifier for every code and factor, (D, F)."""
    from sklearn.svm import LinearSVC

    scores = np.empty((rows.codes.shape[1], rows.factors.shape[1]))
    for j, k in np.ndindex(scores.shape):
        # Primal, so that nothing is random.
        classifier = LinearSVC(C=MARGIN_COST, class_weight="balanced", dual=False)
        classifier.fit(rows.codes[:, [j]], rows.factors[:, k])
        scores[j, k] = (classifier.predict(rows.codes_test[:, [j]]) == rows.factors_test[:, k]).mean()
    return scores
