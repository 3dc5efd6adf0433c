import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from adde_lite.losses import compositional_triplet


def three(seed, rows=7):
    return torch.randn(3, rows, 5, generator=torch.Generator().manual_seed(seed)).unbind()


@given(seed=st.integers(0, 10_000), margin=st.sampled_from((0.1, 0.5, 1.0)))
@settings(max_examples=30)
def test_equals_the_triplet_loss_of_torch_is_never_negative_and_knows_no_order(seed, margin):
    edited, positive, negative = three(seed)
    loss = compositional_triplet(edited, positive, negative, margin)
    torch.testing.assert_close(loss, F.triplet_margin_loss(edited, positive, negative, margin=margin))
    order = torch.randperm(len(edited), generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(loss, compositional_triplet(edited[order], positive[order], negative[order], margin))
    assert loss >= 0


def test_distances_are_not_squared():
    """At a right angle 1.414, where the label triplet counts 2."""
    edited, positive = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    loss = compositional_triplet(edited, positive, edited, 0.5)
    assert loss.item() == pytest.approx(0.5 + 2**0.5, abs=1e-5)


def test_gradient_is_finite_where_the_edit_already_is_the_target():
    edited = torch.ones(2, 3, requires_grad=True)
    compositional_triplet(edited, torch.ones(2, 3), torch.ones(2, 3), 0.5).backward()
    assert edited.grad.isfinite().all()
