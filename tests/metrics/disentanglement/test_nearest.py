"""The nearest-neighbour estimate on a sorted line is the one that its definition gives, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from adde_lite.metrics.disentanglement.nearest import nearest_neighbour_information


def by_definition(code, classes, neighbours):
    """All distances, row by row."""
    distances = np.abs(code[:, None] - code)
    terms = []
    for row, value in enumerate(classes):
        own = np.sort(distances[row, classes == value])  # its own 0 comes first
        if len(own) > 1:
            k = min(neighbours, len(own) - 1)
            near = (distances[row, np.isin(classes, np.flatnonzero(np.bincount(classes) > 1))] < own[k]).sum()
            terms.append(digamma(k) - digamma(len(own)) - digamma(near))
    return max(0, digamma(len(terms)) + np.mean(terms)) if terms else 0


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(5, 80), values=st.integers(2, 12), k=st.integers(1, 12))
def test_estimate_is_that_of_the_definition(seed, rows, values, k):
    rng = np.random.default_rng(seed)
    classes = rng.integers(values, size=rows)
    code = classes * 0.5 + rng.normal(size=rows)
    expected = by_definition(code, classes, k)
    assert nearest_neighbour_information(code, classes, k) == pytest.approx(expected, abs=1e-12)


def test_rows_on_almost_one_spot_are_told_apart():
    rng = np.random.default_rng(0)
    classes = rng.integers(4, size=200)
    code = classes // 2 + 1e-10 * rng.normal(size=200)
    expected = by_definition(code, classes, 10)
    assert nearest_neighbour_information(code, classes, 10) == pytest.approx(expected, abs=0.005)


def test_two_lines_apart_tell_one_bit():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], 2000)
    apart = classes * 9 + rng.random(4000)
    assert nearest_neighbour_information(apart, classes, 10) == pytest.approx(np.log(2), abs=0.01)


def test_rows_alone_in_their_class_tell_nothing():
    assert nearest_neighbour_information(np.arange(5.0), np.arange(5), 3) == 0
