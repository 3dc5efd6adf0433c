from dataclasses import replace

import pytest

from adde_lite.augmentation import NOTHING
from adde_lite.models.adde import EncoderRecipe
from adde_lite.recipes import WARDROBE_STAGES, Recipe, ThreeStages
from adde_lite.studies import manipulation_run, retrieval, retrieval_run
from adde_lite.studies.retrieval_run import COMPARED, Drawer, RetrievalRun, Setting
from adde_lite.training import TrainingRecipe

BRIEF = TrainingRecipe(epochs=1, batch_size=16, bf16=False, augmentation=NOTHING)
STAGES = ThreeStages(
    Recipe(EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5), BRIEF), training=BRIEF, triplets=16, edits=(2,)
)
SMALL = Drawer(60)
RUN = RetrievalRun({"d": 5, "seed": 1}, STAGES, 1, {"main": Setting(SMALL), "alone": Setting(SMALL, exclude_self=True)})


@pytest.fixture(autouse=True)
def small_wardrobes(monkeypatch, tmp_path):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path))
    monkeypatch.setattr(manipulation_run, "TRAINING", {"n": 48, "seed": 0, "variants": 6})
    monkeypatch.setattr(manipulation_run, "JUDGED", {"n": 60, "seed": 1, "variants": 6})
    monkeypatch.setattr(retrieval_run, "CHOSEN_ON", Drawer(36, seed=5))


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, seed=2),
        replace(RUN, recipe=replace(STAGES, triplets=17)),
        replace(RUN, settings={"main": Setting(SMALL)}),
        replace(RUN, settings={"main": Setting(SMALL, edits=2)}),
        replace(RUN, settings={"main": Setting(replace(SMALL, correlation=1.0))}),
    ],
)
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_hash_knows_the_garments_that_choose_the_weights(monkeypatch):
    before = RUN.hash
    monkeypatch.setattr(retrieval_run, "CHOSEN_ON", Drawer(36, seed=6))
    assert RUN.hash != before


@pytest.mark.filterwarnings("ignore:no image shows")
def test_a_run_measures_every_row_in_every_setting_with_floor_and_ceiling():
    RUN.prepare()
    row = RUN.measure()
    for place in RUN.settings:
        assert row[f"{place}, label_oracle, top_1"] == 1
        for way in ("unedited", "residual", "mean_memory", "embedding, weighted"):
            assert 0 <= row[f"{place}, {way}, top_1"] <= row[f"{place}, {way}, top_10"] <= 1
    assert row["main, unedited, top_1"] == 0  # it finds itself first
    for one, other in COMPARED:
        low, high = (row[f"main, {one} - {other}, top_1, {end}"] for end in ("low", "high"))
        assert low <= row[f"main, {one}, top_1"] - row[f"main, {other}, top_1"] <= high
    for way in ("embedding", "residual", "classifier_probability"):
        assert row[f"main, {way}, weight 1, top_1"] == row[f"main, {way}, top_1"]


def test_references_are_the_first_of_a_larger_gallery():
    few, many = Drawer(36).images(progress=False), Drawer(72).images(progress=False)
    smaller, larger = Setting(Drawer(36)).queries(few), Setting(Drawer(72), references=36).queries(many)
    assert smaller.target.equal(larger.target)
    assert smaller.reference.equal(larger.reference)


def test_every_setting_has_every_seed_and_other_d_the_main_one():
    runs = retrieval.runs()
    assert len({run.hash for run in runs}) == len(runs)
    course = [run for run in runs if run.recipe == WARDROBE_STAGES]
    assert {run.seed for run in course} == set(retrieval.SEEDS)
    assert all(next(iter(run.settings)) == retrieval.MAIN for run in runs)
    others = [run.recipe.encoder.model.d for run in runs if run not in course]
    assert sorted(others) == sorted(retrieval.OTHER_D * len(retrieval.SEEDS))


@pytest.mark.filterwarnings("ignore:no image shows")
def test_an_encoder_of_another_recipe_leaves_the_weights_of_the_course_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(manipulation_run, "COMMITTED", tmp_path / "of_the_course")
    manipulation_run.ManipulationRun({}, STAGES, "means", 0).encoder(progress=False)
    assert not (tmp_path / "of_the_course").exists()


@pytest.mark.filterwarnings("ignore:no image shows")
def test_a_brief_training_changes_encoder_and_memory_and_leaves_the_hash_alone(monkeypatch):
    monkeypatch.setattr(retrieval_run, "BRIEF_STOCK", 36)
    run = replace(RUN, recipe=replace(STAGES, edits=(4,)))  # no two of so few garments are nearer
    before = run.hash
    brief = run.trained_briefly(progress=False)
    assert run.hash == before
    assert brief.memory.d == brief.memory_before.d == 5
    assert not brief.memory.weight.equal(brief.memory_before.weight)
