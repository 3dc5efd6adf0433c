"""Counts become information."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mutual_info_score

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import entropies, equal_width_bins, mutual_information

tables = arrays(np.int64, st.tuples(st.integers(2, 40), st.integers(1, 4)), elements=st.integers(0, 6))


@given(tables, st.integers(0, 2**32 - 1))
def test_information_is_what_scikit_learn_counts(codes, seed):
    factors = np.random.default_rng(seed).integers(-3, 4, size=(len(codes), 2))
    expected = [[mutual_info_score(code, factor) for factor in factors.T] for code in codes.T]
    np.testing.assert_allclose(mutual_information(codes, factors), expected, atol=1e-12)


@given(tables)
def test_a_code_tells_all_about_its_copy(codes):
    np.testing.assert_allclose(np.diag(mutual_information(codes, codes)), entropies(codes), atol=1e-12)


def test_what_rounding_leaves_of_nothing_is_nothing():
    rng = np.random.default_rng(0)
    independent = np.stack([np.repeat(rng.integers(9, size=17), 13), np.tile(rng.integers(5, size=13), 17)], axis=1)
    information = mutual_information(independent, independent)
    assert information[0, 1] == information[1, 0] == 0


def test_bins_have_one_width_and_the_largest_is_in_the_last():
    line = np.array([[0.0], [0.49], [0.5], [1.99], [2.0]])
    assert equal_width_bins(line, 4).ravel().tolist() == [0, 0, 1, 3, 3]


def test_a_constant_column_is_one_bin():
    assert len(np.unique(equal_width_bins(np.full((5, 1), 0.1)))) == 1


def test_no_bin_is_refused():
    with pytest.raises(InputError, match="bins: given 0"):
        equal_width_bins(np.ones((2, 1)), 0)
