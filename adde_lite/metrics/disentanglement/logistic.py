"""The multinomial logistic classifier that three metrics ask: explicitness, beta-VAE score, InfoE."""

import warnings
from typing import TYPE_CHECKING

from adde_lite.metrics.disentanglement.inputs import Floats, Ints

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression


def fitted(
    codes: Floats, classes: Ints, *, cost: float = 1.0, balanced: bool = False, steps: int = 100
) -> "LogisticRegression":
    """A fitted `sklearn.linear_model.LogisticRegression`.

    Args:
        codes: float64 (N, D).
        classes: int64 (N,).
        cost: C of scikit-learn, infinity for no penalty.
        balanced: weigh classes by one over their frequency.
        steps: most steps of the solver. Perfect codes need infinitely many: the last digits of an accuracy are not
            worth a warning.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    classifier = LogisticRegression(C=cost, class_weight="balanced" if balanced else None, max_iter=steps)
    # Products of a few columns cost several times as much when the linear algebra library parts them among threads.
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(codes, classes)
