"""Queries, weights and filters are made ready or refused before any library sees them."""

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale.asked import allowed_rows, check_rows, query_vectors
from adde_lite.retrieval.scale.content import check_content, ids_of

A, D = 3, 4
QUERY = torch.arange(1.0, 13.0).view(A, D)


def test_weights_scale_the_blocks_of_the_query(shop):
    vector = query_vectors(QUERY, {"sleeve length": 1, "pattern": 2}, shop, D)
    assert torch.equal(vector, torch.cat([torch.zeros(4), QUERY[1], 2 * QUERY[2]])[None])


def test_each_query_may_have_weights_of_its_own(shop):
    vectors = query_vectors(torch.stack([QUERY, QUERY]), torch.tensor([[1.0, 0, 0], [0, 0, 1.0]]), shop, D)
    assert torch.equal(vectors[1], torch.cat([torch.zeros(8), QUERY[2]]))


@pytest.mark.parametrize(
    ("query", "weights", "message"),
    [
        ([1.0], None, "query: given list"),
        (QUERY.long(), None, "query: given torch.int64"),
        (QUERY[None][:0], None, "query: given shape (0, 3, 4)"),
        (QUERY[0], None, "query: given shape (4,)"),
        (QUERY.flatten()[None, None], None, "query: given shape (1, 1, 12)"),
        (QUERY * 0, None, "query 0: given length 0.0"),
        (QUERY * torch.nan, None, "query 0: given length nan"),
        (QUERY * torch.inf, None, "query 0: given length inf"),
        (QUERY, torch.ones(2), "weights: given shape (2,)"),
        (QUERY, torch.zeros(A), "weights: given only zeros"),
        (torch.stack([QUERY, QUERY]), torch.tensor([[1.0] * A, [0.0] * A]), "weighted query 1: given length 0.0"),
        (QUERY, torch.full((A,), 1e38), "weighted query 0: given length inf"),
        (QUERY, torch.tensor([1.0, -1.0, 1.0]), "weights, sleeve length: given -1.0"),
        (QUERY, torch.tensor([1.0, 1.0, torch.nan]), "weights, pattern: given nan"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(query, weights, message, shop):
    with pytest.raises(InputError) as caught:
        query_vectors(query, weights, shop, D)
    assert str(caught.value).startswith(message)


def test_masks_and_rows_say_the_same():
    mask = torch.tensor([True, False, True, True])
    assert allowed_rows(mask, 4).tolist() == allowed_rows(torch.tensor([3, 0, 2, 3]), 4).tolist() == [0, 2, 3]


@pytest.mark.parametrize(
    ("where", "given"),
    [
        (torch.tensor([True, False]), "torch.bool (2,)"),
        (torch.tensor([0.5]), "torch.float32 (1,)"),
        (torch.tensor([4]), "row 4"),
        (torch.tensor([-1, 2]), "row -1"),
        (torch.zeros(4, dtype=torch.bool), "no row"),
        (torch.tensor([], dtype=torch.int64), "no row"),
    ],
)
def test_a_filter_that_does_not_fit_is_refused(where, given):
    with pytest.raises(InputError) as caught:
        allowed_rows(where, 4)
    assert caught.value.given == given


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda e, y: (e[:0], y[:0]), "embeddings"),
        (lambda e, y: (e[:9], y), "embeddings"),
        (lambda e, y: (e.flatten(1), y), "embeddings"),
        (lambda e, y: (e[:, :2], y), "embeddings"),
        (lambda e, y: ((e * 100).long(), y), "embeddings"),
        (lambda e, y: (e.index_fill(0, torch.tensor([7]), 0.0), y), "embedding 7"),
        (lambda e, y: (e.index_fill(0, torch.tensor([5]), torch.nan), y), "embedding 5"),
        (lambda e, y: (e, y + 9), "labels, row 0, attribute 'colour'"),
        (lambda e, y: (e.numpy(), y), "embeddings"),
    ],
)
def test_content_that_does_not_fit_is_refused(content, shop, change, where):
    with pytest.raises(InputError) as caught:
        check_content(*change(content.embeddings[:10], content.labels[:10]), shop)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("rows", "given"),
    [
        (torch.tensor([0, -1]), "row -1"),
        (torch.tensor([3, 9]), "row 3"),
        (torch.tensor([[0, 1]]), "torch.int64 (1, 2)"),
        (torch.tensor([1.0]), "torch.float32 (1,)"),
    ],
)
def test_rows_that_are_not_there_are_named(rows, given):
    check_rows("rows", torch.tensor([2, 0, 2]), 3)
    with pytest.raises(InputError, match=r"^rows: ") as caught:
        check_rows("rows", rows, 3)
    assert caught.value.given == given


def test_images_without_ids_are_numbered():
    assert ids_of(None, 2, before=5) == ["5", "6"]
    assert ids_of(("a", "b"), 2, before=5) == ["a", "b"]
    with pytest.raises(InputError, match="'a', as in row 0"):
        ids_of(["a", "b", "a"], 3)
