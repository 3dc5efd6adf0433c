"""Weights are trained once, and never mistaken for those of another recipe."""

from dataclasses import replace

import pytest
import torch

from adde_lite import storage
from adde_lite.augmentation import Augmentation
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.training import TrainingRecipe, run_hash, train_or_load
from tests.training.runs import encoder, weights

MODEL = EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)
RECIPE = TrainingRecipe(epochs=4, batch_size=16, bf16=False, augmentation=Augmentation(mirror=False, shift=1))
ONE_EPOCH = replace(RECIPE, epochs=1)


def fresh(data):
    return AttributeEncoder(data.schema, MODEL)


def test_second_call_loads_what_the_first_trained(blocks, tmp_path):
    def no_data():
        raise AssertionError("weights that fit were trained again")

    arguments = {"recipe": RECIPE, "data_facts": {"n": 1}, "device": "cpu", "progress": False}
    first, history = train_or_load(tmp_path / "w", lambda: fresh(blocks), lambda: blocks, **arguments)
    second, loaded = train_or_load(str(tmp_path / "w"), lambda: fresh(blocks), no_data, **arguments)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(first.embed(blocks.images), second.embed(blocks.images))
    assert loaded == history
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_whole_numbers_are_kept_as_they_are(blocks, tmp_path):
    class Counting(AttributeEncoder):
        def __init__(self, schema):
            super().__init__(schema, MODEL)
            self.register_buffer("counts", torch.tensor([[100_001, 2_049]]))

    model, _ = train_or_load(
        tmp_path / "w", lambda: Counting(blocks.schema), lambda: blocks, ONE_EPOCH, {}, device="cpu", progress=False
    )
    assert model.counts.tolist() == [[100_001, 2_049]]


def test_other_recipe_or_data_trains_anew(blocks, tmp_path):
    calls = []

    def data():
        calls.append(1)
        return blocks

    for recipe, facts in [(ONE_EPOCH, {"n": 1}), (replace(ONE_EPOCH, seed=1), {"n": 1}), (ONE_EPOCH, {"n": 2})]:
        train_or_load(tmp_path / "w", lambda: fresh(blocks), data, recipe, facts, device="cpu", progress=False)
    assert len(calls) == 3


def test_cut_off_weights_are_trained_again_with_a_warning(blocks, tmp_path):
    def obtain():
        train_or_load(
            tmp_path / "w", lambda: fresh(blocks), lambda: blocks, ONE_EPOCH, {}, device="cpu", progress=False
        )

    obtain()
    path = tmp_path / "w" / storage.TENSORS
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.warns(UserWarning, match=storage.TENSORS):
        obtain()
    assert path.read_bytes() == whole


def test_hash_changes_with_each_part_of_the_recipe(blocks, schema):
    base = run_hash(encoder(recipe=MODEL), RECIPE, {"n": 1})
    others = [
        run_hash(AttributeEncoder(schema, replace(MODEL, d=9)), RECIPE, {"n": 1}),
        run_hash(encoder(recipe=MODEL), replace(RECIPE, augmentation=Augmentation(zoom=0.1)), {"n": 1}),
        run_hash(encoder(recipe=MODEL), RECIPE, {"n": 2}),
    ]
    assert run_hash(encoder(3, MODEL), RECIPE, {"n": 1}) == base
    assert base not in others


def test_seeded_leaves_the_callers_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    encoder(recipe=MODEL)
    assert torch.equal(torch.rand(2), expected)
