"""FactorVAE score: near the reference, chance for noise, blind to copies."""

import numpy as np
import pytest

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import FactorSpace, LabelledCodes, factor_vae_score

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged")


@pytest.mark.parametrize("name", MEASURED)
def test_score_is_near_the_reference(measured, formulas, name):
    expected = measured.values[name]["factor_vae_thr0"]["values"]["eval_accuracy"]
    source = FactorSpace(formulas.of[name], formulas.sizes)
    assert factor_vae_score(source).score == pytest.approx(expected, abs=0.02)
    if "factor_vae_thr0.05" not in measured.values[name]:
        assert factor_vae_score(source, least_deviation=0).score == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("name", ["identity", "axis_noisy", "duplicated", "random"])
def test_a_labelled_set_scores_as_its_grid_would(zoo, name):
    expected = 0.2 if name == "random" else 1
    assert factor_vae_score(LabelledCodes(*zoo[name].train)).score == pytest.approx(expected, abs=0.03)


def test_votes_go_to_the_code_of_the_factor(zoo):
    result = factor_vae_score(LabelledCodes(*zoo["identity"].train), votes=500, votes_test=100)
    assert (result.votes == np.diag(np.diag(result.votes))).all()
    assert result.votes.sum() == 500


def test_scale_does_not_count(zoo):
    codes, factors = zoo["rotated"].train
    scores = [factor_vae_score(LabelledCodes(codes * scale, factors)).score for scale in (1, [1, 2, 4, 8, 16])]
    assert scores[0] == scores[1]


def test_a_collapsed_code_gets_no_vote(zoo):
    codes, factors = zoo["rotated"].train
    still = np.hstack([np.full((len(codes), 1), 0.1), codes])
    result = factor_vae_score(LabelledCodes(still, factors))
    assert not result.active[0]
    assert not result.votes[0].any()
    assert result.score == factor_vae_score(LabelledCodes(codes, factors)).score


def test_without_an_active_code_the_score_is_zero(zoo):
    codes, factors = zoo["rotated"].train
    assert factor_vae_score(LabelledCodes(codes * 1e-3, factors)).score == 0


def test_a_seed_repeats_and_another_differs(zoo):
    source = LabelledCodes(*zoo["rotated"].train)
    scores = [factor_vae_score(source, votes=1000, votes_test=1000, seed=seed).score for seed in (1, 1, 2)]
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.parametrize("few", [{"votes": 1}, {"votes_test": 0}, {"batch": 1}])
def test_too_few_draws_are_refused(zoo, few):
    (name, count), *_ = few.items()
    with pytest.raises(InputError, match=f"factor_vae_score, {name}: given {count}"):
        factor_vae_score(LabelledCodes(*zoo["rotated"].train), **few)
