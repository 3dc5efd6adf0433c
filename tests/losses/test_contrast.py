import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.losses import label_contrast


def literal_contrast(embeddings, labels):
    total = 0.0
    for a in range(labels.shape[1]):
        each = []
        for i in range(len(labels)):
            rivals = [j for j in range(len(labels)) if j != i and labels[j, a] >= 0]
            partners = [j for j in rivals if labels[j, a] == labels[i, a]]
            if labels[i, a] < 0 or not partners:
                continue
            score = {j: float(embeddings[i, a] @ embeddings[j, a]) for j in rivals}
            whole = math.log(sum(math.exp(value) for value in score.values()))
            each.append(sum(whole - score[p] for p in partners) / len(partners))
        total += sum(each) / len(each) if each else 0.0
    return total


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_contrast_equals_the_loop_it_stands_for(seed):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(7, 2, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(-1, 3, (7, 2), generator=generator)
    assert float(label_contrast(embeddings, labels)) == pytest.approx(literal_contrast(embeddings, labels), abs=1e-9)


def test_contrast_without_any_pair_is_zero_with_a_finite_gradient():
    embeddings = torch.randn(4, 1, 3, requires_grad=True)
    for codes in ([0, 1, 2, 3], [-1, -1, -1, -1], [0, -1, -1, -1]):
        loss = label_contrast(embeddings, torch.tensor(codes)[:, None])
        (gradient,) = torch.autograd.grad(loss, embeddings)
        assert loss.item() == 0
        assert torch.equal(gradient, torch.zeros_like(gradient))


def test_contrast_pulls_equal_values_together():
    embeddings = torch.nn.Parameter(torch.randn(12, 1, 4, generator=torch.Generator().manual_seed(0)))
    labels = torch.arange(12)[:, None] % 3
    optimiser = torch.optim.SGD([embeddings], 0.5)
    for _ in range(100):
        optimiser.zero_grad()
        label_contrast(embeddings, labels).backward()
        optimiser.step()
    scores = (embeddings[:, 0] @ embeddings[:, 0].T).detach()
    same = labels == labels.T
    apart = ~torch.eye(12, dtype=torch.bool)
    assert scores[same & apart].min() > scores[~same].max()
