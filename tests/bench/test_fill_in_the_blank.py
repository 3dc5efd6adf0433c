from dataclasses import replace

import pandas as pd
import pytest

from adde_lite.augmentation import NOTHING
from adde_lite.data.outfits import RULE_BOOK
from adde_lite.models.adde import EncoderRecipe
from adde_lite.models.outfits import ADDEORecipe
from adde_lite.recipes import WARDROBE_STAGES, Recipe
from adde_lite.studies import manipulation_run, outfit_run
from adde_lite.studies.outfit_run import OutfitRun, Shop
from adde_lite.studies.outfits import CATEGORIES, MAIN, SIAMESE
from adde_lite.training import TrainingRecipe
from adde_lite.training.outfits import OutfitTraining
from bench.fill_in_the_blank import MEASURES, compare

ENCODER = Recipe(
    EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5),
    TrainingRecipe(epochs=1, batch_size=16, bf16=False, augmentation=NOTHING),
)
RUN = OutfitRun(
    {"model": MAIN, "seed": 1},
    ADDEORecipe(RULE_BOOK.attributes, CATEGORIES, 5),
    1,
    OutfitTraining(epochs=1),
    Shop(garments=600, outfits=24, judged=12, questions=60),
)


@pytest.fixture(scope="module", autouse=True)
def small_wardrobes(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADDE_LITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(manipulation_run, "TRAINING", {"n": 48, "seed": 0})
        patch.setattr(outfit_run, "WARDROBE_STAGES", replace(WARDROBE_STAGES, encoder=ENCODER))
        yield


@pytest.fixture(scope="module")
def record(small_wardrobes):
    """The run's own row, one of another seed that got everything right, and two rivals."""
    row = RUN.measure() | {str(rule): 0.5 for rule in RULE_BOOK.rules}
    rivals = ("chance", SIAMESE, "rule oracle")
    perfect = row | dict.fromkeys(MEASURES, 1.0)
    named = [(MAIN, 1, row), (MAIN, 2, perfect), *((name, 1, row) for name in rivals)]
    return pd.DataFrame([{"model": model, "seed": seed, **of} for model, seed, of in named])


def test_the_figure_is_the_mean_over_seeds_beside_every_rival(record):
    made = compare(RUN, record)
    own = record.iloc[0]["FITB, same category"]
    assert made.value == pytest.approx((own + 1) / 2)
    assert made.baseline == made.facts["chance"] == pytest.approx(own)
    assert set(made.rows) == {MAIN, SIAMESE, "chance", "rule oracle"}
    assert made.rows[MAIN]["least seed"] == pytest.approx(own)
    assert made.rows[MAIN]["most seed"] == 1
    assert made.facts["pairs_won_by_rule"] == {str(rule): 0.5 for rule in RULE_BOOK.rules}
    assert made.facts["live"]["recall@10"] == pytest.approx(own_of(record, "recall@10"))


def own_of(record, measure):
    return record.iloc[0][measure]


def test_a_run_that_is_not_the_recorded_one_is_an_error(record):
    other = record.copy()
    other.loc[0, "AUC, same category"] += 0.1
    with pytest.raises(AssertionError, match="AUC, same category"):
        compare(RUN, other)
