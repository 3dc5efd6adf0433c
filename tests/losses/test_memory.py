from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.losses import consistency, consistency_triplet, memory_block

SEEDS = st.integers(0, 10_000)
MASK = torch.block_diag(*(torch.ones(2, n) for n in (3, 2))).bool()  # A = 2, d = 2, J = 5


def terms(seed, rows=6):
    """Prototypes and features (3, rows, 4) and labels (3, rows, 2), a third of them missing."""
    generator = torch.Generator().manual_seed(seed)
    prototypes, features = torch.randn(2, 3, rows, 4, generator=generator).unbind()
    return prototypes, features, torch.randint(-1, 2, (3, rows, 2), generator=generator)


def test_consistency_adds_the_means_of_its_terms():
    prototypes, features, _ = terms(0)
    expected = sum((p - f).abs().mean() for p, f in zip(prototypes, features, strict=True))
    torch.testing.assert_close(consistency(prototypes, features), expected)
    torch.testing.assert_close(consistency(list(prototypes), tuple(features)), expected)
    torch.testing.assert_close(sum(map(consistency, prototypes, features)), expected)


@given(SEEDS)
@settings(max_examples=30)
def test_consistency_is_the_mean_over_the_labelled_blocks_alone(seed):
    prototypes, features, labels = terms(seed)
    expected = torch.zeros(())
    for p, f, codes in zip(prototypes, features, labels, strict=True):
        gaps = [(p - f)[b, 2 * a : 2 * a + 2] for b in range(6) for a in range(2) if codes[b, a] >= 0]
        expected = expected + (torch.stack(gaps).abs().mean() if gaps else 0)
    torch.testing.assert_close(consistency(prototypes, features, labels), expected)


@given(SEEDS)
@settings(max_examples=30)
def test_blocks_without_a_label_have_no_say_in_the_consistency(seed):
    prototypes, features, labels = terms(seed)
    loss = consistency(prototypes, features, labels)
    lacking = (labels == -1).repeat_interleave(2, dim=2)
    features = features.masked_fill(lacking, torch.nan).requires_grad_()
    torch.testing.assert_close(consistency(prototypes, features, labels), loss)
    (gradient,) = torch.autograd.grad(consistency(prototypes, features, labels), features)
    assert torch.equal(gradient[lacking], torch.zeros_like(gradient[lacking]))


@given(SEEDS)
@settings(max_examples=30)
def test_consistency_knows_no_order_is_never_negative_and_zero_for_its_own_prototypes(seed):
    prototypes, features, labels = terms(seed)
    loss = consistency(prototypes, features, labels)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(loss, consistency(prototypes[:, order], features[:, order], labels[:, order]))
    assert loss >= 0
    assert consistency(features, features, labels) == 0


def test_missing_labels_pull_a_subspace_to_zero_only_in_the_public_way():
    features = torch.ones(1, 4, requires_grad=True)
    labels = torch.tensor([[0, -1]])
    prototypes = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    assert consistency(prototypes, features, labels) == 0
    assert consistency(prototypes, features).item() == pytest.approx(0.5)


def test_consistency_without_any_label_is_zero_with_a_finite_gradient():
    features = torch.randn(3, 4, requires_grad=True)
    loss = consistency(torch.zeros(3, 4), features, torch.full((3, 2), -1))
    loss.backward()
    assert loss == 0
    assert torch.equal(features.grad, torch.zeros_like(features))


@given(SEEDS)
@settings(max_examples=30)
def test_consistency_triplet_equals_its_formula_row_by_row(seed):
    prototype, edited, negative = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(seed)).unbind()
    loss = consistency_triplet(prototype, edited, negative, 0.5)
    rows = [
        max(0.0, float((p - e).abs().mean() - (p - n).abs().mean()) + 0.5)
        for p, e, n in zip(prototype, edited, negative, strict=True)
    ]
    assert loss.item() == pytest.approx(sum(rows) / 7, abs=1e-6)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(loss, consistency_triplet(prototype[order], edited[order], negative[order], 0.5))


def test_consistency_triplet_stops_when_the_negative_is_a_margin_farther_than_the_edit():
    prototype = torch.zeros(1, 4)
    assert consistency_triplet(prototype, torch.full((1, 4), 0.1), torch.full((1, 4), 0.7), 0.5) == 0
    closer = consistency_triplet(prototype, torch.full((1, 4), 0.1), torch.full((1, 4), 0.2), 0.5)
    assert closer.item() == pytest.approx(0.4)


def test_memory_block_sums_what_lies_outside_the_blocks():
    weight = torch.arange(20.0).reshape(4, 5) - 10
    loss = memory_block(SimpleNamespace(weight=weight, mask=MASK))
    assert loss == weight[:2, 3:].abs().sum() + weight[2:, :3].abs().sum()


def test_gradient_of_the_memory_block_is_the_sign_outside_and_exactly_zero_inside():
    weight = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    weight[0, 4] = 0
    weight.requires_grad_()
    memory_block(SimpleNamespace(weight=weight, mask=MASK)).backward()
    assert torch.equal(weight.grad, weight.detach().sign() * ~MASK)


def test_memory_block_counts_the_numbers_outside_the_blocks_of_shopping100k():
    mask = torch.block_diag(*(torch.ones(340, n) for n in (16, 17, 19, 14, 10, 15, 2, 11, 16, 7, 9, 15))).bool()
    assert memory_block(SimpleNamespace(weight=torch.ones(mask.shape), mask=mask)) == 564_740
    assert mask.numel() == 616_080
