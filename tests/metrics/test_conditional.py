"""What blocks say of conditions: by hand, with perfect blocks, with one space, and by chance."""

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.conditional import (
    cross_accuracy,
    disentanglement_gap,
    label_blocks,
    pixel_blocks,
    precision_at,
    precision_by_chance,
    triplet_accuracy,
)
from adde_lite.sampling import ConditionalTriplets, conditional_triplets, conflicting_triplets

SCHEMA = AttributeSchema.numbered([4, 3, 2])


def random_labels(count=600, lowest=0):
    generator = torch.Generator().manual_seed(0)
    return torch.stack([torch.randint(lowest, n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)


def test_by_hand():
    blocks = torch.tensor([[[0.0], [0.0]], [[1.0], [5.0]], [[2.0], [3.0]], [[1.0], [1.0]]])
    rows = [(0, 1, 2, 0), (0, 2, 1, 0), (0, 1, 3, 0), (0, 3, 2, 1)]
    triplets = ConditionalTriplets(*map(torch.tensor, zip(*rows, strict=True)))
    # Block 0 on the triplets of 0: right, wrong, a tie; block 1: wrong, right, wrong. Both are right on that of 1.
    torch.testing.assert_close(cross_accuracy(blocks, triplets), torch.tensor([[0.5, 1.0], [1 / 3, 1.0]]).double())
    torch.testing.assert_close(triplet_accuracy(blocks, triplets), torch.tensor([0.5, 1.0]).double())


def test_labels_as_blocks_are_right_on_their_own_condition_and_know_nothing_of_the_others():
    labels = random_labels()
    accuracy = cross_accuracy(label_blocks(labels, SCHEMA), conditional_triplets(labels, SCHEMA, per_image=4, seed=0))
    assert accuracy.diagonal().tolist() == [1, 1, 1]
    others = accuracy[~torch.eye(3, dtype=torch.bool)]
    assert (others - 0.5).abs().max() < 0.03
    assert (disentanglement_gap(accuracy) - 0.5).abs().max() < 0.03


def test_missing_labels_are_blocks_of_zeros():
    blocks = label_blocks(torch.tensor([[0, -1, 1]]), SCHEMA)
    assert blocks.tolist() == [[[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]]


def test_one_space_for_all_has_no_gap_on_average():
    labels = random_labels()
    space = torch.randn(len(labels), 1, 5, generator=torch.Generator().manual_seed(1)) + labels[:, :1, None]
    triplets = conditional_triplets(labels, SCHEMA, seed=0)
    accuracy = cross_accuracy(space.expand(-1, 3, -1), triplets)
    assert disentanglement_gap(accuracy)[0] > 0.1  # the first condition is what this space is about
    assert disentanglement_gap(accuracy).mean().abs() < 1e-12


def test_conflicting_triplets_leave_one_space_half_right_and_let_labels_be_all_right():
    labels = random_labels()
    triplets = conflicting_triplets(labels, SCHEMA, count=200, seed=0)
    space = torch.randn(len(labels), 1, 5, generator=torch.Generator().manual_seed(1)).expand(-1, 3, -1)
    per_condition = cross_accuracy(space, triplets).diagonal()
    counts = torch.bincount(triplets.condition).double()
    assert float((per_condition * counts).sum() / counts.sum()) == pytest.approx(0.5)
    assert triplet_accuracy(label_blocks(labels, SCHEMA), triplets).tolist() == [1, 1, 1]


def test_many_triplets_are_counted_in_parts(monkeypatch):
    labels = random_labels()
    blocks = torch.randn(len(labels), 3, 4, generator=torch.Generator().manual_seed(1))
    triplets = conditional_triplets(labels, SCHEMA, seed=0)
    at_once = cross_accuracy(blocks, triplets)
    monkeypatch.setattr("adde_lite.metrics.conditional.TRIPLETS_AT_ONCE", 7)
    torch.testing.assert_close(cross_accuracy(blocks, triplets), at_once)


def test_a_condition_without_triplets_is_nan():
    labels = random_labels()
    triplets = conditional_triplets(labels, SCHEMA, seed=0)
    accuracy = triplet_accuracy(label_blocks(labels, SCHEMA), triplets.picked(triplets.condition != 1))
    assert accuracy.isnan().tolist() == [False, True, False]


def test_precision_is_full_for_labels_and_chance_for_noise():
    labels = random_labels(800, lowest=-1)
    assert precision_at(label_blocks(labels, SCHEMA), labels).tolist() == [1, 1, 1]
    noise = torch.randn(800, 3, 4, generator=torch.Generator().manual_seed(1))
    assert (precision_at(noise, labels) - precision_by_chance(labels)).abs().max() < 0.02
    assert (precision_by_chance(labels) - torch.tensor([1 / 4, 1 / 3, 1 / 2])).abs().max() < 0.02


def test_an_image_does_not_find_itself():
    labels = torch.tensor([[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]])
    alone = torch.tensor([0.0, 0.1, 5.0, 5.1])[:, None, None].expand(-1, 3, 1)
    assert precision_at(alone, labels, k=1).tolist() == [0, 0, 0]


def test_pixels_are_one_space_for_all_conditions():
    images = torch.randint(0, 256, (3, 3, 32, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    blocks = pixel_blocks(images, 4, side=8)
    assert blocks.shape == (3, 4, 3 * 8 * 8)
    assert torch.equal(blocks[:, 0], blocks[:, 3])


def test_what_cannot_be_measured_is_refused():
    labels, triplets = random_labels(), conditional_triplets(random_labels(), SCHEMA, seed=0)
    with pytest.raises(InputError, match=r"finite numbers \(N, A, d\)"):
        triplet_accuracy(torch.zeros(600, 3), triplets)
    with pytest.raises(InputError, match="not finite"):
        triplet_accuracy(torch.full((600, 3, 2), torch.nan), triplets)
    with pytest.raises(InputError, match="anchor: given"):
        triplet_accuracy(torch.zeros(20, 3, 2), triplets)
    with pytest.raises(InputError, match="blocks and labels"):
        precision_at(torch.zeros(20, 3, 2), labels)
    with pytest.raises(InputError, match="k: given 0"):
        precision_at(torch.zeros(600, 3, 2), labels, k=0)
    with pytest.raises(InputError, match="more than k = 10"):
        precision_at(torch.zeros(10, 3, 2), labels[:10])
