"""beta-VAE score: near the reference, chance for noise also in small sets, high for entangled codes."""

import numpy as np
import pytest

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import FactorSpace, LabelledCodes, beta_vae_score

MEASURED = ("identity", "axis_noisy", "rotated", "random", "duplicated", "merged")


@pytest.mark.parametrize("name", MEASURED)
def test_score_is_near_the_reference(measured, formulas, name):
    expected = measured.values[name]["beta_vae"]["values"]["eval_accuracy"]
    source = FactorSpace(formulas.of[name], formulas.sizes)
    assert beta_vae_score(source).score == pytest.approx(expected, abs=0.02)


def test_entangled_codes_score_far_above_chance(zoo):
    assert beta_vae_score(LabelledCodes(*zoo["rotated"].train)).score > 0.75


def test_the_factor_that_is_shared_shows_as_no_difference(zoo):
    result = beta_vae_score(LabelledCodes(*zoo["identity"].train), points=500, points_test=100)
    assert (np.diag(result.differences) == 0).all()
    assert (result.differences + np.eye(5) > 0.5).all()


def test_noise_in_a_small_set_scores_chance():
    """Ten rows a value against 100: were a row paired with itself, the size of a group would give it away (0.82)."""
    rng = np.random.default_rng(0)
    factors = np.stack([np.arange(200) % 20, np.arange(200) // 100], axis=1)
    codes = rng.normal(size=(200, 4))
    score = beta_vae_score(LabelledCodes(codes, factors), points=2000, points_test=2000).score
    assert score == pytest.approx(0.5, abs=0.15)


def test_constant_codes_score_chance(zoo):
    source = LabelledCodes(np.full((4000, 2), 0.1), zoo["random"].factors)
    assert beta_vae_score(source, points=500, points_test=500).score == pytest.approx(0.2, abs=0.06)


def test_a_seed_repeats_and_another_differs(zoo):
    source = LabelledCodes(*zoo["rotated"].train)
    scores = [beta_vae_score(source, points=1000, points_test=1000, seed=seed).score for seed in (1, 1, 2)]
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.parametrize(
    ("few", "message"),
    [
        ({"points": 2}, "points: given 2, none of them for [34] factors, expected some for each of the 5"),
        ({"points_test": 0}, "points_test: given 0"),
        ({"batch": 0}, "batch: given 0"),
    ],
)
def test_too_few_draws_are_refused(zoo, few, message):
    with pytest.raises(InputError, match=f"beta_vae_score, {message}"):
        beta_vae_score(LabelledCodes(*zoo["rotated"].train), **few)
