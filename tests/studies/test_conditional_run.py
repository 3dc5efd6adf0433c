from dataclasses import replace

import pytest
import torch

from adde_lite.attributes import MISSING
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.metrics.conditional import label_blocks
from adde_lite.models.conditional import MaskedSpace, OneSpace, SeparateNets, Subspaces
from adde_lite.sampling import conditional_triplets
from adde_lite.studies import conditional, conditional_run
from adde_lite.training import TrainingRecipe

RUN = conditional.run(conditional.ADDE, 0)
FEW = {"n": 48, "seed": 0}


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, seed=1),
        replace(RUN, recipe=replace(RUN.recipe, margin=0.3)),
        replace(RUN, training=replace(RUN.training, learning_rate=0.1)),
        replace(RUN, separate=True),
    ],
)
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_the_name_alone_does_not_change_the_hash():
    assert replace(RUN, name={"seed": "zero"}).hash == RUN.hash


def test_every_run_of_the_study_is_another_and_all_models_share_trunk_and_batches():
    runs = conditional.runs()
    assert len({run.hash for run in runs}) == len(runs) == 3 * len(conditional.MODELS)
    assert {(run.recipe.trunk, run.recipe.widths, run.recipe.margin, run.recipe.examples) for run in runs} == {
        ("small", conditional.WIDTHS, 0.2, "images")
    }
    assert len({(run.training.epochs, run.training.batch_size) for run in runs}) == 1


def test_each_recipe_makes_its_model():
    schema = WARDROBE.select(conditional_run.CONDITIONS)
    kinds = {name: type(conditional_run.model_of(recipe, schema)) for name, recipe in conditional.MODELS.items()}
    assert kinds == {
        conditional.PLAIN: OneSpace,
        conditional.PUBLISHED: MaskedSpace,
        conditional.FIXED: MaskedSpace,
        conditional.LEARNED: MaskedSpace,
        conditional.SEPARATE: OneSpace,
        conditional.ADDE: Subspaces,
        conditional.CLASSIFIED: Subspaces,
    }


def test_garments_show_the_conditions_alone_and_of_one_all_others_are_hidden():
    few = conditional_run.garments(FEW, progress=False)
    assert few.schema.names == conditional_run.CONDITIONS
    one = conditional_run.of_one(few, 2)
    assert torch.equal(one.labels[:, 2], few.labels[:, 2])
    assert (one.labels[:, [0, 1, 3, 4, 5]] == MISSING).all()
    assert torch.equal(one.images, few.images)


def test_separate_nets_are_trained_each_on_its_own_attribute(monkeypatch):
    monkeypatch.setattr(conditional_run, "TRAINING", FEW)
    brief = replace(RUN.training, epochs=1, batch_size=24)
    run = replace(RUN, recipe=conditional.MODELS[conditional.SEPARATE], training=brief, separate=True)
    small = replace(run, recipe=replace(run.recipe, widths=(4, 4, 4, 4), d=4))
    nets = small.trained(progress=False)
    assert isinstance(nets, SeparateNets)
    ends = [net.last.weight for net in nets.nets]
    assert len(ends) == len(conditional_run.CONDITIONS)
    assert not any(torch.equal(ends[0], other) for other in ends[1:])


def test_labels_as_blocks_score_full_marks():
    schema = WARDROBE.select(conditional_run.CONDITIONS)
    columns = [WARDROBE.index(name) for name in schema.names]
    labels = torch.tensor([label_row(k, 0, 0.0, 1) for k in range(600)])[:, columns]
    row = conditional_run.block_scores(
        label_blocks(labels, schema), labels, conditional_triplets(labels, schema, seed=0)
    )
    assert row["accuracy"] == row["accuracy, sleeve"] == row["precision@10, colour"] == 1
    assert row["gap"] > 0.4
    assert abs(row["colour asked for fit"] - 0.5) < 0.1
    others = [row[f"colour asked for {name}"] for name in schema.names if name != "colour"]
    assert row["gap, colour"] == pytest.approx(1 - sum(others) / len(others))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(conditional_run, "JUDGED", {"n": 240, "seed": 1})
    monkeypatch.setattr(conditional_run, "NEAR_MISSES", {"n": 240, "seed": 1, "variants": 6})
    monkeypatch.setattr(conditional_run, "CONFLICTS", 40)


def test_pixels_are_one_space_without_a_gap_and_labels_have_full_marks(small):
    rows = conditional_run.untrained_scores()
    assert abs(rows["pixels"]["gap"]) < 1e-6
    assert rows["label oracle"]["accuracy"] == rows["label oracle"]["conflicting"] == 1
    assert rows["chance"]["precision@10"] < rows["pixels"]["precision@10"] < rows["label oracle"]["precision@10"] == 1
    assert set(rows["chance"]) < set(rows["pixels"]) == set(rows["label oracle"])


def test_another_number_of_epochs_is_another_run():
    brief = conditional.run(conditional.ADDE, 0, epochs=2)
    assert brief.training == replace(RUN.training, epochs=2)
    assert brief.hash != RUN.hash


def test_a_run_is_measured_on_triplets_conflicts_and_masks(small, monkeypatch):
    monkeypatch.setattr(conditional_run, "TRAINING", FEW)
    brief = TrainingRecipe(epochs=1, batch_size=24, bf16=False)
    recipe = replace(conditional.MODELS[conditional.LEARNED], widths=(4, 4, 4, 4))
    row = conditional_run.EmbedderRun({}, recipe, brief, 0).measure()
    assert {"accuracy", "gap", "precision@10", "conflicting", "masks: closed", "masks: overlap"} <= set(row)
    assert all(0 <= row[name] <= 1 for name in ("accuracy", "conflicting", "masks: closed", "masks: overlap"))
