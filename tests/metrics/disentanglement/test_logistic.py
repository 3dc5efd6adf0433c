"""The shared classifier stays quiet about last digits."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from adde_lite.metrics.disentanglement.logistic import fitted


def test_a_solver_that_stops_early_does_not_warn():
    """Warnings are errors in these tests."""
    classes = np.arange(40) % 4
    assert fitted(classes[:, None] * 1.0, classes, steps=2).n_iter_.tolist() == [2]


def test_small_products_are_not_parted_among_threads(monkeypatch):
    seen, fit = [], LogisticRegression.fit

    def watched(*given):
        seen.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return fit(*given)

    monkeypatch.setattr(LogisticRegression, "fit", watched)
    classes = np.arange(40) % 4
    with threadpool_limits(2, user_api="blas"):
        fitted(classes[:, None] * 1.0, classes)
    assert set(seen) == {1}
