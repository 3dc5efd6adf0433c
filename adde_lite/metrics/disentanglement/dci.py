"""Disentanglement, completeness, informativeness (Eastwood and Williams 2018).

A classifier predicts each factor from all codes and says how much it used each: importance R, (D, F).

    disentanglement_j = 1 - entropy of row j of R, log base F       code j matters for one factor
    completeness_k    = 1 - entropy of column k of R, log base D    factor k needs one code
    informativeness   = test accuracy                               the codes tell the factor

Means over codes and factors are weighted by their part of all importance. The values depend on the classifier, so it
is named with them: "forest" is light, "gbt" is what the field reports (Locatello et al. 2019) and takes minutes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from adde_lite.errors import unknown
from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.inputs import Floats, split

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier

Classifier: TypeAlias = Literal["forest", "gbt"]
MODELS = ("forest", "gbt")
NOTHING = 1e-11  # added to probabilities: 0 log 0 is 0, within the digits that the field's code has


@dataclass(frozen=True, eq=False)
class DCI:
    """Disentanglement, completeness and informativeness.

    Args:
        score: disentanglement, 0 to 1.
        completeness: 0 to 1.
        informativeness: mean test accuracy over factors, 0 to 1.
        informativeness_train: the same on the training rows.
        importance: float64 (D, F), columns of sum 1 (0 where no code helped).
        per_code: float64 (D,), disentanglement of each code.
        per_factor: float64 (F,), completeness of each factor.
        model: name of the classifier.
    """

    score: float
    completeness: float
    informativeness: float
    informativeness_train: float
    importance: Floats
    per_code: Floats
    per_factor: Floats
    model: Classifier


def dci(
    codes: Codes,
    factors: Codes,
    codes_test: Codes,
    factors_test: Codes,
    model: Classifier = "forest",
    *,
    seed: int = 0,
) -> DCI:
    """Disentanglement, completeness and informativeness of codes.

    Args:
        codes: float (N, D).
        factors: int (N, F), F at least 2, each with two values or more.
        codes_test: float (M, D), rows for informativeness.
        factors_test: int (M, F).
        model: "forest", 20 extremely randomised trees, about a second for 10,000 rows; "gbt", gradient boosting of
            100 trees a value, about a second for every 5 values and 1,000 rows.
        seed: of the classifier.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value, a single factor, or an
            unknown model.
    """
    from sklearn import config_context

    if model not in MODELS:
        raise unknown("model", "classifier", model, MODELS)
    rows = split(codes, factors, codes_test, factors_test, least=2)
    importance = np.empty((rows.codes.shape[1], rows.factors.shape[1]))
    right = np.empty((2, rows.factors.shape[1]))
    with config_context(assume_finite=True, skip_parameter_validation=True):  # thousands of trees, checked once
        for k, (values, values_test) in enumerate(zip(rows.factors.T, rows.factors_test.T, strict=True)):
            classifier = _classifier(model, seed).fit(rows.codes, values)
            with np.errstate(invalid="ignore"):  # trees whose splits gained nothing share out 0 / 0
                importance[:, k] = np.nan_to_num(classifier.feature_importances_)
            right[0, k] = (classifier.predict(rows.codes) == values).mean()
            right[1, k] = (classifier.predict(rows.codes_test) == values_test).mean()
    return DCI(
        score=disentanglement(importance),
        completeness=completeness(importance),
        informativeness=float(right[1].mean()),
        informativeness_train=float(right[0].mean()),
        importance=importance,
        per_code=concentration(importance),
        per_factor=concentration(importance.T),
        model=model,
    )


def disentanglement(importance: Floats) -> float:
    """Weighted mean of the concentration of each code's importance, 0 to 1; `importance` is (D, F), 0 or more."""
    weights = importance.sum(1)
    return float(concentration(importance) @ weights / weights.sum()) if weights.any() else 0.0


def completeness(importance: Floats) -> float:
    """Weighted mean of the concentration of each factor's importance, 0 to 1; `importance` is (D, F), 0 or more."""
    return disentanglement(importance.T)


def concentration(importance: Floats) -> Floats:
    """One minus the entropy of each row, log base the number of columns: float64 (rows,), 1 for one column.

    1 when a row has all its importance in one place, 0 when it is even or zero.
    """
    columns = importance.shape[1]
    total = importance.sum(1, keepdims=True)
    shares = np.where(total > 0, importance / np.where(total > 0, total, 1.0), 1 / columns)
    if columns == 1:
        concentrated: Floats = np.where(total[:, 0] > 0, 1.0, 0.0)
    else:
        concentrated = 1 + ((shares + NOTHING) * np.log(shares + NOTHING)).sum(1) / np.log(columns)
    return concentrated


def _classifier(model: Classifier, seed: int) -> "ExtraTreesClassifier | GradientBoostingClassifier":
    from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier

    if model == "gbt":
        return GradientBoostingClassifier(random_state=seed)
    # All codes at every split, or a code that tells nothing is asked where a good one was not on offer.
    return ExtraTreesClassifier(20, min_samples_leaf=5, max_features=None, random_state=seed)
