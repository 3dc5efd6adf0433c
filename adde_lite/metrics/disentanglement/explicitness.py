"""Explicitness (Ridgeway and Mozer 2018, Learning Deep Disentangled Embeddings with the F-Statistic Loss).

Can a linear classifier read each factor's value from all codes together? The score is the area under the ROC curve,
value against the rest, averaged over values and factors: 1 reads everything, 0.5 is chance.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.inputs import Floats, Ints, split, varies
from adde_lite.metrics.disentanglement.logistic import fitted


@dataclass(frozen=True, eq=False)
class Explicitness:
    """Explicitness.

    Args:
        score: mean of `per_factor`, 0 to 1, chance 0.5.
        score_train: the same on the training rows.
        per_factor: float64 (F,), test area under the curve of each factor.
    """

    score: float
    score_train: float
    per_factor: Floats


def explicitness(codes: Codes, factors: Codes, codes_test: Codes, factors_test: Codes) -> Explicitness:
    """Explicitness of codes.

    Args:
        codes: float (N, D).
        factors: int (N, F), each with two values or more.
        codes_test: float (M, D), rows to judge by.
        factors_test: int (M, F), each with two values or more among those of the training rows. A value that only one
            half has is left out.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value in either half.
    """
    rows = split(codes, factors, codes_test, factors_test)
    scale = np.where(varies(rows.codes), rows.codes.std(0), 1.0)
    train, test = ((half - rows.codes.mean(0)) / scale for half in (rows.codes, rows.codes_test))
    areas = np.empty((2, rows.factors.shape[1]))
    for k, (values, values_test) in enumerate(zip(rows.factors.T, rows.factors_test.T, strict=True)):
        classifier = fitted(train, values)
        for half, inputs, wanted in ((0, train, values), (1, test, values_test)):
            likely = classifier.predict_proba(inputs)
            areas[half, k] = _mean_area(f"factors_test, column {k}", likely, classifier.classes_, wanted)
    return Explicitness(float(areas[1].mean()), float(areas[0].mean()), areas[1])


def _mean_area(name: str, likely: Floats, values: Ints, wanted: Ints) -> float:
    """Mean area under the ROC curve of each value against the rest.

    Args:
        name: of `wanted`, for the error.
        likely: float64 (N, V), how likely each value is.
        values: int64 (V,).
        wanted: int64 (N,), the true value.
    """
    known = [(column, wanted == value) for column, value in zip(likely.T, values, strict=True)]
    areas = [_area(column[has], column[~has]) for column, has in known if has.any() and not has.all()]
    if not areas:
        raise InputError(name, "fewer than two known values", "two or more", "Take more test rows.")
    return float(np.mean(areas))


def _area(having: Floats, others: Floats) -> float:
    """Area under the ROC curve: how often a row with the value ranks above one without; a tie counts half."""
    others = np.sort(others)
    below = np.searchsorted(others, having, side="left") + np.searchsorted(others, having, side="right")
    return float(below.mean() / (2 * len(others)))
