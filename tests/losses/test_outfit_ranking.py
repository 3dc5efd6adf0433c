"""The outfit ranking loss on numbers made by hand."""

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, outfit_distance, outfit_ranking


def test_the_distance_of_an_outfit_is_the_mean_over_the_garments_that_are_there():
    distances = torch.tensor([[[1.0, 4.0], [3.0, 0.0], [100.0, 100.0]]])
    present = torch.tensor([[True, True, False]])
    assert outfit_distance(distances, present).tolist() == [[2.0, 2.0]]


def test_min_takes_the_hardest_negative_and_mean_all_of_them():
    positive, negatives = torch.tensor([0.5]), torch.tensor([[0.6, 1.0, 1.4]])
    assert float(outfit_ranking(positive, negatives, 0.3, "min")) == pytest.approx(0.2)
    assert float(outfit_ranking(positive, negatives, 0.3, "mean")) == pytest.approx(0.0)


def test_the_loss_is_the_margin_when_everything_is_one_point_and_zero_when_the_margin_is_kept():
    positive = torch.tensor([0.7, 0.7])
    assert float(outfit_ranking(positive, positive[:, None].expand(-1, 3))) == pytest.approx(OUTFIT_MARGIN)
    assert float(outfit_ranking(positive, positive[:, None] + 0.31)) == 0.0


def test_an_outfit_within_the_margin_does_not_pay_for_another():
    positive, negatives = torch.tensor([0.0, 1.0]), torch.tensor([[2.0], [1.0]])
    assert float(outfit_ranking(positive, negatives, 0.3)) == pytest.approx(0.15)


def test_an_outfit_without_a_garment_is_named():
    present = torch.tensor([[True, False], [False, False]])
    with pytest.raises(InputError, match="outfit 1"):
        outfit_distance(torch.zeros(2, 2, 1), present)
