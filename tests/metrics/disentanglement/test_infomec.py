"""InfoMEC: near the reference, and ratios that noise fools."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from adde_lite.metrics.disentanglement import infomec

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged")


@pytest.mark.parametrize("name", MEASURED)
def test_scores_are_near_the_reference(measured, name):
    expected = measured.values[name]["infomec_2000"]
    result = infomec(*measured.rows[name].first(2000, 1).train, seed=0)
    assert result.score == pytest.approx(expected["infom"], abs=0.02)
    assert result.explicitness == pytest.approx(expected["infoe"], abs=0.02)
    assert result.compactness == pytest.approx(expected["infoc"], abs=0.02)
    assert result.active.sum() == expected["active"]


def test_perfect_codes_score_one(zoo):
    few = zoo["identity"].factors[:1000, :2]
    result = infomec(few, few)
    assert (result.score, result.explicitness, result.compactness) == pytest.approx((1, 1, 1), abs=0.03)


def test_copies_are_modular_and_not_compact(zoo):
    result = infomec(*zoo["duplicated"].first(1000, 1).train)
    assert result.score > 0.95
    assert result.compactness < 0.5


def test_noise_is_found_out_by_explicitness_alone(zoo):
    result = infomec(*zoo["random"].first(1000, 1).train)
    assert result.score > 0.3
    assert result.explicitness < 0.1


def test_rare_values_weigh_as_much_as_frequent_ones():
    rng = np.random.default_rng(0)
    factors = np.stack([rng.random(400) < 0.1, rng.random(400) < 0.5], axis=1).astype(int)
    codes = factors + rng.normal(size=(400, 2))
    standard = (codes - codes.mean(0)) / codes.std(0)
    losses = [
        log_loss(
            factor, LogisticRegression(C=np.inf, class_weight="balanced").fit(standard, factor).predict_proba(standard)
        )
        for factor in factors.T
    ]
    assert infomec(codes, factors).explicitness == pytest.approx(1 - np.mean(losses) / np.log(2), abs=1e-6)


def test_collapsed_codes_do_not_count(zoo):
    codes, factors = zoo["identity"].first(500, 1).train
    collapsed = 0.01 * np.random.default_rng(0).normal(size=(500, 3))
    result = infomec(np.hstack([codes, collapsed]), factors)
    assert not result.active[5:].any()
    assert (result.information[5:] == 0).all()
    assert result.score == pytest.approx(infomec(codes, factors).score, abs=0.01)


def test_one_active_code_is_compact_for_what_it_tells_and_constant_ones_score_zero():
    factors = np.array([[a, b] for a in range(3) for b in range(4)] * 10)
    one = infomec(np.stack([factors[:, 0], np.full(len(factors), 0.1)], axis=1), factors)
    assert one.information[0] == pytest.approx([1, 0], abs=0.05)
    assert one.compactness == 0.5
    none = infomec(np.full((len(factors), 2), 0.1), factors)
    assert (none.score, none.explicitness, none.compactness) == (0, 0, 0)
