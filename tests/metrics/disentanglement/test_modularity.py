"""Modularity: equal to the reference, exact where it can be worked out, and fooled by noise."""

import numpy as np
import pytest

from adde_lite.metrics.disentanglement import modularity, modularity_of

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged", "pca")
TRAINED = ("mlp32_b_1_0", "mlp32_tc_6_0", "mlp32_b_4_0", "conv32_tc_6_0")


@pytest.mark.parametrize("name", MEASURED)
def test_score_equals_the_reference(measured, name):
    expected = measured.values[name]["modularity_explicitness"]["values"]["modularity_score"]
    assert modularity(*measured.rows[name].train).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", TRAINED)
def test_score_of_trained_codes_equals_the_reference(measured, name):
    expected = measured.mini[name]["modularity"]
    assert modularity(*measured.rows[name].train).score == pytest.approx(expected, abs=1e-9)


def test_two_pure_codes_and_a_silent_one_score_two_thirds():
    assert modularity_of(np.array([[1.0, 0], [0, 1], [0, 0]])).mean() == pytest.approx(2 / 3)


def test_a_code_that_tells_all_factors_alike_scores_zero():
    assert modularity_of(np.full((1, 4), 0.3)).tolist() == [pytest.approx(0)]


def test_random_codes_are_not_found_out(zoo):
    assert modularity(*zoo["random"].train).score > 0.6


def test_constant_codes_score_zero(zoo):
    result = modularity(np.full((4000, 2), 0.1), zoo["random"].factors)
    assert result.per_code.tolist() == [0, 0]


def test_a_constant_code_lowers_the_mean_over_codes(zoo):
    codes, factors = zoo["rotated"].train
    more = modularity(np.hstack([codes, np.zeros((len(codes), 1))]), factors)
    assert more.score == pytest.approx(modularity(codes, factors).score * 5 / 6)
