"""Explicitness: near the reference; the area under the curve is scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import explicitness

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged", "pca")


@pytest.mark.parametrize("name", MEASURED)
def test_score_is_near_the_reference(measured, name):
    expected = measured.values[name]["modularity_explicitness"]["values"]
    result = explicitness(*measured.rows[name].all)
    assert result.score == pytest.approx(expected["explicitness_score_test"], abs=0.01)
    assert result.score_train == pytest.approx(expected["explicitness_score_train"], abs=0.01)


def test_a_tie_counts_half_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    factor = rng.integers(3, size=(300, 1))
    codes = np.round(factor + rng.normal(size=(300, 1)))  # few distinct values, so many ties
    standard = (codes - codes.mean(0)) / codes.std(0)
    likely = LogisticRegression().fit(standard, factor[:, 0]).predict_proba(standard)
    expected = roc_auc_score(np.eye(3)[factor[:, 0]], likely)
    assert explicitness(codes, factor, codes, factor).score_train == pytest.approx(expected, abs=1e-12)


def test_scale_and_shift_of_a_code_do_not_count(zoo):
    rows = zoo["rotated"].first(500, 300)
    scale, shift = np.array([1e-3, 1, 1, 50, 1]), np.array([0, 7, 0, 0, -300])
    moved = explicitness(rows.codes * scale + shift, rows.factors, rows.codes_test * scale + shift, rows.factors_test)
    assert moved.score == pytest.approx(explicitness(*rows.all).score, abs=1e-4)


def test_constant_codes_tell_nothing(zoo):
    rows = zoo["random"].first(200, 100)
    codes, codes_test = np.full((200, 2), 0.1), np.full((100, 2), 0.1)
    assert explicitness(codes, rows.factors, codes_test, rows.factors_test).score == pytest.approx(0.5)


def test_a_value_that_only_one_half_has_is_left_out():
    factor, factor_test = np.array([[0], [1], [2]] * 20), np.array([[0], [1], [7]] * 20)
    assert explicitness(factor, factor, factor_test, factor_test).score > 0.7


def test_a_test_half_with_one_value_is_refused():
    factor = np.array([[0], [1]] * 20)
    with pytest.raises(InputError, match="factors_test, column 0: given fewer than two known values"):
        explicitness(factor, factor, factor, np.zeros_like(factor))
