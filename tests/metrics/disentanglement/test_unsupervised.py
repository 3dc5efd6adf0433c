"""Label-free criteria: equal to the reference, exact where they can be worked out."""

import math

import numpy as np
import pytest

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import dependence
from adde_lite.metrics.disentanglement.unsupervised import _total_correlation

MEASURED = ("identity", "axis_noisy", "rotated", "random", "merged", "pca")


@pytest.mark.parametrize("name", MEASURED)
def test_criteria_equal_the_reference(measured, name):
    expected = measured.values[name]["unsupervised"]["values"]
    result = dependence(measured.rows[name].codes)
    assert result.total_correlation == pytest.approx(expected["gaussian_total_correlation"], abs=1e-9)
    assert result.wasserstein == pytest.approx(expected["gaussian_wasserstein_correlation"], abs=1e-9)
    assert result.wasserstein_normalised == pytest.approx(expected["gaussian_wasserstein_correlation_norm"], abs=1e-9)
    assert result.mutual_information == pytest.approx(expected["mutual_info_score"], abs=1e-9)


def test_two_correlated_gaussians_have_the_total_correlation_of_their_formula():
    whitened = np.linalg.qr(np.random.default_rng(0).normal(size=(500, 3)) - 0)[0][:, :2]
    centred = np.linalg.qr(whitened - whitened.mean(0))[0]
    codes = centred @ np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
    assert dependence(codes).total_correlation == pytest.approx(-0.5 * math.log(1 - 0.36))


def test_scale_moves_only_the_plain_wasserstein_correlation(zoo):
    one, ten = (dependence(zoo["rotated"].codes * scale) for scale in (1, 10))
    assert ten.total_correlation == pytest.approx(one.total_correlation)
    assert ten.wasserstein_normalised == pytest.approx(one.wasserstein_normalised)
    assert ten.wasserstein == pytest.approx(100 * one.wasserstein)


def test_a_copy_is_infinitely_dependent(zoo):
    assert dependence(zoo["duplicated"].codes).total_correlation > 100


def test_a_determinant_that_rounds_below_zero_is_a_zero():
    more_than_equal = 1 + 1e-15
    assert _total_correlation(np.array([[1, more_than_equal], [more_than_equal, 1]])) == math.inf


def test_constant_codes_are_left_out(zoo):
    codes = zoo["rotated"].codes
    more = dependence(np.hstack([codes, np.full((len(codes), 1), 0.1)]))
    assert more.total_correlation == pytest.approx(dependence(codes).total_correlation)
    assert more.mutual_information == pytest.approx(dependence(codes).mutual_information)
    still = dependence(np.full((5, 2), 0.1))
    assert (still.total_correlation, still.wasserstein, still.mutual_information) == (0, 0, 0)


def test_a_single_code_depends_on_nothing():
    result = dependence(np.arange(6.0)[:, None])
    assert (result.total_correlation, result.mutual_information) == (0, 0)
    assert result.wasserstein == pytest.approx(0)


def test_one_row_is_refused():
    with pytest.raises(InputError, match="codes: given one row"):
        dependence(np.ones((1, 3)))
