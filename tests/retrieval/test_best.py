from functools import partial

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.retrieval.best import BLOCK, Best, shortlist
from adde_lite.retrieval.vectors import Vectors


@given(seed=st.integers(0, 1000), k=st.integers(1, 20), n=st.integers(20, 40 * BLOCK))
def test_shortlist_holds_every_row_within_the_margin_of_the_kth(seed, k, n):
    scores = torch.randn(n, generator=torch.Generator().manual_seed(seed))
    last = scores.sort(descending=True).values[k - 1]
    for margin in (0.0, 0.01):
        assert shortlist(scores.numpy(), k, margin).tolist() == (scores >= last - margin).nonzero()[:, 0].tolist()


def test_shortlist_leaves_out_what_is_excluded_and_what_lies_below_the_floor():
    scores = np.array([1.0, -np.inf, 3.0, 2.0])
    assert shortlist(scores, 4, 0.1).tolist() == [0, 2, 3]
    assert shortlist(scores, 4, 0.1, floor=2.05).tolist() == [2, 3]


def test_scores_wrong_within_the_margin_still_give_the_exact_order():
    generator = torch.Generator().manual_seed(0)
    vectors = Vectors(1 + 1e-3 * torch.randn(500, 2, 8, generator=generator))
    query = torch.randn(16, generator=generator).double()
    exactly = partial(vectors.settle, query)
    exact = exactly(torch.arange(500))
    noise = 0.5 * float(exact.std())
    best = Best(exactly, 10, 2 * noise)
    best.offer((exact + noise * (2 * torch.rand(500, generator=generator) - 1)).float())
    assert torch.equal(best.rows, exact.argsort(descending=True)[:10])
    careless = Best(exactly, 10, 0.0)
    careless.offer((exact + noise * (2 * torch.rand(500, generator=generator) - 1)).float())
    assert not torch.equal(careless.rows, best.rows)


def test_rows_offered_in_parts_are_merged():
    generator = torch.Generator().manual_seed(1)
    vectors = Vectors(torch.randn(90, 1, 4, generator=generator)[torch.randint(30, (90,), generator=generator)])
    query = torch.randn(4, generator=generator)
    scores = vectors.settle(query.double(), torch.arange(90)).float()
    best = Best(partial(vectors.settle, query.double()), 20, 1e-6)
    for first in range(0, 90, 7):
        best.offer(scores[first : first + 7], first)
    expected = scores.sort(descending=True, stable=True).indices[:20]
    assert torch.equal(best.rows, expected)
