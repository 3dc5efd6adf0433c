"""What the committed records say: the claims of notebook 02, from rows made by today's recipes."""

import numpy as np
import pytest

from adde_lite.studies import objectives, relevance
from adde_lite.studies.record import recorded


@pytest.fixture(scope="module")
def models():
    return recorded(objectives.STUDY, objectives.runs())


@pytest.fixture(scope="module")
def counts():
    return recorded(relevance.STUDY, relevance.runs())


def test_training_raises_the_median_mig_five_times(models):
    untrained = models["objective"] == objectives.UNTRAINED
    assert len(models[untrained]) >= 5
    assert models[~untrained]["MIG"].median() >= 5 * models[untrained]["MIG"].median()


def test_the_study_is_large_enough_to_part_objective_strength_and_seed(models):
    cells = models[models["objective"] != objectives.UNTRAINED].groupby(["objective", "strength"])["seed"].nunique()
    assert cells.min() >= 5
    assert (cells.groupby("objective").size() >= 2).all()
    assert cells.index.get_level_values("objective").nunique() >= 4


def test_rf_vae_counts_the_factors_within_one(counts):
    medians = counts.groupby("factors")["relevant dimensions"].median()
    assert np.abs(medians - medians.index).max() <= 1
    assert medians.is_monotonic_increasing
    assert medians.nunique() == len(medians)


def test_used_dimensions_are_relevant_and_unused_ones_are_not(counts):
    # One median a number of factors: single runs may keep a dimension that they do not use.
    for _, group in counts.groupby("factors"):
        assert group["least used relevance"].median() > 0.5 > group["largest unused relevance"].median()
