"""DCI: closed forms of the matrix, parity with gradient boosting, and values of the light default to hold on to."""

import numpy as np
import pytest

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import completeness, dci, disentanglement

SHARED_BY_TWO = 1 - np.log(2) / np.log(10)
# Disentanglement, completeness and informativeness of the default on the reference's 10,000 and 5,000 rows.
FOREST = {
    "identity": (1.000, 1.000, 1.000),
    "axis_noisy": (0.443, 0.401, 0.411),
    "rotated": (0.153, 0.156, 0.401),
    "duplicated": (1.000, 0.701, 1.000),
    "merged": (0.393, 0.631, 0.648),
}


def test_one_code_a_factor_scores_one():
    assert disentanglement(np.eye(10)) == pytest.approx(1)
    assert completeness(np.eye(10)) == pytest.approx(1)


def test_a_code_for_two_factors_loses_a_bit():
    importance = np.zeros((10, 10))
    importance[0, :2] = 1
    assert disentanglement(importance) == pytest.approx(SHARED_BY_TWO)
    assert completeness(importance) == pytest.approx(1)


def test_a_factor_in_two_codes_loses_a_bit():
    importance = np.zeros((10, 10))
    importance[:2, 0] = 1
    assert completeness(importance) == pytest.approx(SHARED_BY_TWO)
    assert disentanglement(importance) == pytest.approx(1)


def test_codes_count_by_their_importance():
    assert disentanglement(np.array([[3.0, 0], [0.5, 0.5]])) == pytest.approx(0.75)


def test_no_importance_scores_zero():
    assert disentanglement(np.zeros((4, 3))) == 0
    assert completeness(np.zeros((4, 3))) == 0


def test_a_silent_code_changes_completeness_only():
    importance = np.array([[3.0, 1], [1, 3]])
    longer = np.vstack([importance, [0, 0]])
    assert disentanglement(longer) == pytest.approx(disentanglement(importance))
    assert completeness(longer) > completeness(importance) + 0.1


def test_gradient_boosting_is_near_the_reference(measured):
    """Some ten seconds: 113 values, 100 trees a value."""
    expected = measured.values["rotated"]["dci_1000_500"]["values"]
    result = dci(*measured.rows["rotated"].first(1000, 500).all, model="gbt")
    assert result.score == pytest.approx(expected["disentanglement"], abs=0.02)
    assert result.completeness == pytest.approx(expected["completeness"], abs=0.02)
    assert result.informativeness == pytest.approx(expected["informativeness_test"], abs=0.02)
    assert result.informativeness_train == pytest.approx(expected["informativeness_train"], abs=0.02)


@pytest.mark.parametrize("name", FOREST)
def test_the_light_default_scores_as_recorded(measured, name):
    result = dci(*measured.rows[name].all)
    assert result.model == "forest"
    assert (result.score, result.completeness, result.informativeness) == pytest.approx(FOREST[name], abs=0.02)


def test_the_score_is_that_of_the_matrix(zoo):
    result = dci(*zoo["rotated"].first(300, 200).all)
    assert result.importance.sum(0) == pytest.approx(np.ones(5))
    assert (
        result.score
        == disentanglement(result.importance)
        == pytest.approx(result.per_code @ result.importance.sum(1) / 5)
    )


def test_a_seed_repeats_and_another_differs(zoo):
    rows = zoo["axis_noisy"].first(300, 200).all
    assert dci(*rows, seed=1).score == dci(*rows, seed=1).score != dci(*rows, seed=2).score


def test_constant_codes_score_zero(zoo):
    rows = zoo["random"].first(60, 30)
    few, few_test = rows.factors[:, :2], rows.factors_test[:, :2]
    result = dci(np.full((60, 2), 0.1), few, np.full((30, 2), 0.1), few_test)
    assert (result.score, result.completeness) == (0, 0)


def test_splits_that_gain_nothing_have_no_importance():
    factors = np.array([[a, b] for a in range(2) for b in range(3)] * 6)
    codes = factors[:, 1:] // 2  # says nothing of the first factor, and the trees split all the same
    result = dci(codes, factors, codes, factors)
    assert result.importance[0].tolist() == [0, 1]


def test_an_unknown_model_is_refused(zoo):
    with pytest.raises(InputError, match="classifier 'lasso', expected one of forest, gbt"):
        dci(*zoo["random"].first(60, 30).all, model="lasso")
