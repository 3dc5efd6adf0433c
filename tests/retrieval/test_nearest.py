import torch

from adde_lite.retrieval import nearest as module
from adde_lite.retrieval.nearest import nearest


def test_chunks_give_the_answer_of_one_product(monkeypatch):
    queries, vectors = torch.randn(50, 6), torch.randn(30, 6)
    whole = nearest(queries, vectors, 4)
    monkeypatch.setattr(module, "SCORES_AT_ONCE", 90)
    assert torch.equal(nearest(queries, vectors, 4), whole)
