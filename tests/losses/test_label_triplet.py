from itertools import chain

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from adde_lite.errors import InputError
from adde_lite.losses import label_groups, label_triplet, local_label_triplet

WAYS = ("mask", "class")
SEEDS = st.integers(0, 10_000)


def literal_triplet(embeddings, labels, margin, missing):
    """The definition, pair by pair, with labels (B, A)."""
    rows = [i for i in range(len(labels)) if missing == "class" or (labels[i] >= 0).all()]

    def distance(i, j):
        return (embeddings[i] - embeddings[j]).square().sum()

    terms = []
    for a in rows:
        far = [distance(a, n) for n in rows if (labels[n] != labels[a]).any()]
        for p in rows:
            if p == a or (labels[p] != labels[a]).any() or (missing == "mask" and not far):
                continue
            beyond = [d for d in far if d > distance(a, p)]
            nearest = min(beyond) if beyond else max(far, default=torch.zeros(()))
            terms.append((margin + distance(a, p) - nearest).relu())
    return torch.stack(terms).mean() if terms else embeddings.sum() * 0


def batch(seed, rows=9, values=3):
    """Embeddings (rows, 4) in double precision and labels (rows, 2), about a third of the rows with a -1."""
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(rows, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, values, (rows, 2), generator=generator)
    labels[torch.rand(rows, 2, generator=generator) < 0.15] = -1
    return embeddings, labels


@pytest.mark.parametrize("missing", WAYS)
@given(seed=SEEDS, margin=st.sampled_from((0.0, 0.5, 5.0)))
@settings(max_examples=40)
def test_value_and_gradient_equal_the_loop_over_pairs(missing, seed, margin):
    embeddings, labels = batch(seed, values=2)
    ours = label_triplet(embeddings, labels, margin, missing)
    literal = literal_triplet(embeddings, labels, margin, missing)
    torch.testing.assert_close(ours, literal, rtol=0, atol=1e-9)
    gradients = [torch.autograd.grad(loss, embeddings)[0] for loss in (ours, literal)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-9)


@pytest.mark.parametrize("missing", WAYS)
@given(seed=SEEDS)
@settings(max_examples=30)
def test_order_of_the_batch_does_not_matter_and_the_loss_is_never_negative(missing, seed):
    embeddings, labels = batch(seed, values=2)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    loss = label_triplet(embeddings, labels, 0.5, missing)
    torch.testing.assert_close(loss, label_triplet(embeddings[order], labels[order], 0.5, missing))
    assert loss >= 0


@given(seed=SEEDS)
@settings(max_examples=30)
def test_rows_with_a_missing_label_have_no_say(seed):
    embeddings, labels = batch(seed, values=2)
    without = (labels == -1).any(1)
    assume(without.any())
    loss = label_triplet(embeddings, labels, 0.5)
    (gradient,) = torch.autograd.grad(loss, embeddings)
    assert torch.equal(gradient[without], torch.zeros_like(gradient[without]))
    moved = embeddings.detach().masked_fill(without[:, None], torch.nan)
    torch.testing.assert_close(label_triplet(moved, labels, 0.5), loss)


def test_batch_of_one_label_costs_nothing_where_the_public_way_rewards_collapse():
    """Without a negative there is nothing to be farther than: the public code takes its distance as 0, so that the
    loss m + mean D_ap falls only by drawing all images together. Here such a pair is left out."""
    embeddings = F.normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(0)))
    labels = torch.zeros(6, dtype=torch.int64)
    assert label_triplet(embeddings, labels, 0.5) == 0
    spread = torch.pdist(embeddings).square().mean()
    torch.testing.assert_close(label_triplet(embeddings, labels, 0.5, "class"), 0.5 + spread)


@pytest.mark.parametrize("missing", WAYS)
@pytest.mark.parametrize("labels", [[0, 1, 2], [0], []])
def test_batch_without_any_pair_is_zero_with_a_finite_gradient(labels, missing):
    embeddings = torch.randn(len(labels), 3, requires_grad=True)
    loss = label_triplet(embeddings, torch.tensor(labels, dtype=torch.int64), 0.5, missing)
    (gradient,) = torch.autograd.grad(loss, embeddings)
    assert loss == 0
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_batch_without_any_label_is_zero():
    assert label_triplet(torch.randn(4, 3), torch.full((4, 2), -1), 0.5) == 0
    assert label_triplet(torch.randn(4, 3), torch.full((4, 2), -1), 0.5, "class") > 0


def test_distances_are_squared():
    """Two unit vectors at a right angle: 2 when squared, 1.414 when not. The negatives sit on their opposites."""
    embeddings = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert label_triplet(embeddings, torch.tensor([0, 0]), 0.5, "class").item() == pytest.approx(2.5)


