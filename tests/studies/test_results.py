"""What the committed records say: the claims of notebooks 02, 04 and 06, from rows made by today's recipes."""

import numpy as np
import pytest

from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.studies import ablations, objectives, relevance, retrieval
from adde_lite.studies.record import recorded


@pytest.fixture(scope="module")
def models():
    return recorded(objectives.STUDY, objectives.runs())


@pytest.fixture(scope="module")
def counts():
    return recorded(relevance.STUDY, relevance.runs())


@pytest.fixture(scope="module")
def ablated():
    """Variant -> its rows, one a seed, in the order of the seeds."""
    record = recorded(ablations.STUDY, ablations.runs()).sort_values("seed")
    return {variant: rows.set_index("seed") for variant, rows in record.groupby("variant")}


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


def test_every_ablation_has_at_least_three_seeds(ablated):
    assert set(ablated) == set(ablations.variants())
    assert min(rows.index.nunique() for rows in ablated.values()) >= 3


def test_only_the_memory_loss_keeps_the_memory_within_its_blocks(ablated):
    assert ablated[ablations.FULL]["off-block share"].max() < 0.01
    assert ablated["without memory loss"]["off-block share"].min() > 0.03


def test_the_learned_memory_edits_and_leaves_the_rest_alone(ablated):
    assert ablated[ablations.FULL]["new value, add"].min() >= 0.90
    assert ablated[ablations.FULL]["others kept, add"].min() >= 0.97


def test_an_untrained_random_memory_does_not_edit(ablated):
    assert ablated[ablations.UNTRAINED]["new value, add"].max() <= 0.10


def test_stage_3_costs_less_than_a_point_of_accuracy(ablated):
    lost = ablated[ablations.NO_STAGE_3]["accuracy"] - ablated[ablations.FULL]["accuracy"]
    assert lost.max() < 0.01


def test_where_the_memory_begins_decides_whether_it_edits(ablated):
    random = [rows["new value, add"].max() for variant, rows in ablated.items() if "random" in variant]
    means = [rows["new value, add"].min() for variant, rows in ablated.items() if "random" not in variant]
    assert min(means) > max(random)


def test_stage_3_finds_more_right_garments_by_both_ways_to_edit(ablated):
    for way in ("residual", "embedding"):
        gained = ablated[ablations.FULL][f"{way}, top_1"] - ablated[ablations.NO_STAGE_3][f"{way}, top_1"]
        assert gained.min() > 0.03


@pytest.fixture(scope="module")
def found():
    """Rows of the course's d, one a seed."""
    record = recorded(retrieval.STUDY, retrieval.runs())
    return record[record["d"] == WARDROBE_STAGES.encoder.model.d].set_index("seed")


@pytest.mark.parametrize("measure", ["top_1", "ndcg_target"])
@pytest.mark.parametrize("rival", ["unedited", "mean_memory"])
def test_adde_m_is_ahead_of_class_means_and_of_the_unedited_query_for_every_seed(found, rival, measure):
    assert found[f"{retrieval.MAIN}, residual - {rival}, {measure}, low"].min() > 0


def test_chance_and_oracle_enclose_every_setting(found):
    for place in retrieval.settings():
        assert found[f"{place}, chance, top_1"].max() < 0.02
        assert found[f"{place}, label_oracle, top_1"].min() == 1
        assert found[f"{place}, residual, top_1"].min() > found[f"{place}, chance, top_1"].max()
