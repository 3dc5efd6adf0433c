from dataclasses import replace

import pytest
import torch
from PIL import Image

from adde_lite.augmentation import NOTHING
from adde_lite.data.archive import Archive
from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError
from adde_lite.losses import LossWeights
from adde_lite.models.adde import (
    AttributeEncoder,
    AttributeManipulator,
    EncoderRecipe,
    ManipulationRecipe,
    PrototypeMemory,
)
from adde_lite.recipes import PAPER, Recipe, ThreeStages
from adde_lite.stages import mixed_triplets, train_jointly, train_stages
from adde_lite.training import TrainingRecipe, seeded

MODEL = EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)
TRAINING = TrainingRecipe(epochs=6, batch_size=16, bf16=False, augmentation=NOTHING)
RECIPE = ThreeStages(
    Recipe(MODEL, TRAINING), training=replace(TRAINING, epochs=3, learning_rate=2e-3), triplets=48, edits=(1, 2)
)


@pytest.fixture
def first_stages(blocks):
    encoder = seeded(lambda: AttributeEncoder(blocks.schema, MODEL), 0).eval()
    return encoder, PrototypeMemory.of_means(encoder.embed(blocks.images), blocks.labels, blocks.schema)


def jointly(first_stages, blocks, recipe, **more):
    return train_jointly(*first_stages, blocks, recipe, device="cpu", progress=False, **more)


def test_the_three_stages_learn_to_read_and_a_memory_of_blocks(blocks):
    manipulator = train_stages(blocks, RECIPE, device="cpu", progress=False)
    encoder, memory = manipulator.encoder, manipulator.memory
    embeddings = encoder.embed(blocks.images)
    assert (encoder.classify(embeddings) == blocks.labels).float().mean() > 0.9
    assert (memory.nearest(embeddings) == blocks.labels).float().mean() > 0.9
    assert memory.off_block_share < 0.01


def test_images_that_stay_in_their_files_go_through_the_same_stages(blocks, tmp_path):
    for name, image in zip(blocks.ids, blocks.images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(tmp_path / f"{name}.png")
    names = tuple(f"{name}.png" for name in blocks.ids)
    brief = replace(TRAINING, epochs=1)
    recipe = replace(RECIPE, encoder=Recipe(MODEL, brief), training=brief)
    with Archive(tmp_path) as files:
        streamed = StreamedImages(files, names, blocks.labels, blocks.schema, blocks.ids, size=16)
        ends = [
            train_stages(data, recipe, device="cpu", checkpoint=str(tmp_path / name), progress=False)
            for name, data in (("whole", blocks), ("streamed", streamed))
        ]
    assert torch.equal(*(end.memory.weight for end in ends))


def test_joint_training_changes_copies_and_leaves_what_it_was_given(first_stages, blocks):
    before = [part.detach().clone() for module in first_stages for part in module.state_dict().values()]
    manipulator = jointly(first_stages, blocks, RECIPE)
    after = [part for module in first_stages for part in module.state_dict().values()]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not torch.equal(manipulator.memory.weight, first_stages[1].weight)
    assert not torch.equal(manipulator.encoder.heads.second, first_stages[0].heads.second)


def test_without_an_epoch_joint_training_changes_nothing(first_stages, blocks):
    manipulator = jointly(first_stages, blocks, replace(RECIPE, training=replace(TRAINING, epochs=0)))
    assert torch.equal(manipulator.memory.weight, first_stages[1].weight)


def test_memory_loss_is_what_keeps_the_numbers_outside_the_blocks_small(first_stages, blocks):
    leaky = replace(RECIPE, manipulation=ManipulationRecipe(LossWeights(memory=0.0)))
    shares = [jointly(first_stages, blocks, recipe).memory.off_block_share for recipe in (RECIPE, leaky)]
    assert shares[0] < 0.2 * shares[1]


def test_watcher_sees_the_manipulator_after_every_epoch_and_does_not_disturb_the_run(first_stages, blocks):
    seen = []

    def watch(manipulator, epoch):
        manipulator.encoder.embed(blocks.images[:4])  # leaves the model in evaluation mode
        seen.append((epoch, manipulator.memory.weight.detach().clone()))

    watched = jointly(first_stages, blocks, RECIPE, watch=watch)
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert torch.equal(seen[-1][1], watched.memory.weight)
    assert torch.equal(watched.memory.weight, jointly(first_stages, blocks, RECIPE).memory.weight)


def test_queries_come_first_then_their_positives_then_the_negatives(first_stages, blocks, monkeypatch):
    loss, seen = AttributeManipulator.loss, []

    def recorded(self, images, labels):
        seen.append(labels)
        return loss(self, images, labels)

    monkeypatch.setattr(AttributeManipulator, "loss", recorded)
    jointly(first_stages, blocks, replace(RECIPE, edits=(1,)))
    query, positive, negative = torch.stack([labels.unflatten(0, (3, -1)) for labels in seen], dim=1).flatten(1, 2)
    assert ((query != positive).sum(1) == 1).all()
    assert (positive != negative).any(1).all()
    assert ((query != negative).sum(1) != 1).any()


def test_numbers_of_edits_share_the_triplets(blocks):
    rows = mixed_triplets(blocks, replace(RECIPE, triplets=25), seed=0)
    differing = (blocks.labels[rows[:, 0]] != blocks.labels[rows[:, 1]]).sum(1)
    assert differing.tolist() == [1] * 13 + [2] * 12


def test_triplets_are_drawn_once_for_all_three_stages(blocks, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "adde_lite.stages.mixed_triplets", lambda *given: drawn.append(mixed_triplets(*given)) or drawn[0]
    )
    once = replace(TRAINING, epochs=1)
    brief = replace(RECIPE, encoder=Recipe(MODEL, once), training=once)
    train_stages(blocks, brief, device="cpu", progress=False)
    assert len(drawn) == 1


def test_data_without_such_pairs_is_refused_before_anything_is_trained(blocks):
    alike = blocks.subset((blocks.labels == blocks.labels[0]).all(1).numpy())
    encoder = seeded(lambda: AttributeEncoder(blocks.schema, MODEL), 0)
    before = encoder.heads.second.detach().clone()
    with pytest.raises(InputError, match="no two that lie 1 edits apart"):
        train_stages(alike, RECIPE, encoder=encoder, device="cpu", progress=False)
    assert torch.equal(encoder.heads.second, before)


def test_recipe_of_the_paper_runs_on_photos(schema):
    assert (PAPER.encoder.training.epochs, PAPER.training.batch_size) == (30, 128)
    labels = torch.tensor([[0, 0], [0, 1], [1, 0], [2, 1]])
    photos = AttributeImages(torch.randint(256, (4, 3, 64, 64), dtype=torch.uint8), labels, schema, tuple("abcd"))
    once = replace(PAPER.training, epochs=1)
    smaller = replace(PAPER.encoder.model, trunk="resnet18")  # AlexNet has five times as many weights
    brief = replace(PAPER, encoder=Recipe(smaller, once), training=once, triplets=2)
    manipulator = train_stages(photos, brief, device="cpu", progress=False)
    assert manipulator.memory.weight.shape == (2 * 340, 5)
