"""What the committed record of outfits says: the claims of notebook 08, from rows made by today's recipes."""

import pytest

from adde_lite.data.outfits import RULE_BOOK
from adde_lite.studies import outfits
from adde_lite.studies.outfits import CSA, MAIN, SIAMESE
from adde_lite.studies.record import recorded

CHANCE = 0.25
SAME = "FITB, same category"


@pytest.fixture(scope="module")
def rows():
    """Model -> its rows, one a seed, in the order of the seeds."""
    record = recorded(outfits.STUDY, outfits.runs()).sort_values("seed")
    return {model: of.set_index("seed") for model, of in record.groupby("model")}


def test_every_model_and_baseline_has_three_seeds(rows):
    assert set(rows) == {*outfits.BASELINES, *outfits.models()}
    assert min(of.index.nunique() for of in rows.values()) >= 3


@pytest.mark.parametrize("model", [MAIN, CSA])
def test_who_knows_the_pair_is_far_above_chance_and_above_the_siamese_net_for_every_seed(rows, model):
    assert rows[model][SAME].min() >= CHANCE + 0.25
    assert (rows[model][SAME] - rows[SIAMESE][SAME]).min() >= 0.05
    best_siamese = rows[f"{SIAMESE}, mean"][SAME].combine(rows[SIAMESE][SAME], max)
    assert (rows[model][SAME] - best_siamese).min() >= 0.05


def test_chance_and_oracle_enclose_every_model_on_questions_of_one_category(rows):
    assert (rows["rule oracle"][SAME] == 1).all()
    for name in ("chance", "category popularity", "category co-occurrence"):
        assert (rows[name][SAME] == CHANCE).all()
    assert all((of[SAME] <= 1).all() for of in rows.values())


def test_kappa_finds_the_attribute_of_most_pairs_told_which_attributes_or_not(rows):
    for model in (MAIN, f"{MAIN}, sum", f"{MAIN}, all attributes"):
        assert rows[model]["kappa"].mean() >= 0.7


def test_a_rule_that_attention_missed_is_not_kept(rows):
    won = {True: [], False: []}
    for rule in RULE_BOOK.rules:
        for seen, share in zip(rows[MAIN][f"kappa, {rule}"], rows[MAIN][str(rule)], strict=True):
            won[seen >= 0.5].append(share)
    assert min(won[True]) > 0.7
    assert max(won[False]) < 0.65


def test_the_hardest_negative_teaches_adde_o_more_than_their_mean(rows):
    assert (rows[MAIN][SAME] > rows[f"{MAIN}, mean"][SAME]).all()
    assert (rows[f"{MAIN}, sum"][SAME] > rows[f"{MAIN}, sum, mean"][SAME]).all()
