"""Measures of a ranking: known values, the public code's values, a literal loop, what must not change them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.retrieval import (
    attributes_kept,
    mean_average_precision,
    ndcg,
    ndcg_others,
    ndcg_target,
    target_precision,
    top_k_accuracy,
)


def results_with(hits, attributes):
    """Labels found (1, k, A) of which hits[j] attributes equal the target, an all-zero row."""
    found = torch.zeros(1, len(hits), attributes, dtype=torch.int64)
    for place, right in enumerate(hits):
        found[0, place, right:] = 1
    return found, torch.zeros(1, attributes, dtype=torch.int64)


@pytest.mark.parametrize(
    ("hits", "attributes", "expected"),
    [
        ([12] * 30, 12, 1.0),
        ([2] * 30, 4, 2**0.5 - 1),
        ([11] * 30, 12, 0.88775),
        ([1] + [0] * 29, 1, 0.10915),
        ([1, 0, 1], 1, 0.70392),
    ],
    ids=["all right", "half right", "all but one of twelve", "only the first of thirty", "first and third of three"],
)
def test_ndcg_has_the_known_values(hits, attributes, expected):
    assert ndcg(*results_with(hits, attributes)) == pytest.approx(expected, abs=1e-5)


def test_a_better_first_place_beats_a_better_second():
    assert ndcg(*results_with([1, 0], 1)) > ndcg(*results_with([0, 1], 1))


def all_seven(found, target, edited, relevant=None):
    """The values of each query, float64 (Q, 7)."""
    return torch.stack(
        [
            top_k_accuracy(found, target, per_query=True),
            ndcg(found, target, per_query=True),
            ndcg_target(found, target, edited, per_query=True),
            ndcg_others(found, target, edited, per_query=True),
            mean_average_precision(found, target, relevant=relevant, per_query=True),
            target_precision(found, target, edited, per_query=True),
            attributes_kept(found, target, edited, per_query=True),
        ],
        dim=1,
    )


@pytest.fixture(params=["eval_d8", "eval_d8_leaky", "eval_d340"])
def public(request, shared):
    with np.load(shared / "parity" / "adde" / f"{request.param}.npz") as stored:
        return dict(stored)


def test_all_four_equal_the_public_code(public):
    schema = AttributeSchema.of({f"a{n}": [str(v) for v in range(n)] for n in (3, 4, 5)})
    gallery = schema.from_one_hot(torch.from_numpy(public["gallery_onehot"]))
    target = schema.from_one_hot(torch.from_numpy(public["target_onehot"]))
    added = torch.from_numpy(public["indicator"]).argmax(1)
    edited = torch.bucketize(added, torch.tensor(schema.offsets), right=True) - 1
    found = gallery[torch.from_numpy(public["knn30"]).long()]
    for place, k in enumerate(public["k"]):
        first = found[:, :k]
        assert top_k_accuracy(first, target) == pytest.approx(public["top_k"][place], abs=1e-6)
        assert ndcg(first, target) == pytest.approx(public["ndcg"][place], abs=1e-6)
        assert ndcg_target(first, target, edited) == pytest.approx(public["ndcg_target"][place], abs=1e-6)
        assert ndcg_others(first, target, edited) == pytest.approx(public["ndcg_others"][place], abs=1e-6)


def literal(found, target, edited, relevant):
    """The measures of one query, written as the definitions read."""
    attributes = range(len(target))
    changed = [a for a in attributes if edited[a]]
    stays = [a for a in attributes if not edited[a]]
    hits, sums, ideal, precisions, new, kept = 0, [0.0, 0.0, 0.0], 0.0, 0.0, 0, 0
    for place, row in enumerate(found, start=1):
        same = [row[a] == target[a] for a in attributes]
        if all(same):
            hits += 1
            precisions += hits / place
        new += all(same[a] for a in changed)
        kept += sum(same[a] for a in stays)
        for which, judged in enumerate([attributes, changed, stays]):
            relevance = sum(same[a] for a in judged) / len(judged)
            sums[which] += (2**relevance - 1) / math.log(place + 1)
        ideal += 1 / math.log(place + 1)
    k = len(found)
    possible = min(k, hits if relevant is None else relevant)
    average = precisions / possible if possible else 0.0
    return [float(hits > 0), *(total / ideal for total in sums), average, new / k, kept / (k * len(stays))]


def some_edits(rng, queries, attributes):
    """bool (Q, A): in each row one attribute at least is edited, and one at least is not."""
    order = rng.permuted(np.tile(np.arange(attributes), (queries, 1)), axis=1)
    return order < rng.integers(1, attributes, (queries, 1))


SEEDS = st.integers(0, 2**32 - 1)


def some_results(seed, queries=6, k=5, attributes=3):
    """Random results with many right codes among them, and how many relevant images each gallery holds."""
    rng = np.random.default_rng(seed)
    found, target = rng.integers(-1, 1, (queries, k, attributes)), rng.integers(-1, 1, (queries, attributes))
    relevant = (found == target[:, None]).all(2).sum(1) + rng.integers(0, 4, queries)
    return found, target, some_edits(rng, queries, attributes), relevant


@given(seed=SEEDS, k=st.integers(1, 7), attributes=st.integers(2, 5), counted=st.booleans())
def test_each_query_equals_a_literal_loop(seed, k, attributes, counted):
    found, target, edited, relevant = some_results(seed, k=k, attributes=attributes)
    ours = all_seven(found, target, edited, relevant if counted else None)
    counts = relevant.tolist() if counted else [None] * 6
    rows = zip(found.tolist(), target.tolist(), edited.tolist(), counts, strict=True)
    np.testing.assert_allclose(ours.numpy(), [literal(*query) for query in rows], atol=1e-12)


@given(seed=SEEDS)
def test_the_name_of_the_edited_attribute_says_what_its_flag_says(seed):
    found, target, _, relevant = some_results(seed)
    which = np.random.default_rng(seed).integers(0, 3, 6)
    flags = which[:, None] == np.arange(3)
    assert torch.equal(all_seven(found, target, which, relevant), all_seven(found, target, flags, relevant))


@given(seed=SEEDS)
def test_the_order_of_queries_and_of_attributes_does_not_matter(seed):
    found, target, edited, relevant = some_results(seed)
    rng = np.random.default_rng(seed)
    queries, attributes = rng.permutation(6), rng.permutation(3)
    moved = [each[queries] for each in (found, target, edited, relevant)]
    turned = (moved[0][..., attributes], moved[1][:, attributes], moved[2][:, attributes], moved[3])
    values = all_seven(found, target, edited, relevant)[queries]
    torch.testing.assert_close(all_seven(*turned), values, rtol=0, atol=1e-12)


@given(seed=SEEDS)
def test_every_value_lies_between_0_and_1_and_only_a_perfect_ranking_has_all_ones(seed):
    found, target, edited, relevant = some_results(seed)
    values = all_seven(found, target, edited, relevant)
    assert values.min() >= 0
    assert values.max() <= 1 + 1e-12
    perfect = np.repeat(target[:, None], 5, axis=1)
    torch.testing.assert_close(all_seven(perfect, target, edited), torch.ones(6, 7, dtype=torch.float64))
    spoilt = perfect.copy()
    spoilt[:, 4, 0] += 2
    assert (all_seven(spoilt, target, edited)[:, 1] < 1).all()


def test_average_precision_has_the_known_values():
    found, target = results_with([1, 0, 1, 0], 1)
    assert mean_average_precision(found, target) == pytest.approx((1 + 2 / 3) / 2)
    assert mean_average_precision(found, target, relevant=torch.tensor([3])) == pytest.approx((1 + 2 / 3) / 3)
    assert mean_average_precision(found, target, relevant=torch.tensor([9])) == pytest.approx((1 + 2 / 3) / 4)
    assert mean_average_precision(*results_with([0, 0], 1)) == 0.0


def test_a_result_is_precise_with_every_new_value_and_keeps_by_the_share():
    found, target = torch.tensor([[[1, 2, 0, 0], [1, 1, 0, 9]]]), torch.tensor([[1, 2, 0, 0]])
    edited = torch.tensor([[True, True, False, False]])
    assert target_precision(found, target, edited) == 0.5
    assert attributes_kept(found, target, edited) == 0.75


def test_several_edits_count_by_the_share_that_came_true():
    found, target = torch.tensor([[[1, 1, 0, 0]]]), torch.tensor([[1, 2, 0, 0]])
    edited = torch.tensor([[True, True, False, False]])
    assert ndcg_target(found, target, edited) == pytest.approx(2**0.5 - 1)
    assert ndcg_others(found, target, edited) == 1.0


@given(seed=SEEDS)
def test_top_k_never_falls_as_k_grows(seed):
    rng = np.random.default_rng(seed)
    found, target = rng.integers(0, 2, (8, 9, 3)), rng.integers(0, 2, (8, 3))
    values = [top_k_accuracy(found[:, :k], target) for k in range(1, 10)]
    assert values == sorted(values)


def test_missing_equals_missing_and_nothing_else():
    target = torch.tensor([[-1, 0]])
    assert top_k_accuracy(torch.tensor([[[-1, 0]]]), target) == 1.0
    assert top_k_accuracy(torch.tensor([[[0, 0]]]), target) == 0.0


def test_the_mean_is_a_python_float_of_the_query_values():
    found, target = torch.tensor([[[0]], [[1]]]), torch.tensor([[0], [0]])
    assert type(ndcg(found, target)) is float
    each = ndcg(found, target, per_query=True)
    assert each.dtype == torch.float64
    assert each.tolist() == [1.0, 0.0]
    assert ndcg(found, target) == 0.5


FOUND, TARGET = torch.zeros(2, 3, 4, dtype=torch.int64), torch.zeros(2, 4, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k_accuracy(FOUND[0], TARGET), r"found and target: given \(3, 4\) and \(2, 4\)"),
        (lambda: ndcg(FOUND, TARGET[:, :3]), r"given \(2, 3, 4\) and \(2, 3\), expected \(Q, k, A\)"),
        (lambda: ndcg(FOUND[:1], TARGET), r"given \(1, 3, 4\) and \(2, 4\)"),
        (lambda: ndcg(FOUND[:, :0], TARGET), r"found: given shape \(2, 0, 4\)"),
        (lambda: ndcg(FOUND[:0], TARGET[:0]), r"found: given shape \(0, 3, 4\)"),
        (lambda: ndcg(FOUND.float(), TARGET), r"found: given torch\.float32"),
        (
            lambda: ndcg_target(FOUND, TARGET, TARGET),
            r"edited: given torch\.int64 \(2, 4\), expected int64 \(2,\) or bool \(2, 4\)",
        ),
        (lambda: ndcg_target(FOUND, TARGET, torch.ones(1, 4).bool()), r"edited: given torch\.bool \(1, 4\)"),
        (lambda: ndcg_target(FOUND, TARGET, torch.zeros(2)), r"edited: given torch\.float32"),
        (lambda: ndcg_target(FOUND, TARGET, torch.tensor([0, 4])), "edited, query 1: given 4, .* 0 to 3"),
        (lambda: target_precision(FOUND, TARGET, torch.tensor([-1, 0])), "edited, query 0: given -1"),
        (lambda: ndcg_target(FOUND, TARGET, TARGET.bool()), "edited, query 0: given no attribute, expected at least"),
        (
            lambda: ndcg_others(FOUND, TARGET, torch.tensor([[True, False] * 2, [True] * 4])),
            "ndcg_others, query 1: given every attribute edited, expected one that stays",
        ),
        (
            lambda: attributes_kept(FOUND, TARGET, torch.ones(2, 4).bool()),
            "attributes_kept, query 0: given every attribute edited",
        ),
        (
            lambda: mean_average_precision(FOUND, TARGET, relevant=torch.tensor([3])),
            r"relevant: given \(1,\), expected \(2,\)",
        ),
        (
            lambda: mean_average_precision(FOUND, TARGET, relevant=torch.tensor([3, 2])),
            "relevant, query 1: given 2, expected at least the 3 found",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
