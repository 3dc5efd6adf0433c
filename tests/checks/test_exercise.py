"""What the tutor says to an answer, whatever it does."""

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.checks.exercise import Exercise, Slip, State

DOUBLE = Exercise(
    "double",
    lambda x: 2 * x,
    cases=lambda: [(torch.tensor([1.0, 3.0]),), (torch.zeros(2),)],
    slips=(Slip("You squared it.", lambda x: x * x), Slip("You halved it.", lambda x: x / 2)),
)


@pytest.mark.parametrize("stub", [..., None, lambda x: ..., lambda x: None])
def test_an_exercise_with_a_stub_is_not_done_yet(stub):
    verdict = DOUBLE(stub)
    assert verdict.state is State.NOT_DONE and not verdict.passed
    assert str(verdict) == "not done yet: write `double`, then run this cell again."


def test_an_exercise_that_nbgrader_cleared_is_not_done_yet():
    def cleared(x):
        raise NotImplementedError

    assert DOUBLE(cleared).state is State.NOT_DONE


def test_a_right_answer_to_an_exercise_passes():
    assert DOUBLE(lambda x: x + x).passed


def test_a_slip_is_told_with_what_was_returned_and_expected():
    said = DOUBLE(lambda x: x**2).says
    assert said.splitlines() == [
        "`double` is right on 1 of 2 inputs",
        "  given     (2,): 1, 3",
        "  returned  (2,): 1, 9",
        "  expected  (2,): 2, 6",
        "  likely    You squared it.",
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: (2 * x).sum(), "This is one number, the answer is shape (2,)"),
        (lambda x: x / 0, "not finite"),
        (lambda x: 2 * x + 1, "Do the first input by hand"),
        (lambda x: x.mul_(2), "changes what it was given"),
        (lambda: 1, "raised TypeError"),
        (lambda x: {}[0], "raised KeyError: 0"),
    ],
)
def test_the_exercise_names_what_any_answer_can_get_wrong(answer, words):
    verdict = DOUBLE(answer)
    assert verdict.state is State.WRONG
    assert words in verdict.says


def test_an_error_is_told_with_the_line_of_the_answer_that_raised_it():
    def answer(x):
        return torch.cat([x, 3])

    assert "at `return torch.cat([x, 3])`" in DOUBLE(answer).says


def test_a_value_is_an_answer_too():
    share = Exercise("share", lambda: 0.25, slips=(Slip("Per cent.", lambda: 25),))
    assert share(0.25).passed
    assert "Per cent." in share(25).says
    assert share(...).state is State.NOT_DONE


def test_hidden_inputs_are_checked_alike():
    only_positive = DOUBLE.on(lambda x: 2 * x.abs(), [(torch.tensor([-1.0]),)])
    assert DOUBLE(lambda x: 2 * x.abs()).passed and not only_positive.passed


@given(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.binary()))
def test_an_exercise_never_raises(anything):
    assert isinstance(str(DOUBLE(lambda x: anything)), str)
    assert isinstance(str(DOUBLE(anything)), str)


class _UnshowableError(Exception):
    def __str__(self):
        raise ValueError

    __repr__ = __str__


def _unshowable(*_):
    raise _UnshowableError


def _holds_itself():
    endless = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    "answer",
    [
        _UnshowableError(),
        _unshowable,
        _holds_itself(),
        torch.eye(2).to_sparse(),
        torch.empty(2, device="meta"),
        sys.exit,
    ],
    ids=["unshowable", "raises it", "holds itself", "sparse", "meta", "leaves Python"],
)
def test_the_strangest_answer_is_not_right_yet(answer):
    assert DOUBLE(answer).state is State.WRONG


def test_a_complex_answer_is_not_taken_for_its_real_part():
    assert DOUBLE(lambda x: torch.complex(2 * x, x)).state is State.WRONG


def test_a_slip_that_is_right_somewhere_is_not_told_for_another_mistake():
    assert "squared" not in DOUBLE(lambda x: x**2 + x).says
