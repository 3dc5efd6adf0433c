"""MIG: equal to the reference, exact where it can be worked out, blind to order, sign and scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.metrics.disentanglement import mig

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged", "pca")
TRAINED = ("mlp32_b_1_0", "mlp32_tc_6_0", "mlp32_b_4_0", "conv32_tc_6_0")
SMOOTH = ("identity", "axis_noisy", "rotated", "random")  # lattice codes sit on the edges of bins


@pytest.mark.parametrize("name", MEASURED)
def test_score_equals_the_reference(measured, name):
    expected = measured.values[name]["mig"]["values"]["discrete_mig"]
    assert mig(*measured.rows[name].train).score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", TRAINED)
def test_score_of_trained_codes_equals_the_reference(measured, name):
    assert mig(*measured.rows[name].train).score == pytest.approx(measured.mini[name]["mig"], abs=1e-9)


def test_perfect_codes_of_few_values_score_one(zoo):
    few = zoo["identity"].factors[:, :2]
    assert mig(few, few).score == pytest.approx(1, abs=0.001)  # but for chance agreement of the two


def test_a_code_tells_the_share_of_the_entropy_that_it_knows():
    colour = np.repeat(np.arange(4), 4)
    halved = np.stack([colour // 2, np.zeros(16)], axis=1)  # one bit of two, and nothing
    np.testing.assert_allclose(mig(halved, np.stack([colour, colour // 2], axis=1)).told, [[0.5, 1], [0, 0]])


def test_a_copy_of_every_code_leaves_no_gap(zoo):
    assert mig(*zoo["duplicated"].train).score == 0


def test_twenty_bins_hold_less_than_forty_values(zoo):
    factors = zoo["identity"].factors
    assert mig(factors, factors).information[2, 2] == pytest.approx(np.log(20), abs=0.01)
    assert mig(factors, factors, bins=40).information[2, 2] == pytest.approx(np.log(40), abs=0.01)


def test_the_matrix_stands_behind_the_score(zoo):
    result = mig(*zoo["axis_noisy"].train)
    ordered = np.sort(result.information, axis=0)
    np.testing.assert_allclose(result.gaps, (ordered[-1] - ordered[-2]) / result.entropies)
    assert result.score == pytest.approx(result.gaps.mean())


@settings(max_examples=15)
@given(name=st.sampled_from(SMOOTH), seed=st.integers(0, 2**32 - 1))
def test_order_of_the_codes_does_not_count(zoo, name, seed):
    codes, factors = zoo[name].train
    order = np.random.default_rng(seed).permutation(codes.shape[1])
    assert mig(codes[:, order], factors).score == mig(codes, factors).score


@settings(max_examples=15)
@given(
    name=st.sampled_from(SMOOTH),
    scale=st.floats(0.01, 100),
    shift=st.floats(-50, 50),
    sign=st.sampled_from([-1, 1]),
)
def test_sign_and_scale_of_the_codes_do_not_count(zoo, name, scale, shift, sign):
    codes, factors = zoo[name].train
    changed = codes.copy()
    changed[:, 0] = sign * scale * changed[:, 0] + shift
    assert mig(changed, factors).score == pytest.approx(mig(codes, factors).score, abs=1e-3)


def test_a_constant_code_changes_nothing(zoo):
    codes, factors = zoo["rotated"].train
    assert mig(np.hstack([codes, np.full((len(codes), 1), 0.1)]), factors).score == mig(codes, factors).score


def test_fewer_samples_than_bins_are_counted_as_they_are():
    factors = np.array([[0], [0], [1], [1]])
    assert mig(np.array([[0.0], [0.1], [5.0], [5.1]]), factors).score == pytest.approx(1)
