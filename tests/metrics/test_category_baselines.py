"""Popularity and co-occurrence: counted by hand, blind where they should be, and on real outfits as known."""

import math
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.data.outfits import EMPTY, category_questions, ngnn_outfits
from adde_lite.errors import InputError
from adde_lite.metrics.category_baselines import category_co_occurrence, category_popularity
from adde_lite.metrics.outfits import fill_in_the_blank_accuracy

# Coat 0 and boot 1 three times together, sandal 2 twice with shorts 3, boot and shorts once.
TRAINING = torch.tensor([[0, 1], [0, 1], [1, 0], [2, 3], [3, 2], [1, 3]])
KNOWN = {"popularity": 0.259, "co-occurrence": 0.642}


def test_popularity_counts_outfits():
    assert category_popularity(TRAINING, torch.tensor([[0, 1, 2, 3]])).tolist() == [[3, 4, 2, 3]]


def test_co_occurrence_is_pointwise_mutual_information():
    scores = category_co_occurrence(TRAINING, torch.tensor([[0]]), torch.tensor([[1, 2]]))
    assert scores[0].tolist() == pytest.approx([math.log(4 * 7 / (4 * 5)), math.log(1 * 7 / (4 * 3))])


def test_co_occurrence_is_the_mean_over_what_is_given():
    options = torch.tensor([[1, 2, 3]])
    one, other = (category_co_occurrence(TRAINING, torch.tensor([[code]]), options) for code in (0, 3))
    both = category_co_occurrence(TRAINING, torch.tensor([[0, 3, EMPTY]]), options)
    torch.testing.assert_close(both, (one + other) / 2)


@given(st.permutations([0, 1, 3]))
def test_the_order_of_given_garments_does_not_matter(order):
    options = torch.tensor([[2, 3]])
    expected = category_co_occurrence(TRAINING, torch.tensor([[0, 1, 3]]), options)
    torch.testing.assert_close(category_co_occurrence(TRAINING, torch.tensor([order]), options), expected)


def test_options_of_one_category_are_chance():
    options, answer = torch.full((5, 4), 2), torch.tensor([0, 1, 2, 3, 0])
    for scores in (
        category_popularity(TRAINING, options),
        category_co_occurrence(TRAINING, torch.full((5, 1), 3), options),
    ):
        assert fill_in_the_blank_accuracy(scores, answer) == 0.25


def test_a_category_never_seen_in_training_has_a_score():
    scores = category_co_occurrence(TRAINING, torch.tensor([[0]]), torch.tensor([[7, 2]]))
    assert torch.isfinite(scores).all()
    assert category_popularity(TRAINING, torch.tensor([[7, 2]])).tolist() == [[0, 2]]


@pytest.mark.parametrize(
    ("training", "message"), [(TRAINING[:0], "no outfit"), (TRAINING.float(), "int64"), (TRAINING - 2, "codes or -1")]
)
def test_outfits_that_cannot_be_counted_are_refused(training, message):
    with pytest.raises(InputError, match=message):
        category_popularity(training, torch.tensor([[0]]))


def test_smoothing_has_to_be_above_zero():
    with pytest.raises(InputError, match="smoothing: given 0"):
        category_co_occurrence(TRAINING, TRAINING[:1], TRAINING[:1], smoothing=0)


def test_real_outfits_are_completed_as_well_as_known():
    # Packs lie in the folder that ADDE_LITE_DATA names; beside a checkout they come with the reference material.
    holder = os.environ.get("ADDE_LITE_DATA") or Path(__file__).parents[3] / "shared" / "data"
    folder = Path(holder) / "outfits_polyvore"
    if not folder.is_dir():
        pytest.skip(f"no pack at {folder}: set ADDE_LITE_DATA")
    outfits = ngnn_outfits(folder)
    questions = category_questions(outfits.test, seed=0)
    scores = {
        "popularity": category_popularity(outfits.train, questions.options),
        "co-occurrence": category_co_occurrence(outfits.train, questions.given, questions.options),
    }
    found = {name: fill_in_the_blank_accuracy(score, questions.answer) for name, score in scores.items()}
    assert found == pytest.approx(KNOWN, abs=0.02)
