"""The conditional triplet loss: by hand, at its limits, and condition by condition."""

import pytest
import torch
from torch.nn import functional as F

from adde_lite.losses import conditional_triplet, triplet_margin

MARGIN = 0.2
# Two blocks of two numbers for three images: alike in block 0 are images 0 and 1, in block 1 images 0 and 2.
BLOCKS = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.1], [3.0, 4.0]], [[0.0, 0.4], [0.0, 1.0]]])
ROWS = torch.tensor([[0, 1, 2]])


def loss(condition, rows=ROWS, blocks=BLOCKS):
    return conditional_triplet(blocks, rows, torch.tensor(condition), MARGIN)


def test_each_condition_looks_at_its_own_block():
    assert loss([0]).item() == pytest.approx(0)  # 0.1 - 0.4 + 0.2 < 0
    assert loss([1]).item() == pytest.approx(5 - 1 + MARGIN, abs=1e-5)
    assert loss([1], ROWS[:, [0, 2, 1]]).item() == pytest.approx(0)


def test_the_mean_is_over_triplets():
    assert loss([0, 1], ROWS.repeat(2, 1)).item() == pytest.approx((5 - 1 + MARGIN) / 2, abs=1e-5)


def test_distances_are_those_of_torch_and_not_squared():
    blocks = torch.randn(9, 1, 4, generator=torch.Generator().manual_seed(0))
    rows = torch.arange(9).reshape(3, 3)
    expected = F.triplet_margin_loss(*(blocks[role, 0] for role in rows.T), margin=MARGIN)
    torch.testing.assert_close(loss([0, 0, 0], rows, blocks), expected)


def test_embeddings_that_collapse_cost_exactly_the_margin_and_keep_a_finite_gradient():
    blocks = torch.ones(3, 2, 4, requires_grad=True)
    collapsed = loss([0, 1], ROWS.repeat(2, 1), blocks)
    assert collapsed.item() == pytest.approx(MARGIN)
    collapsed.backward()
    assert blocks.grad.isfinite().all()


def test_a_batch_without_triplets_costs_nothing():
    blocks = BLOCKS.clone().requires_grad_()
    empty = conditional_triplet(blocks, torch.empty(0, 3, dtype=torch.int64), torch.empty(0, dtype=torch.int64), MARGIN)
    empty.backward()
    assert empty.item() == 0
    assert not blocks.grad.any()


def test_a_triplet_beyond_the_margin_costs_nothing_and_pulls_nothing():
    near, far = torch.tensor([0.1, 0.5]), torch.tensor([0.3, 0.4], requires_grad=True)
    costs = triplet_margin(near, far, MARGIN)
    torch.testing.assert_close(costs, torch.tensor([0.0, 0.3]))
    costs.sum().backward()
    assert far.grad.tolist() == [0, -1]
