"""The triplets of a batch: read off listed ones, or drawn among its images."""

import pytest
import torch

from adde_lite.attributes import MISSING
from adde_lite.errors import InputError
from adde_lite.sampling.in_batch import batch_triplets, check_batch

LABELS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, -1], [2, 1], [-1, 0]])


def test_listed_triplets_count_under_each_condition_that_their_labels_speak_of():
    anchors, positives, negatives = [[0, 0], [1, -1]], [[0, 1], [1, 1]], [[1, 1], [1, 0]]
    rows, condition = batch_triplets(torch.tensor(anchors + positives + negatives), "triplets")
    assert rows.tolist() == [[0, 2, 4]]  # colour; under the other its anchor is no more like the positive
    assert condition.tolist() == [0]


def test_two_missing_labels_are_not_alike():
    rows, _ = batch_triplets(torch.tensor([[-1, 0], [-1, 0], [1, 0]]), "triplets")
    assert not len(rows)


def test_hidden_labels_leave_one_condition_a_triplet():
    told = torch.tensor([[0, -1], [-1, 1], [0, -1], [-1, 1], [2, -1], [-1, 0]])
    rows, condition = batch_triplets(told, "triplets")
    assert rows.tolist() == [[0, 2, 4], [1, 3, 5]]
    assert condition.tolist() == [0, 1]


def test_drawn_triplets_agree_with_the_labels_for_each_image_that_has_a_partner():
    torch.manual_seed(0)
    for _ in range(20):
        rows, condition = batch_triplets(LABELS, "images")
        anchor, positive, negative = (LABELS[role, condition] for role in rows.T)
        assert torch.equal(anchor, positive)
        assert ((negative != anchor) & (negative != MISSING)).all()
        assert (rows[:, 0] != rows[:, 1]).all()
        # Value 2 of the first attribute is there once: no positive for image 4.
        assert sorted(zip(condition.tolist(), rows[:, 0].tolist(), strict=True)) == [
            *((0, row) for row in (0, 1, 2, 3)),
            *((1, row) for row in (0, 1, 2, 4, 5)),
        ]


def test_every_partner_is_drawn_equally_often():
    torch.manual_seed(0)
    labels = torch.tensor([[0], [0], [0], [1], [1]])
    drawn = torch.stack([batch_triplets(labels, "images")[0][0] for _ in range(2000)])
    assert drawn[:, 0].eq(0).all()
    assert (torch.bincount(drawn[:, 1], minlength=5) / 2000 - torch.tensor([0, 0.5, 0.5, 0, 0])).abs().max() < 0.05
    assert (torch.bincount(drawn[:, 2], minlength=5) / 2000 - torch.tensor([0, 0, 0, 0.5, 0.5])).abs().max() < 0.05


def test_a_batch_without_partners_holds_no_triplet():
    for examples in ("images", "triplets"):
        rows, condition = batch_triplets(torch.full((6, 2), MISSING), examples)
        assert rows.shape == (0, 3)
        assert condition.shape == (0,)


def test_a_batch_that_cannot_be_is_refused():
    for rows, examples in ((6, "triplets"), (8, "images")):
        check_batch(rows, examples)
    with pytest.raises(InputError, match=r"batch: given 8 images, expected triplets.*Train with examples="):
        check_batch(8, "triplets")
    with pytest.raises(InputError, match=r"kind 'image'.*Did you mean 'images'"):
        check_batch(8, "image")
