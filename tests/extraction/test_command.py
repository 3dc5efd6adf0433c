"""The command makes the model again from its weights, and says in one line what it cannot do."""

import json

import pytest
import torch

from adde_lite import storage
from adde_lite.errors import InputError
from adde_lite.extraction import extract
from adde_lite.extraction.__main__ import INTERRUPTED, REFUSED, main
from adde_lite.extraction.weights import stored_encoder
from adde_lite.models.adde import AttributeManipulator, PrototypeMemory
from adde_lite.models.vae import VAE, VAERecipe
from adde_lite.training import TrainingRecipe, recipe_facts


def kept(folder, model):
    """Weights as `train_or_load` keeps them, at full precision."""
    storage.store(folder, model.state_dict(), {"recipe": recipe_facts(model, TrainingRecipe(), {})})
    return str(folder)


@pytest.fixture
def weights(model, tmp_path):
    return kept(tmp_path / "weights", model)


@pytest.fixture
def command(weights, images, tmp_path):
    return lambda *options: main([weights, str(images), str(tmp_path / "out"), *options])


def test_the_command_writes_what_the_function_does(command, model, images, tmp_path, contents):
    options = ["--size", "16", "--shard-size", "5", "--dtype", "float16", "--device", "cpu"]
    for part in ("0/2", "1/2"):
        assert command(*options, "--part", part) == 0
    extract(model, images, tmp_path / "one", size=16, shard_size=5, dtype="float16", device="cpu", progress=False)
    assert contents(tmp_path / "out") == contents(tmp_path / "one")


def test_the_encoder_of_a_manipulator_is_taken_out_of_it(model, blocks, tmp_path):
    embeddings = model.embed(blocks.images)
    memory = PrototypeMemory.of_means(embeddings, blocks.labels, blocks.schema)
    folder = kept(tmp_path / "weights", AttributeManipulator(model, memory))
    assert torch.equal(stored_encoder(folder).embed(blocks.images), embeddings)


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing: given no weights there"):
        stored_encoder(tmp_path / "nothing")


def test_weights_of_another_model_are_refused(tmp_path):
    folder = kept(tmp_path / "weights", VAE(VAERecipe(trunk="mlp", hidden=8, latents=3)))
    with pytest.raises(InputError, match="weights: given model 'VAE', expected one of AttributeEncoder"):
        stored_encoder(folder)


@pytest.mark.parametrize("wrong", [{}, {"recipe": "WARDROBE"}, {"recipe": {"model": {"class": "AttributeEncoder"}}}])
def test_facts_that_make_no_model_are_refused(model, tmp_path, wrong):
    storage.store(tmp_path / "weights", model.state_dict(), wrong)
    with pytest.raises(InputError, match="weights: given facts that do not make a model"):
        stored_encoder(tmp_path / "weights")


def test_weights_that_do_not_fit_their_recipe_are_refused(model, weights, tmp_path):
    tensors, facts = storage.load(tmp_path / "weights")
    facts["recipe"]["model"]["d"] = 4
    storage.store(tmp_path / "weights", tensors, json.loads(json.dumps(facts)))
    with pytest.raises(InputError, match=r"RuntimeError: Error.*size mismatch"):
        stored_encoder(weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fit", "zoom"], "fit: given 'zoom'"),
        (["--part", "2/2"], "part: given (2, 2)"),
        (["--ray", "2", "--part", "0/2"], "--part: given it and --ray"),
        (["--ray", "2", "--workers", "2"], "--workers: given it and --ray"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(command, capsys, options, message):
    assert command(*options) == REFUSED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_the_command_says_what_is_there(command, tmp_path, capsys):
    assert command("--size", "16", "--shard-size", "5", "--part", "0/2") == 0
    assert capsys.readouterr().out == f"Extracted({tmp_path / 'out'}: 23 images, 3 of 5 shards)\n"


def test_an_interrupt_says_how_to_go_on(command, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "save_file", interrupted)
    assert command() == INTERRUPTED
    assert "the same command goes on" in capsys.readouterr().err
