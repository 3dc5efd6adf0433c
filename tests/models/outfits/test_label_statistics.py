"""Counting values that meet in outfits."""

import math

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.models.outfits.label_statistics import SMOOTHING, LabelStatistics

SCHEMA = AttributeSchema.of({"colour": ["red", "blue"], "fit": ["slim", "regular", "loose"]})
LABELS = torch.tensor([[0, 0], [1, 1], [0, 2], [1, 0]])
READ = SCHEMA.one_hot(LABELS).float()
CATEGORIES = torch.tensor([0, 0, 1, 1])
SAME_COLOUR = torch.tensor([[0, 2], [1, 3], [2, 0], [3, 1]])


@pytest.fixture
def counted():
    return LabelStatistics(SCHEMA, READ, CATEGORIES, SAME_COLOUR)


def test_the_score_is_the_sum_of_log_ratios_over_attributes(counted):
    def ratio(together, one, other, whole=4):
        return math.log((together + SMOOTHING) / (one * other / whole + SMOOTHING))

    score = counted.option_scores(READ, CATEGORIES, torch.tensor([[0]]), torch.tensor([[2, 3]]))
    colour = ratio(2, 2, 2), ratio(0, 2, 2)
    fit = ratio(2, 2, 2), ratio(0, 2, 2)  # slim with loose in both outfits that have slim
    assert score[0].tolist() == pytest.approx([colour[0] + fit[0], colour[1] + fit[1]])


def test_values_that_met_outscore_values_that_did_not(counted):
    scores = counted.option_scores(READ, CATEGORIES, torch.tensor([[0], [1]]), torch.tensor([[2, 3], [2, 3]]))
    assert scores.argmax(1).tolist() == [0, 1]


def test_pairs_of_categories_that_never_met_score_zero(counted):
    scores = counted.option_scores(READ, CATEGORIES, torch.tensor([[0]]), torch.tensor([[1]]))
    assert scores.item() == pytest.approx(0)


def test_order_and_padding_do_not_matter(counted):
    options = torch.tensor([[2, 3]])
    one = counted.option_scores(READ, CATEGORIES, torch.tensor([[0, 1]]), options)
    other = counted.option_scores(READ, CATEGORIES, torch.tensor([[1, 0, -1]]), options)
    torch.testing.assert_close(one, other)


def test_a_garment_that_is_read_as_a_mixture_scores_in_between(counted):
    mixed = READ.clone()
    mixed[2, :2] = 0.5
    options = torch.tensor([[2, 3]])
    sure, unsure = (counted.option_scores(read, CATEGORIES, torch.tensor([[0]]), options)[0] for read in (READ, mixed))
    assert sure[1] < unsure[0] < sure[0]
