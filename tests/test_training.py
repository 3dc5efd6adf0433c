from dataclasses import replace

import pytest
import torch

from adde_lite import storage
from adde_lite.augmentation import Augmentation
from adde_lite.errors import InputError
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.training import TrainingRecipe, run_hash, seeded, train, train_or_load

MODEL = EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)
RECIPE = TrainingRecipe(epochs=4, batch_size=16, bf16=False, augmentation=Augmentation(mirror=False, shift=1))
ONE_EPOCH = replace(RECIPE, epochs=1)


def fresh(data):
    return AttributeEncoder(data.schema, MODEL)


def encoder(schema, seed=0):
    return seeded(lambda: AttributeEncoder(schema, MODEL), seed)


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


def accuracy(model, data):
    return float((model.classify(model.embed(data.images)) == data.labels).float().mean())


def test_training_learns_and_its_loss_falls(blocks):
    model = encoder(blocks.schema)
    before = accuracy(model, blocks)
    history = train(model, blocks, replace(RECIPE, epochs=12), device="cpu", progress=False)
    assert accuracy(model, blocks) > max(0.95, before)
    assert history.rows[-1]["classification"] < 0.3 * history.rows[0]["classification"]
    assert list(history.table().index) == list(range(12))


def test_same_seed_gives_the_same_weights_and_another_seed_does_not(blocks):
    runs = []
    for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=1)):
        model = encoder(blocks.schema)
        train(model, blocks, recipe, device="cpu", progress=False)
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_run_resumed_after_an_interrupt_ends_with_the_weights_of_an_unbroken_one(
    blocks, tmp_path, monkeypatch, average
):
    recipe = replace(RECIPE, average=average)
    unbroken = encoder(blocks.schema)
    train(unbroken, blocks, recipe, device="cpu", progress=False)
    store, stored = storage.store, []

    def interrupted_after_two(*arguments):
        store(*arguments)
        stored.append(1)
        if len(stored) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(storage, "store", interrupted_after_two)
    checkpoint = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(encoder(blocks.schema), blocks, recipe, device="cpu", checkpoint=checkpoint, progress=False)
    torch.manual_seed(99)  # the resumed process has another random state
    resumed = encoder(blocks.schema, seed=5)
    history = train(resumed, blocks, recipe, device="cpu", checkpoint=checkpoint, progress=False)
    assert [row["epoch"] for row in history.rows] == [0, 1, 2, 3]
    assert torch.equal(weights(resumed), weights(unbroken))


def test_checkpoint_of_another_recipe_is_refused(blocks, tmp_path):
    train(encoder(blocks.schema), blocks, RECIPE, device="cpu", checkpoint=tmp_path / "run", progress=False)
    other = replace(RECIPE, learning_rate=1e-3)
    with pytest.raises(InputError, match="delete this one to start anew"):
        train(encoder(blocks.schema), blocks, other, device="cpu", checkpoint=tmp_path / "run", progress=False)


def test_second_call_loads_what_the_first_trained(blocks, tmp_path):
    def no_data():
        raise AssertionError("weights that fit were trained again")

    arguments = {"recipe": RECIPE, "data_facts": {"n": 1}, "device": "cpu", "progress": False}
    first, history = train_or_load(tmp_path / "w", lambda: fresh(blocks), lambda: blocks, **arguments)
    second, loaded = train_or_load(tmp_path / "w", lambda: fresh(blocks), no_data, **arguments)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(first.embed(blocks.images), second.embed(blocks.images))
    assert loaded == history
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


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
    base = run_hash(encoder(schema), RECIPE, {"n": 1})
    others = [
        run_hash(AttributeEncoder(schema, replace(MODEL, d=9)), RECIPE, {"n": 1}),
        run_hash(encoder(schema), replace(RECIPE, augmentation=Augmentation(zoom=0.1)), {"n": 1}),
        run_hash(encoder(schema), RECIPE, {"n": 2}),
    ]
    assert run_hash(encoder(schema, seed=3), RECIPE, {"n": 1}) == base
    assert base not in others


def test_too_little_data_and_a_foreign_schema_are_refused(blocks, schema):
    with pytest.raises(InputError, match="at least 2"):
        train(encoder(schema), blocks.subset([0]), RECIPE, device="cpu", progress=False)
    with pytest.raises(InputError, match="the model's schema"):
        train(encoder(schema), blocks.select(["bar"]), RECIPE, device="cpu", progress=False)


def test_loss_that_is_not_a_number_stops_the_run(blocks, monkeypatch):
    monkeypatch.setattr(
        AttributeEncoder, "loss", lambda self, images, labels: {"broken": self(images).sum() * float("nan")}
    )
    with pytest.raises(FloatingPointError, match="broken loss is nan"):
        train(encoder(blocks.schema), blocks, RECIPE, device="cpu", progress=False)


def test_seeded_leaves_the_callers_random_state_alone(schema):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    encoder(schema)
    assert torch.equal(torch.rand(2), expected)


def test_bf16_reaches_the_convolutions_where_the_processor_has_it(blocks, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    seen = set()
    for bf16 in (True, False):
        model = encoder(blocks.schema)
        model.trunk.stem.register_forward_hook(lambda _, __, out: seen.add(out.dtype))
        train(model, blocks, replace(RECIPE, epochs=1, bf16=bf16), device="cpu", progress=False)
        assert seen == {torch.bfloat16 if bf16 else torch.float32}
        seen.clear()
