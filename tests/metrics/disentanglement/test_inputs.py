"""Bad input stops at the door, with what to mend."""

import numpy as np
import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import (
    LabelledCodes,
    dci,
    explicitness,
    infomec,
    irs,
    mig,
    modularity,
    sap,
)

FACTORS = np.random.default_rng(0).integers((2, 3), size=(60, 2))
CODES = FACTORS + np.random.default_rng(1).normal(size=(60, 2)) * 0.1
OF_TRAINING_ROWS = (mig, modularity, irs, infomec, LabelledCodes)
OF_BOTH_HALVES = (sap, explicitness, dci)


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
def test_a_code_that_is_not_finite_is_named_by_row_and_column(metric):
    codes = CODES.copy()
    codes[7, 1] = np.nan
    with pytest.raises(InputError, match=r"codes, row 7, code 1: given nan"):
        metric(codes, FACTORS)


@pytest.mark.parametrize("metric", OF_BOTH_HALVES)
def test_infinity_in_the_test_half_is_named_too(metric):
    codes = CODES.copy()
    codes[3, 0] = np.inf
    with pytest.raises(InputError, match=r"codes_test, row 3, code 0: given inf"):
        metric(CODES, FACTORS, codes, FACTORS)


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
def test_rows_that_do_not_belong_together_are_refused(metric):
    with pytest.raises(InputError, match="59 and 60 rows"):
        metric(CODES[1:], FACTORS)


@pytest.mark.parametrize("metric", OF_BOTH_HALVES)
@pytest.mark.parametrize("test", [(CODES[:, :1], FACTORS), (CODES, FACTORS[:, :1]), (CODES[1:], FACTORS)])
def test_halves_with_other_columns_are_refused(metric, test):
    with pytest.raises(InputError, match="codes_test and factors_test"):
        metric(CODES, FACTORS, *test)


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
def test_a_factor_with_one_value_is_refused(metric):
    factors = FACTORS.copy()
    factors[:, 1] = 4
    with pytest.raises(InputError, match=r"factors, column 1: given one value \(4\)"):
        metric(CODES, factors)


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
def test_a_missing_label_is_refused(metric):
    factors = FACTORS.copy()
    factors[5, 0] = -1
    with pytest.raises(InputError, match="factors, row 5, column 0: given a missing label"):
        metric(CODES, factors)


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
@pytest.mark.parametrize("codes", [CODES[:, 0], CODES[:0], CODES[:, :0]])
def test_codes_that_are_no_table_are_refused(metric, codes):
    with pytest.raises(InputError, match="codes: given shape"):
        metric(codes, FACTORS)


def test_factors_that_are_not_whole_numbers_are_refused():
    with pytest.raises(InputError, match=r"factors: given torch\.float64"):
        mig(CODES, FACTORS / 1.0)


@pytest.mark.parametrize("metric", [modularity, infomec, LabelledCodes])
def test_a_single_factor_is_refused_where_factors_are_compared(metric):
    with pytest.raises(InputError, match="given 1 factor, expected at least 2"):
        metric(CODES, FACTORS[:, :1])


@pytest.mark.parametrize("metric", OF_TRAINING_ROWS)
def test_arrays_that_run_backwards_or_are_only_to_be_read_are_taken(metric):
    whole = [array.copy() for array in (CODES, FACTORS)]
    for array in whole:
        array.flags.writeable = False
    if metric is LabelledCodes:
        assert (metric(CODES[::-1], FACTORS[::-1]).codes == metric(*whole).codes[::-1]).all()
    else:
        assert metric(CODES[::-1], FACTORS[::-1]).score == pytest.approx(metric(*whole).score, abs=1e-6)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float64])
def test_tensors_score_as_arrays_do(kind):
    codes = torch.tensor(CODES).to(kind).requires_grad_()
    same = codes.detach().double().numpy()
    assert mig(codes, torch.tensor(FACTORS)).score == mig(same, FACTORS).score
