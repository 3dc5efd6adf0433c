import pandas as pd
import pytest

from adde_lite.augmentation import NOTHING
from adde_lite.models.adde import EncoderRecipe
from adde_lite.recipes import Recipe, ThreeStages
from adde_lite.studies import manipulation_run, retrieval_run
from adde_lite.studies.retrieval import MAIN
from adde_lite.studies.retrieval_run import Drawer, RetrievalRun, Setting
from adde_lite.training import TrainingRecipe
from bench.wardrobe_retrieval import MEASURES, compare

BRIEF = TrainingRecipe(epochs=1, batch_size=16, bf16=False, augmentation=NOTHING)
STAGES = ThreeStages(
    Recipe(EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5), BRIEF), training=BRIEF, triplets=16, edits=(2,)
)
RUN = RetrievalRun({"d": 5, "seed": 1}, STAGES, 1, {MAIN: Setting(Drawer(60))})


@pytest.fixture(scope="module", autouse=True)
def small_wardrobes(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADDE_LITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(manipulation_run, "TRAINING", {"n": 48, "seed": 0, "variants": 6})
        patch.setattr(manipulation_run, "JUDGED", {"n": 60, "seed": 1, "variants": 6})
        patch.setattr(retrieval_run, "CHOSEN_ON", Drawer(36, seed=5))
        yield


@pytest.fixture(scope="module")
def record(small_wardrobes):
    """A record of two seeds: the run's own, and one that found everything."""
    RUN.prepare()
    row = RUN.measure()
    perfect = {name: 1.0 if name.endswith(MEASURES) else value for name, value in row.items()}
    return pd.DataFrame([{"d": 5, "seed": 2, **perfect}, {**RUN.name, **row}])


pytestmark = pytest.mark.filterwarnings("ignore:no image shows")


def test_figure_has_every_row_by_three_measures_over_seeds_and_live(record):
    made = compare(RUN, record)
    ways = {name.removesuffix(f", {measure}") for measure in MEASURES for name in made.rows if name.endswith(measure)}
    assert {"chance", "unedited", "mean_memory", "classifier_probability", "residual", "label_oracle"} <= ways
    assert {"embedding, weighted", "classifier_probability, weighted"} <= ways
    assert len(made.rows) == len(ways) * len(MEASURES)
    for row in made.rows.values():
        assert row["least seed"] == pytest.approx(row["live"], abs=1e-5)
        assert row["most seed"] == 1
        assert row["mean"] == pytest.approx((row["live"] + 1) / 2, abs=1e-5)
        assert row["live low"] <= row["live"] + 1e-6
        assert row["live high"] >= row["live"] - 1e-6
    assert made.value == made.rows["residual, ndcg_target"]["mean"]
    assert made.baseline == made.rows["mean_memory, ndcg_target"]["mean"]
    assert made.facts["seed_measured_live"] == 1


def test_a_lead_goes_from_the_lowest_to_the_highest_end_of_all_seeds(record):
    name = f"{MAIN}, residual - mean_memory, ndcg_target"
    lead = compare(RUN, record.assign(**{f"{name}, low": [-0.5, 0.1], f"{name}, high": [0.2, 0.9]})).facts["ahead"]
    assert lead["ndcg_target"]["residual - mean_memory"]["low"] == -0.5
    assert lead["ndcg_target"]["residual - mean_memory"]["high"] == 0.9


def test_a_run_that_is_not_the_one_of_the_record_is_refused(record):
    name = f"{MAIN}, residual, top_1"
    with pytest.raises(AssertionError, match=r"residual, top_1: .* in the record"):
        compare(RUN, record.assign(**{name: record[name] + 0.05}))
