"""Top-k accuracy and the three NDCGs: known values, the public code's values, a literal loop."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.retrieval import ndcg, ndcg_others, ndcg_target, top_k_accuracy


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


def one_edit(attribute, attributes):
    """bool (Q, A) from the attribute that each query edits, (Q,)."""
    return torch.nn.functional.one_hot(torch.as_tensor(attribute), attributes).bool()


@pytest.fixture(params=["eval_d8", "eval_d8_leaky", "eval_d340"])
def public(request, shared):
    with np.load(shared / "parity" / "adde" / f"{request.param}.npz") as stored:
        return dict(stored)


def test_all_four_equal_the_public_code(public):
    schema = AttributeSchema.of({f"a{n}": [str(v) for v in range(n)] for n in (3, 4, 5)})
    gallery = schema.from_one_hot(torch.from_numpy(public["gallery_onehot"]))
    target = schema.from_one_hot(torch.from_numpy(public["target_onehot"]))
    added = torch.from_numpy(public["indicator"]).argmax(1)
    edited = one_edit(torch.bucketize(added, torch.tensor(schema.offsets), right=True) - 1, schema.A)
    found = gallery[torch.from_numpy(public["knn30"]).long()]
    for place, k in enumerate(public["k"]):
        first = found[:, :k]
        assert top_k_accuracy(first, target) == pytest.approx(public["top_k"][place], abs=1e-6)
        assert ndcg(first, target) == pytest.approx(public["ndcg"][place], abs=1e-6)
        assert ndcg_target(first, target, edited) == pytest.approx(public["ndcg_target"][place], abs=1e-6)
        assert ndcg_others(first, target, edited) == pytest.approx(public["ndcg_others"][place], abs=1e-6)


def literal(found, target, edited):
    """The four measures of one query, written as the definitions read."""
    attributes = range(len(target))
    changed = [a for a in attributes if edited[a]]
    stays = [a for a in attributes if not edited[a]]
    hit, sums, ideal = 0.0, [0.0, 0.0, 0.0], 0.0
    for place, row in enumerate(found, start=1):
        same = [row[a] == target[a] for a in attributes]
        hit = max(hit, float(all(same)))
        for which, judged in enumerate([attributes, changed, stays]):
            relevance = sum(same[a] for a in judged) / len(judged)
            sums[which] += (2**relevance - 1) / math.log(place + 1)
        ideal += 1 / math.log(place + 1)
    return [hit, *(total / ideal for total in sums)]


def some_edits(rng, queries, attributes):
    """bool (Q, A): in each row one attribute at least is edited, and one at least is not."""
    order = rng.permuted(np.tile(np.arange(attributes), (queries, 1)), axis=1)
    return order < rng.integers(1, attributes, (queries, 1))


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 7), attributes=st.integers(2, 5))
def test_each_query_equals_a_literal_loop(seed, k, attributes):
    rng = np.random.default_rng(seed)
    found = rng.integers(-1, 2, (6, k, attributes))
    target, edited = rng.integers(-1, 2, (6, attributes)), some_edits(rng, 6, attributes)
    ours = torch.stack(
        [
            top_k_accuracy(found, target, per_query=True),
            ndcg(found, target, per_query=True),
            ndcg_target(found, target, edited, per_query=True),
            ndcg_others(found, target, edited, per_query=True),
        ],
        dim=1,
    )
    expected = [literal(*query) for query in zip(found.tolist(), target.tolist(), edited.tolist(), strict=True)]
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-12)


def test_several_edits_count_by_the_share_that_came_true():
    found, target = torch.tensor([[[1, 1, 0, 0]]]), torch.tensor([[1, 2, 0, 0]])
    edited = torch.tensor([[True, True, False, False]])
    assert ndcg_target(found, target, edited) == pytest.approx(2**0.5 - 1)
    assert ndcg_others(found, target, edited) == 1.0


@given(seed=st.integers(0, 2**32 - 1))
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
            lambda: ndcg_target(FOUND, TARGET, torch.tensor([0, 1])),
            r"edited: given torch\.int64 \(2,\), expected torch\.bool \(2, 4\)",
        ),
        (lambda: ndcg_target(FOUND, TARGET, torch.ones(1, 4).bool()), r"edited: given torch\.bool \(1, 4\)"),
        (lambda: ndcg_target(FOUND, TARGET, TARGET.bool()), "edited, query 0: given no attribute, expected at least"),
        (
            lambda: ndcg_others(FOUND, TARGET, torch.tensor([[True, False] * 2, [True] * 4])),
            "ndcg_others, query 1: given every attribute edited, expected one that stays",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