def test_negative_is_the_nearest_one_strictly_beyond_the_positive():
    line = torch.tensor([[0.0], [1.0], [0.5], [-1.0], [-1.2]])  # a, p, too near, as far as p, beyond
    labels = torch.tensor([0, 0, 1, 2, 3])
    # From a: 1 against 1.44. From p at 1: 1 against 4 (the one at 0.5 is too near).
    assert label_triplet(line, labels, 1.0).item() == pytest.approx((1 + 1 - 1.44) / 2)


def test_farthest_negative_stands_in_when_none_is_beyond_the_positive():
    line = torch.tensor([[0.0], [3.0], [1.0], [2.0]])
    # From both ends: 9 against 4.
    assert label_triplet(line, torch.tensor([0, 0, 1, 2]), 0.5).item() == pytest.approx(0.5 + 9 - 4)


def test_rows_of_several_labels_match_when_all_values_are_equal():
    embeddings, _ = batch(3)
    labels = torch.tensor([[0, 1], [0, 1], [0, 2], [1, 1], [1, 12], [11, 2], [1, 12], [0, 2], [3, 3]])
    tuples = [tuple(row) for row in labels.tolist()]
    single = torch.tensor([tuples.index(row) for row in tuples])
    torch.testing.assert_close(label_triplet(embeddings, labels, 0.5), label_triplet(embeddings, single, 0.5))


@given(seed=SEEDS)
@settings(max_examples=30)
def test_groups_are_equal_exactly_where_the_rows_are(seed):
    labels = torch.randint(-1, 3, (20, 3), generator=torch.Generator().manual_seed(seed))
    groups = label_groups(labels)
    assert torch.equal(groups[:, None] == groups, (labels[:, None] == labels).all(2))


@given(seed=SEEDS)
@settings(max_examples=100)
def test_loss_is_that_of_labels_joined_to_strings(seed):
    """The public code compares rows by a hash of their text, in which -1 is a value like any other."""
    embeddings, labels = batch(seed, values=2)
    texts = ["".join(map(str, row.unbind())) for row in labels]
    numbers = torch.tensor([texts.index(text) for text in texts])
    expected = label_triplet(embeddings, numbers, 0.5, "class")
    torch.testing.assert_close(label_triplet(embeddings, labels, 0.5, "class"), expected)


class Watched(TorchDispatchMode):
    """Counts the calls of torch, and the numbers in the largest tensor that one of them returns."""

    calls, largest = 0, 0

    def __torch_dispatch__(self, called, types, args=(), kwargs=None):
        returned = called(*args, **(kwargs or {}))
        parts = returned if isinstance(returned, (tuple, list)) else (returned,)
        tensors = chain.from_iterable(part if isinstance(part, (tuple, list)) else (part,) for part in parts)
        self.calls += 1
        self.largest = max([self.largest, *(part.numel() for part in tensors if isinstance(part, torch.Tensor))])
        return returned


@pytest.mark.parametrize("missing", WAYS)
def test_neither_a_loop_over_the_batch_nor_more_memory_than_its_square(missing):
    calls = set()
    for rows in (16, 64, 256):
        embeddings = torch.randn(rows, 8, requires_grad=True)
        with Watched() as watched:
            label_triplet(embeddings, torch.arange(rows) % 4, 0.5, missing).backward()
        assert watched.largest <= rows**2
        calls.add(watched.calls)
    assert len(calls) == 1


def test_groups_equal_those_of_the_public_hashing(parity):
    arrays = parity("labels_and_distance")
    for name in ("hash_a", "hash_b"):
        groups, public = label_groups(arrays[f"{name}_labels"]), arrays[f"{name}_group"]
        assert torch.equal(groups[:, None] == groups, public[:, None] == public)


def test_local_use_adds_the_losses_of_the_subspaces_each_without_its_own_missing_labels():
    generator = torch.Generator().manual_seed(1)
    embeddings = F.normalize(torch.randn(8, 2, 4, generator=generator), dim=2)
    labels = torch.tensor([[0, 0], [0, 1], [0, -1], [1, 0], [1, 1], [-1, 0], [0, 1], [1, 1]])
    expected = sum(label_triplet(embeddings[labels[:, a] >= 0, a], labels[labels[:, a] >= 0, a], 0.5) for a in range(2))
    torch.testing.assert_close(local_label_triplet(embeddings, labels, 0.5), expected)
    assert not torch.isclose(local_label_triplet(embeddings, labels, 0.5, "class"), expected)


@pytest.mark.parametrize(("loss", "shape"), [(label_triplet, (4, 3)), (local_label_triplet, (4, 2, 3))])
def test_labels_of_another_batch_are_refused(loss, shape):
    with pytest.raises(InputError, match="given 5 rows, expected 4"):
        loss(torch.zeros(shape), torch.zeros(5, 2, dtype=torch.int64), 0.5)
