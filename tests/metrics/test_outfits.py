"""Metrics of outfits: by hand, by chance, and with ties that may help nobody."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from adde_lite.errors import InputError
from adde_lite.metrics.outfits import compatibility_auc, fill_in_the_blank_accuracy, recall_at_k

few = st.integers(-2, 2).map(float)


def test_the_highest_score_is_the_answer():
    scores = torch.tensor([[0.1, 0.9, 0.2, 0.3], [0.5, 0.1, 0.2, 0.3]])
    assert fill_in_the_blank_accuracy(scores, torch.tensor([1, 0])) == 1
    assert fill_in_the_blank_accuracy(scores, torch.tensor([1, 3])) == 0.5
    assert fill_in_the_blank_accuracy(scores, torch.tensor([1, 3]), per_question=True).tolist() == [1, 0]


def test_equal_scores_are_chance_wherever_the_answer_stands():
    for place in range(4):
        assert fill_in_the_blank_accuracy(torch.zeros(3, 4), torch.full((3,), place)) == 0.25
    assert fill_in_the_blank_accuracy(torch.tensor([[1.0, 1.0, 0.0, 0.0]]), torch.tensor([1])) == 0.5


@given(st.lists(st.lists(few, min_size=4, max_size=4), min_size=1, max_size=5), st.permutations(range(4)))
def test_the_order_of_the_options_does_not_matter(rows, order):
    scores, answer = torch.tensor(rows), torch.arange(len(rows)) % 4
    moved = torch.tensor([order.index(int(place)) for place in answer])
    assert fill_in_the_blank_accuracy(scores, answer) == fill_in_the_blank_accuracy(scores[:, order], moved)


def test_recall_counts_a_target_among_the_first_k():
    scores = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0]]).repeat(5, 1)
    target = torch.arange(5)
    assert [recall_at_k(scores, target, k) for k in (1, 2, 5, 9)] == [0.2, 0.4, 1, 1]
    assert recall_at_k(scores, target, 2, per_query=True).tolist() == [1, 1, 0, 0, 0]


@given(st.lists(few, min_size=2, max_size=7), st.integers(1, 8))
def test_recall_with_ties_is_the_mean_over_all_ways_to_break_them(row, k):
    scores = torch.tensor([row])
    shifts = [torch.linspace(0, 0.1, len(row)).roll(shift) for shift in range(len(row))]
    both_ways = [shift * sign for shift in shifts for sign in (1, -1)]
    target = torch.tensor([0])
    broken = [recall_at_k(scores + shift, target, k) for shift in both_ways]
    assert min(broken) <= recall_at_k(scores, target, k) <= max(broken)
    everyone = [recall_at_k(scores, torch.tensor([place]), k) for place in range(len(row))]
    assert sum(everyone) == pytest.approx(min(k, len(row)))


def test_garments_taken_out_of_the_gallery_take_no_place():
    scores = torch.tensor([[1.0, 9.0, 8.0]])
    out = scores.masked_fill(torch.tensor([False, True, True]), -torch.inf)
    assert recall_at_k(scores, torch.tensor([0]), 1) == 0
    assert recall_at_k(out, torch.tensor([0]), 1) == 1


@given(st.lists(st.tuples(few, st.booleans()), min_size=2, max_size=12))
def test_auc_is_that_of_a_library(pairs):
    scores, compatible = torch.tensor([score for score, _ in pairs]), torch.tensor([fits for _, fits in pairs])
    if compatible.all() or not compatible.any():
        with pytest.raises(InputError, match="both kinds"):
            compatibility_auc(scores, compatible)
    else:
        assert compatibility_auc(scores, compatible) == pytest.approx(roc_auc_score(compatible, scores))


def test_auc_of_one_score_for_all_is_a_half():
    assert compatibility_auc(torch.zeros(4), torch.tensor([True, False, True, True])) == 0.5


@pytest.mark.parametrize(
    ("scores", "target", "message"),
    [
        (torch.zeros(2, 4), torch.zeros(3, dtype=torch.int64), r"\(Q, G\) and \(Q,\)"),
        (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), "Q at least 1"),
        (torch.zeros(1, 4), torch.tensor([4]), "0 to 3"),
        (torch.zeros(1, 4), torch.tensor([-1]), "0 to 3"),
        (torch.zeros(1, 4), torch.tensor([1.0]), "int64"),
        (torch.tensor([[0.0, float("nan")]]), torch.tensor([0]), "query 0: given NaN"),
        (torch.tensor([[-torch.inf, 0.0]]), torch.tensor([0]), "score -inf"),
    ],
)
def test_scores_that_cannot_be_judged_are_refused(scores, target, message):
    with pytest.raises(InputError, match=message):
        recall_at_k(scores, target, 1)
    with pytest.raises(InputError, match=message):
        fill_in_the_blank_accuracy(scores, target)


def test_a_list_of_no_results_is_refused():
    with pytest.raises(InputError, match="recall_at_k, k"):
        recall_at_k(torch.zeros(1, 2), torch.tensor([0]), 0)


@pytest.mark.parametrize(
    ("scores", "compatible", "message"),
    [
        (torch.zeros(2), torch.tensor([True]), r"\(S,\)"),
        (torch.zeros(2), torch.tensor([1, 0]), "bool"),
        (torch.tensor([0.0, float("nan")]), torch.tensor([True, False]), "set 1: given NaN"),
    ],
)
def test_sets_that_cannot_be_judged_are_refused(scores, compatible, message):
    with pytest.raises(InputError, match=message):
        compatibility_auc(scores, compatible)
