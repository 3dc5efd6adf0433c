from dataclasses import replace

import pytest
import torch

from adde_lite.augmentation import NOTHING
from adde_lite.losses import LossWeights
from adde_lite.metrics.edits import edit_effect
from adde_lite.models.adde import EncoderRecipe, ManipulationRecipe
from adde_lite.recipes import Recipe, ThreeStages
from adde_lite.studies import ablations, manipulation_run
from adde_lite.studies.manipulation_run import ManipulationRun, edit_scores, scores
from adde_lite.training import TrainingRecipe

BRIEF = TrainingRecipe(epochs=1, batch_size=16, bf16=False, augmentation=NOTHING)
STAGES = ThreeStages(
    Recipe(EncoderRecipe(widths=(4, 4, 4, 8), hidden=6, d=5), BRIEF), training=BRIEF, triplets=16, edits=(2,)
)
RUN = ManipulationRun({"seed": 1}, STAGES, "means", 1)


@pytest.fixture(autouse=True)
def small_wardrobes(monkeypatch, tmp_path):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path))
    monkeypatch.setattr(manipulation_run, "TRAINING", {"n": 48, "seed": 0, "variants": 6})
    monkeypatch.setattr(manipulation_run, "JUDGED", {"n": 60, "seed": 1, "variants": 6})


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, seed=2),
        replace(RUN, start="random"),
        replace(RUN, recipe=replace(STAGES, triplets=17)),
        replace(RUN, recipe=replace(STAGES, edits=(1, 2))),
        replace(RUN, recipe=replace(STAGES, manipulation=ManipulationRecipe(LossWeights(memory=0.0)))),
        replace(RUN, recipe=replace(STAGES, training=replace(BRIEF, epochs=0))),
        replace(RUN, recipe=replace(STAGES, encoder=replace(STAGES.encoder, training=replace(BRIEF, epochs=2)))),
    ],
)
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_hash_knows_the_garments_it_is_judged_on(monkeypatch):
    before = RUN.hash
    monkeypatch.setattr(manipulation_run, "JUDGED", {"n": 24, "seed": 2, "variants": 6})
    assert RUN.hash != before


@pytest.mark.filterwarnings("ignore:no image shows")
def test_runs_of_a_seed_share_encoder_and_means_and_a_random_start_is_another_memory():
    RUN.prepare()
    other = replace(RUN, recipe=replace(STAGES, triplets=17))
    assert torch.equal(RUN.memory(progress=False).weight, other.memory(progress=False).weight)
    assert torch.equal(RUN.encoder(progress=False).predictor.weight, other.encoder(progress=False).predictor.weight)
    random = replace(RUN, start="random").memory(progress=False)
    assert RUN.memory(progress=False).off_block_share == 0
    assert random.off_block_share > 1
    untrained = replace(RUN, recipe=replace(STAGES, training=replace(BRIEF, epochs=0))).trained(progress=False)
    assert torch.equal(untrained.memory.weight, RUN.memory(progress=False).weight)


@pytest.mark.filterwarnings("ignore:no image shows")
def test_stage_3_is_trained_once_for_a_recipe_and_then_kept(monkeypatch):
    other = replace(RUN, recipe=replace(STAGES, triplets=17))
    trained = RUN.trained(progress=False)
    first, another = RUN.kept(progress=False), other.kept(progress=False)
    monkeypatch.setattr(manipulation_run, "train_jointly", lambda *_, **__: pytest.fail("trained again"))
    images = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    for run, expected in ((RUN, first), (other, another), (RUN, trained)):
        kept = run.kept(progress=False)
        assert torch.equal(kept.memory.weight, expected.memory.weight)
        assert torch.equal(kept.encoder.embed(images), expected.encoder.embed(images))
    assert not torch.equal(first.memory.weight, another.memory.weight)


@pytest.mark.filterwarnings("ignore:no image shows")
def test_a_run_measures_reading_editing_and_finding():
    row = RUN.measure()
    assert row == scores(RUN.trained(progress=False))
    assert {"accuracy", "off-block share", "new value, add", "residual, top_1", "chance, top_10"} <= set(row)
    assert all(0 <= value <= 1 for name, value in row.items() if name != "off-block share")


@pytest.mark.filterwarnings("ignore:no image shows")
def test_edits_are_scored_by_both_ways_for_the_garments_given():
    model = RUN.trained(progress=False)
    clothes = manipulation_run.wardrobe(**manipulation_run.JUDGED, progress=False)
    embeddings, labels = model.encoder.embed(clothes.images)[:7], clothes.labels[:7]
    shares = edit_scores(model, embeddings, labels)
    for way in ("add", "swap"):
        effect = edit_effect(model.encoder, model.memory, embeddings, labels, way)
        assert (shares[f"new value, {way}"], shares[f"others kept, {way}"]) == (effect.new_value, effect.others_kept)


def test_every_ablation_has_every_seed_once_and_leaves_out_what_it_says():
    runs = ablations.runs()
    assert len({run.hash for run in runs}) == len(runs) == len(ablations.variants()) * len(ablations.SEEDS)
    for name, (recipe, _) in ablations.variants().items():
        weights = recipe.manipulation.weights
        assert (weights.memory == 0) == ("without memory loss" in name)
        assert (weights.label == 0) == ("without label triplet" in name)
