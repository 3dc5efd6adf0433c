"""IRS: equal to the reference, one for codes that only their factor moves."""

import numpy as np
import pytest

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import irs

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged", "pca")
TRAINED = ("mlp32_b_1_0", "mlp32_tc_6_0", "mlp32_b_4_0", "conv32_tc_6_0")


@pytest.mark.parametrize("name", MEASURED)
def test_score_equals_the_reference(measured, name):
    expected = measured.values[name]["irs"]["values"]["IRS"]
    assert irs(*measured.rows[name].train).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", MEASURED)
def test_the_papers_quantile_equals_the_reference(measured, name):
    expected = measured.values[name]["irs"]["values"]["IRS_q1"]
    assert irs(*measured.rows[name].train, quantile=1.0).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", TRAINED)
def test_score_of_trained_codes_equals_the_reference(measured, name):
    assert irs(*measured.rows[name].train).score == pytest.approx(measured.mini[name]["irs"], abs=1e-9)


def test_codes_that_only_their_factor_moves_score_one(zoo):
    few = zoo["identity"].factors[:, :2]
    result = irs(few * 3.0 - 1, few)
    assert result.score == pytest.approx(1)
    assert np.diag(result.robustness).tolist() == pytest.approx([1, 1])


def test_a_code_that_the_other_factors_push_to_its_ends_scores_zero():
    grid = np.array([[a, b] for a in (0, 1) for b in (0, 1)] * 5)
    exclusive_or = (grid[:, :1] != grid[:, 1:]).astype(float)
    assert irs(exclusive_or, grid).score == pytest.approx(0, abs=1e-12)


def test_codes_count_by_how_far_they_move(zoo):
    codes, factors = zoo["axis_noisy"].train
    one, other = codes[:, [0]], zoo["random"].codes[:, [0]]
    louder = irs(np.hstack([100 * one, other]), factors).score
    assert louder == pytest.approx(irs(one, factors).score, abs=0.02)
    assert irs(np.hstack([one, 100 * other]), factors).score < louder / 5


def test_a_constant_code_changes_nothing(zoo):
    codes, factors = zoo["rotated"].train
    more = np.hstack([codes, np.full((len(codes), 1), 0.1)])
    assert irs(more, factors).score == pytest.approx(irs(codes, factors).score, abs=1e-15)


def test_constant_codes_score_zero():
    codes = np.full((1000, 2), 0.1)
    assert codes.mean(0)[0] != 0.1  # the mean of equal numbers rounds
    result = irs(codes, np.arange(1000)[:, None] % 7)
    assert result.score == 0
    assert (result.robustness == 0).all()


@pytest.mark.parametrize("quantile", [0, 1.1])
def test_a_quantile_out_of_range_is_refused(quantile):
    with pytest.raises(InputError, match="quantile: given"):
        irs(np.eye(2), np.array([[0], [1]]), quantile=quantile)
