"""The shared classifier stays quiet about last digits."""

import numpy as np

from adde_lite.metrics.disentanglement.logistic import fitted


def test_a_solver_that_stops_early_does_not_warn():
    """Warnings are errors in these tests."""
    classes = np.arange(40) % 4
    assert fitted(classes[:, None] * 1.0, classes, steps=2).n_iter_.tolist() == [2]
