"""SAP: both variants equal to the reference, and what the classifier's variant cannot see."""

import numpy as np
import pytest

from adde_lite.metrics.disentanglement import sap

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged", "pca")
TRAINED = ("mlp32_b_1_0", "mlp32_tc_6_0", "mlp32_b_4_0", "conv32_tc_6_0")


@pytest.mark.parametrize("name", MEASURED)
def test_continuous_score_equals_the_reference(measured, name):
    expected = measured.values[name]["sap_continuous"]["values"]["SAP_score"]
    assert sap(*measured.rows[name].all, continuous=True).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", TRAINED)
def test_continuous_score_of_trained_codes_equals_the_reference(measured, name):
    expected = measured.mini[name]["sap_continuous"]
    assert sap(*measured.rows[name].all, continuous=True).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", MEASURED)
def test_discrete_score_is_near_the_reference(measured, name):
    expected = measured.values[name]["sap_discrete"]["values"]["SAP_score"]
    assert sap(*measured.rows[name].all).score == pytest.approx(expected, abs=0.01)


def test_perfect_codes_of_two_values_score_one():
    factors = np.random.default_rng(0).integers(2, size=(400, 3))
    result = sap(factors, factors, factors, factors)
    assert np.diag(result.scores).tolist() == [1, 1, 1]
    assert sap(factors, factors, factors, factors, continuous=True).score > 0.95
    assert np.diag(sap(factors, factors, factors, 1 - factors).scores).tolist() == [0, 0, 0]


def test_a_linear_classifier_misses_the_values_between(zoo):
    rows = zoo["identity"]
    assert sap(*rows.all).score < 0.35
    assert sap(*rows.all, continuous=True).score > 0.99


def test_a_copy_of_every_code_leaves_no_gap(zoo):
    assert sap(*zoo["duplicated"].all, continuous=True).score == pytest.approx(0, abs=1e-12)


def test_scale_and_sign_do_not_count_for_correlation(zoo):
    codes, factors = zoo["rotated"].train
    changed = codes * [3.7, -1, 0.2, -20, 1] + 1.3
    expected = sap(codes, factors, codes, factors, continuous=True).score
    assert sap(changed, factors, changed, factors, continuous=True).score == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("continuous", [True, False])
def test_constant_codes_score_zero_without_nan(zoo, continuous):
    factors = zoo["identity"].factors[:100, :2]
    codes = np.full((100, 2), 0.1) * [0, 1]
    result = sap(codes, factors, codes, factors, continuous=continuous)
    assert result.score == 0
    assert np.isfinite(result.scores).all()


def test_a_single_code_is_compared_with_none():
    factors = np.array([[0], [1]] * 10)
    assert sap(factors, factors, factors, factors, continuous=True).score == pytest.approx(1)
