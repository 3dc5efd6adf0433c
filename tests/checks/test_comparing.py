"""When two answers are the same, and how they are shown."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from adde_lite.checks.comparing import kind_of, same, shown

NUMBERS = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e6, 1e6))


@dataclass
class Pair:
    left: torch.Tensor
    name: str


@given(NUMBERS)
def test_a_list_an_array_and_a_tensor_of_the_same_numbers_are_the_same(numbers):
    assert same(numbers.tolist(), torch.from_numpy(numbers), 0.0)
    assert same(torch.from_numpy(numbers), numbers, 0.0)


@given(NUMBERS, st.floats(0.01, 10))
def test_numbers_further_off_than_the_tolerance_differ(numbers, by):
    assert not same(numbers + by * (1 + np.abs(numbers)), numbers, 0.001)


@given(NUMBERS)
def test_another_shape_is_another_answer(numbers):
    assert not same(numbers[None], numbers, 1.0)


@pytest.mark.parametrize(
    ("given_one", "wanted"),
    [
        ({"a": 1.0}, {"a": 1.0, "b": 2.0}),
        ({"a": 1.0}, {"a": 1.1}),
        (["red", "blue"], ["blue", "red"]),
        ("red", ["red"]),
        (3, "3"),
        ({1, 2}, {1, 3}),
        (Pair(torch.ones(2), "x"), Pair(torch.zeros(2), "x")),
        ([torch.ones(2), torch.ones(3)], [torch.ones(2), torch.zeros(3)]),
        (None, 0.0),
    ],
)
def test_answers_that_differ(given_one, wanted):
    assert not same(given_one, wanted, 1e-3)
    assert same(wanted, wanted, 0.0)


def test_functions_cannot_differ():
    assert same(len, len, 0.0) and same(lambda: 1, lambda: 2, 0.0)


def test_nan_is_the_same_as_nan():
    assert same([float("nan"), 1.0], torch.tensor([float("nan"), 1.0]), 0.0)


def test_a_large_answer_is_shown_in_one_short_line():
    assert shown(torch.arange(600.0).view(2, 300)) == "(2, 300): 0, 1, 2, 3, 4, 5, ..."
    assert shown({"b": 0.123456, "a": {2, 1}}) == "{'b': 0.1235, 'a': {1, 2}}"
    assert shown(2) == "2" and shown("red") == "'red'"


def test_a_kind_is_a_shape_one_number_or_a_type():
    assert kind_of([[1, 2]]) == "shape (1, 2)"
    assert kind_of(3.0) == "one number"
    assert kind_of("red") == "str"
