from dataclasses import replace

import pytest
import torch

from adde_lite.augmentation import NOTHING
from adde_lite.data.outfits import RULE_BOOK, Questions
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.errors import InputError
from adde_lite.models.adde import EncoderRecipe
from adde_lite.models.outfits import ADDEO, ADDEORecipe, CSANetRecipe, SiameseRecipe
from adde_lite.recipes import WARDROBE_STAGES, Recipe
from adde_lite.studies import manipulation_run, outfit_run, outfits
from adde_lite.studies.outfit_run import OutfitRun, Shop
from adde_lite.studies.outfit_scores import kappa_right, kappa_table, rule_wins
from adde_lite.training import TrainingRecipe
from adde_lite.training.outfits import OutfitTraining

D, C = 5, len(WARDROBE.options("category"))
ENCODER = Recipe(
    EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=D),
    TrainingRecipe(epochs=1, batch_size=16, bf16=False, augmentation=NOTHING),
)
SMALL = Shop(garments=600, outfits=24, judged=12, questions=8)
RUN = OutfitRun(
    {"model": "ADDE-O", "seed": 1},
    ADDEORecipe(RULE_BOOK.attributes, C, D),
    1,
    OutfitTraining(epochs=1, batch_size=16, negatives=2),
    SMALL,
)


@pytest.fixture(autouse=True, scope="module")
def small_wardrobes(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADDE_LITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(manipulation_run, "TRAINING", {"n": 48, "seed": 0})
        patch.setattr(outfit_run, "WARDROBE_STAGES", replace(WARDROBE_STAGES, encoder=ENCODER))
        yield


def test_every_model_and_baseline_answers_every_question():
    nets = (RUN.model, CSANetRecipe(WARDROBE.A * D, C), SiameseRecipe(WARDROBE.A * D))
    rows = {model: replace(RUN, model=model).measure() for model in (*nets, *outfits.BASELINES)}
    for row in rows.values():
        assert {"FITB, random", "FITB, same category", "FITB, one rule broken", "recall@10"} <= row.keys()
        assert all(0 <= share <= 1 for share in row.values())
    assert "kappa" in rows[RUN.model]
    oracle = rows["rule oracle"]
    for measure in ("FITB, same category", "FITB, one rule broken", "AUC, same category", "AUC, one rule broken"):
        assert oracle[measure] == 1, measure
        assert rows["chance"][measure] == (0.25 if measure.startswith("FITB") else 0.5)
    assert rows["category popularity"]["FITB, same category"] == 0.25


def test_a_run_repeats_itself():
    assert RUN.measure() == RUN.measure()


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, seed=2),
        replace(RUN, model="chance"),
        replace(RUN, model=ADDEORecipe(RULE_BOOK.attributes, C, D, "sum")),
        replace(RUN, model=CSANetRecipe(WARDROBE.A * D, C)),
        replace(RUN, training=replace(RUN.training, aggregate="mean")),
        replace(RUN, shop=replace(SMALL, questions=9)),
    ],
)
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_a_baseline_has_nothing_to_train():
    with pytest.raises(InputError, match="chance"):
        replace(RUN, model="chance").trained()


def test_the_runs_of_the_study_differ_in_name_and_hash():
    planned = outfits.runs()
    assert len({tuple(run.name.items()) for run in planned}) == len({run.hash for run in planned}) == len(planned)


def test_a_rule_wins_where_its_distractors_score_lower_and_ties_count_half():
    scores = torch.tensor([[0.0, 1.0, 0.0, 2.0], [3.0, 1.0, 3.0, 0.0]])
    questions = Questions(
        torch.tensor([[9], [8]]),
        torch.tensor([[0, 1, 2, 3], [4, 5, 6, 7]]),
        torch.tensor([1, 0]),
        torch.tensor([[0, -1, 0, 1], [-1, 1, 0, 0]]),
    )
    first, second = (str(rule) for rule in RULE_BOOK.rules[:2])
    assert rule_wins(scores, questions) == {first: pytest.approx((1 + 1 + 0.5 + 1) / 4), second: 0.5}


def test_kappa_is_right_where_its_largest_weight_is_that_of_the_rule():
    model = ADDEO(WARDROBE, ADDEORecipe(RULE_BOOK.attributes, C, D))
    column = RULE_BOOK.attributes.index("trim")
    last = model.attention.layers[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.eye(len(RULE_BOOK.attributes))[column])
    found = kappa_right(model)
    about_trim = {f"kappa, {rule}": float(rule.relation.attribute == "trim") for rule in RULE_BOOK.rules}
    assert {name: share for name, share in found.items() if name != "kappa"} == about_trim
    looked_at = RULE_BOOK.looked_at[RULE_BOOK.looked_at >= 0]
    assert found["kappa"] == pytest.approx(float((looked_at == column).double().mean()))
    assert kappa_table(model).argmax(1).tolist() == [column] * len(RULE_BOOK.rules)
