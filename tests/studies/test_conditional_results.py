"""What the committed record of conditional similarity says: the claims of notebook 07."""

import pytest

from adde_lite.studies import conditional
from adde_lite.studies.conditional_run import CONDITIONS
from adde_lite.studies.record import recorded


@pytest.fixture(scope="module")
def means():
    """Model -> the mean of each measure over the seeds."""
    record = recorded(conditional.STUDY, conditional.runs())
    assert (record.groupby("model")["seed"].nunique() >= 3).all()
    return record.drop(columns="seed").groupby("model").mean()


@pytest.mark.parametrize("model", [conditional.ADDE, conditional.LEARNED, conditional.FIXED])
def test_models_that_are_told_the_condition_are_well_above_the_plain_net(means, model):
    assert means.loc[model, "accuracy"] >= means.loc[conditional.PLAIN, "accuracy"] + 0.05
    assert means.loc[model, "conflicting"] >= means.loc[conditional.PLAIN, "conflicting"] + 0.05


@pytest.mark.parametrize("model", [conditional.ADDE, conditional.LEARNED])
def test_blocks_and_masks_part_the_conditions_and_one_space_does_not(means, model):
    assert means.loc[model, "gap"] >= 0.15
    assert abs(means.loc[conditional.PLAIN, "gap"]) < 1e-3


def test_adde_c_is_within_two_points_of_learned_masks_or_above(means):
    assert means.loc[conditional.ADDE, "accuracy"] >= means.loc[conditional.LEARNED, "accuracy"] - 0.02


def test_the_wrong_block_is_near_chance(means):
    asked = [f"{block} asked for {other}" for block in CONDITIONS for other in CONDITIONS if block != other]
    for model in (conditional.ADDE, conditional.LEARNED, conditional.FIXED):
        assert abs(means.loc[model, asked].mean() - 0.5) < 0.1
