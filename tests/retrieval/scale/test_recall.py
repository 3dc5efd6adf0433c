"""Recall is 1 for exact answers, falls as an index looks at less, and falls most for a single subspace."""

import importlib.util

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale import (
    FaissIndex,
    Found,
    askings,
    by_seed,
    recall,
    recall_table,
    rerank_table,
    share_found,
    synthetic_gallery,
    synthetic_shop,
)
from adde_lite.retrieval.scale.float_vectors import FloatVectors
from adde_lite.retrieval.scale.synthetic import SCHEMA

needs_faiss = pytest.mark.skipif(
    importlib.util.find_spec("faiss") is None, reason='no faiss: pip install "adde-lite[scale]"'
)


def test_askings_weigh_all_some_and_one():
    ways = askings(24, 12)
    assert torch.equal(ways["plain"], torch.ones(24, 12))
    assert bool(((ways["re-weighted"] >= 0.25) & (ways["re-weighted"] <= 4)).all())
    assert ways["re-weighted"].std() > 0.5
    assert ways["one subspace"].argmax(1).tolist() == [*range(12), *range(12)]
    assert bool((ways["one subspace"].sum(1) == 1).all())


class Answers:
    """An index that finds what it is told."""

    def __init__(self, rows):
        self.rows = rows

    def search(self, query, k, weights=None, where=None):
        return Found(self.rows, torch.zeros(self.rows.shape))


def test_recall_counts_the_exact_answers_found():
    embeddings = torch.eye(6).view(6, 2, 3) + 0.01
    query = torch.tensor([[6.0, 5, 4], [3, 2, 1]])[None]
    for rows, share in (([0, 1, 2], 1.0), ([2, 0, 5], 2 / 3), ([5, 4, 3], 0.0)):
        assert recall(Answers(torch.tensor([rows])), embeddings, query, torch.ones(2), k=3) == pytest.approx(share)
    weights = torch.tensor([0.0, 1.0])
    assert recall(Answers(torch.tensor([[3, 4, 5]])), embeddings, query, weights, k=3) == 1.0


def test_recall_under_a_filter_counts_the_answers_that_pass_it():
    embeddings = torch.eye(6).view(6, 2, 3) + 0.01
    query = torch.tensor([[6.0, 5, 4], [3, 2, 1]])[None]
    odd = torch.tensor([False, True] * 3)  # rows 1, 3 and 5
    for rows, share in (([1, 3], 1.0), ([1, 5], 0.5)):
        assert recall(Answers(torch.tensor([rows])), embeddings, query, torch.ones(2), k=2, where=odd) == share


def test_the_share_found_counts_answers_in_any_order():
    answers = torch.tensor([[0, 1], [2, 3]])
    assert share_found(torch.tensor([[9, 1, 0], [3, 8, 7]]), answers) == 0.75
    assert share_found(torch.tensor([[2], [0]]), answers) == 0


def test_tables_of_several_seeds_become_one():
    tables = [{"chance": {"plain": 0.1}, "Flat": {"plain": 1.0}}, {"chance": {"plain": 0.2}, "Flat": {"plain": 1.0}}]
    assert by_seed(tables) == {"chance": {"plain": [0.1, 0.2]}, "Flat": {"plain": [1.0, 1.0]}}


def test_equals_may_stand_for_each_other():
    embeddings = torch.ones(4, 1, 2)
    assert recall(Answers(torch.tensor([[3]])), embeddings, torch.ones(1, 1, 2), torch.ones(1), k=1) == 1.0


@needs_faiss
def test_a_code_loses_most_where_a_query_asks_one_subspace():
    embeddings, labels = synthetic_gallery(2_100, d=8)
    gallery, queries = embeddings[:2_000], embeddings[2_000:]
    indexes = {kind: FaissIndex.build(gallery, labels[:2_000], SCHEMA, kind=kind) for kind in ("Flat", "SQ8", "RaBitQ")}
    table = recall_table(indexes, gallery, queries)
    assert set(table["Flat"].values()) == {1.0}
    assert min(table["SQ8"].values()) > 0.999
    plain, weighted, single = (table["RaBitQ"][way] for way in ("plain", "re-weighted", "one subspace"))
    assert plain > 0.95
    assert plain > weighted > single
    assert single < 0.7


@needs_faiss
def test_the_exact_answers_are_sought_once_for_all_numbers_of_candidates(monkeypatch):
    shop, scans = synthetic_shop(1_000, 24), []
    index = FaissIndex.build(shop.vectors, shop.labels, SCHEMA)
    scan = FloatVectors.top_scores
    monkeypatch.setattr(FloatVectors, "top_scores", lambda *given: scans.append(given) or scan(*given))
    rerank_table(index, shop.vectors, shop.queries, (30, 60, 120))
    assert len(scans) == len(askings(1, 1))


@needs_faiss
def test_more_candidates_find_more_and_the_index_is_left_as_it_was():
    shop = synthetic_shop(1_000, 24)
    index = FaissIndex.build(shop.vectors, shop.labels, SCHEMA, kind="RaBitQ")
    index.candidates = 77
    told = rerank_table(index, shop.vectors, shop.queries, (30, 120, 1_000))
    assert index.candidates == 77
    assert list(told) == [30, 120, 1_000]
    for way in ("plain", "re-weighted", "one subspace"):
        assert told[30][way] < told[120][way] <= told[1_000][way] == 1
    with pytest.raises(InputError):
        rerank_table(index, shop.vectors, shop.queries, (30,), k=0)
    assert index.candidates == 77
    with pytest.raises(InputError):
        rerank_table(index, shop.vectors, shop.queries, (30,), k=1_001)
    index.candidates = 120
    assert told[120] == recall_table({"": index}, shop.vectors, shop.queries)[""]


def test_the_queries_of_a_shop_are_drawn_with_it_and_do_not_hang_in_it():
    shop = synthetic_shop(40, 10, seed=3)
    embeddings, labels = synthetic_gallery(50, seed=3)
    assert torch.equal(torch.cat([shop.vectors, shop.queries]), embeddings)
    assert torch.equal(torch.cat([shop.labels, shop.wanted]), labels)
    assert not (shop.vectors[None] == shop.queries[:, None]).flatten(2).all(2).any()


def test_a_synthetic_gallery_comes_again_from_its_seed():
    (first, labels), (second, _), (other, _) = (synthetic_gallery(50, d=4, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.allclose(first.flatten(1).norm(dim=1), torch.ones(50))
    assert SCHEMA.check(labels).shape == (50, 12)


def test_images_of_a_value_lie_together_in_its_subspace():
    embeddings, labels = synthetic_gallery(2_000, d=8)
    block = embeddings[:, 3] / embeddings[:, 3].norm(dim=1, keepdim=True)
    same = labels[:, 3, None] == labels[None, :, 3]
    alike = block @ block.T
    assert alike[same].mean() > alike[~same].mean() + 0.3
