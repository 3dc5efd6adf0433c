from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from adde_lite import storage
from adde_lite.attributes import MISSING
from adde_lite.augmentation import Augmentation
from adde_lite.data.archive import Archive
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError
from adde_lite.losses import attribute_cross_entropy
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.models.vae import RFVAE, VAE, FactorVAE, FactorVAERecipe, RFVAERecipe, VAERecipe
from adde_lite.training import CheckpointError, TrainingRecipe, seeded, train, train_or_load
from tests.training.runs import encoder, weights

MODEL = EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)
RECIPE = TrainingRecipe(epochs=4, batch_size=16, bf16=False, augmentation=Augmentation(mirror=False, shift=1))
ONE_EPOCH = replace(RECIPE, epochs=1)
UNLABELLED = {"trunk": "mlp", "hidden": 8, "latents": 3, "warm_up": 20}


def fresh(data):
    return AttributeEncoder(data.schema, MODEL)


def at_32_pixels(data):
    return replace(data, images=data.images.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))


def interrupt_after_two_checkpoints(monkeypatch):
    store, stored = storage.store, []

    def interrupted_after_two(*arguments):
        store(*arguments)
        stored.append(1)
        if len(stored) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(storage, "store", interrupted_after_two)


def accuracy(model, data):
    return float((model.classify(model.embed(data.images)) == data.labels).float().mean())


def test_training_learns_and_its_loss_falls(blocks):
    model = encoder(recipe=MODEL)
    before = accuracy(model, blocks)
    history = train(model, blocks, replace(RECIPE, epochs=12), device="cpu", progress=False)
    assert accuracy(model, blocks) > max(0.95, before)
    assert history.rows[-1]["classification"] < 0.3 * history.rows[0]["classification"]
    assert list(history.table().index) == list(range(12))


def test_same_seed_gives_the_same_weights_and_another_seed_does_not(blocks):
    runs = []
    for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=1)):
        model = encoder(recipe=MODEL)
        train(model, blocks, recipe, device="cpu", progress=False)
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_run_resumed_after_an_interrupt_ends_with_the_weights_of_an_unbroken_one(
    blocks, tmp_path, monkeypatch, average
):
    recipe = replace(RECIPE, average=average)
    unbroken = encoder(recipe=MODEL)
    train(unbroken, blocks, recipe, device="cpu", progress=False)
    interrupt_after_two_checkpoints(monkeypatch)
    checkpoint = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(encoder(recipe=MODEL), blocks, recipe, device="cpu", checkpoint=checkpoint, progress=False)
    torch.manual_seed(99)  # the resumed process has another random state
    resumed = encoder(5, MODEL)
    history = train(resumed, blocks, recipe, device="cpu", checkpoint=checkpoint, progress=False)
    assert [row["epoch"] for row in history.rows] == [0, 1, 2, 3]
    assert torch.equal(weights(resumed), weights(unbroken))


def test_history_of_a_run_resumed_within_an_epoch_is_that_of_an_unbroken_one(blocks, tmp_path, monkeypatch):
    def rows(history):
        return [{name: value for name, value in row.items() if name != "cpu_seconds"} for row in history.rows]

    unbroken = train(encoder(recipe=MODEL), blocks, RECIPE, device="cpu", progress=False)
    how = {"device": "cpu", "checkpoint": tmp_path / "run", "save_every": 8, "progress": False}
    interrupt_after_two_checkpoints(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(encoder(recipe=MODEL), blocks, RECIPE, **how)
    monkeypatch.undo()
    resumed = train(encoder(5, MODEL), blocks, RECIPE, **how)
    assert rows(resumed) == rows(unbroken)
    spent = [row["cpu_seconds"] for row in resumed.rows]
    assert spent == sorted(spent)


def test_averaging_the_weights_leaves_counters_alone(blocks):
    model = VAE(VAERecipe(**UNLABELLED))
    recipe = replace(RECIPE, average=0.9)
    train(model, at_32_pixels(blocks), recipe, device="cpu", progress=False)
    assert model.steps == recipe.epochs * (len(blocks) // min(recipe.batch_size, len(blocks)))


@pytest.mark.parametrize("save_every", [None, 8])
@pytest.mark.parametrize("kind", [FactorVAE, RFVAE])
def test_resumed_game_of_a_critic_ends_with_the_weights_of_an_unbroken_one(
    blocks, tmp_path, monkeypatch, kind, save_every
):
    """After an epoch and within one. Codes are sampled, the critic has moments of its own, warm-up and settling count
    steps: all of it goes on."""
    data = at_32_pixels(blocks)
    recipe = {FactorVAE: FactorVAERecipe(**UNLABELLED), RFVAE: RFVAERecipe(**UNLABELLED, settle=9)}[kind]

    def build(seed):
        return seeded(lambda: kind(recipe), seed)

    unbroken = build(0)
    train(unbroken, data, RECIPE, device="cpu", progress=False)
    interrupt_after_two_checkpoints(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(build(0), data, RECIPE, device="cpu", checkpoint=tmp_path / "run", save_every=save_every, progress=False)
    assert (tmp_path / "run" / f"step-{save_every or 12:010d}").is_dir()
    torch.manual_seed(99)
    resumed = build(5)
    train(resumed, data, RECIPE, device="cpu", checkpoint=tmp_path / "run", progress=False)
    assert int(resumed.steps) == RECIPE.epochs * len(data) // RECIPE.batch_size
    assert torch.equal(weights(resumed), weights(unbroken))


def test_noise_of_a_model_depends_on_the_seed_and_leaves_the_callers_random_state_alone(blocks):
    data, runs = at_32_pixels(blocks), []
    for state, seed in ((1, 0), (2, 0), (1, 3)):
        model = seeded(lambda: VAE(VAERecipe(**UNLABELLED)), 0)
        torch.manual_seed(state)
        expected = torch.rand(2)
        torch.manual_seed(state)
        train(model, data, replace(ONE_EPOCH, seed=seed), device="cpu", progress=False)
        assert torch.equal(torch.rand(2), expected)
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_model_without_labels_trains_on_any_data(blocks, tmp_path):
    data, stored = at_32_pixels(blocks), []
    for labelled in (data, data.select(["bar"])):
        model = seeded(lambda: VAE(VAERecipe(**UNLABELLED)), 0)
        train(model, labelled, ONE_EPOCH, device="cpu", progress=False)
        stored.append(weights(model))
    assert torch.equal(*stored)
    arguments = {"recipe": ONE_EPOCH, "data_facts": {}, "device": "cpu", "progress": False}
    model, _ = train_or_load(tmp_path / "w", lambda: VAE(VAERecipe(**UNLABELLED)), lambda: data, **arguments)
    assert storage.facts(tmp_path / "w")["recipe"]["schema"] is None
    assert int(model.steps) == 6


def test_groups_keep_a_rate_and_a_momentum_of_their_own_through_the_cycle(blocks):
    """The critic: its own peak and a constant momentum. The relevances: their own peak, the cycled momentum."""
    seen = []

    def record(optimiser, *_):
        seen.append([(group["lr"], tuple(group["betas"])) for group in optimiser.param_groups])

    recipe = RFVAERecipe(**UNLABELLED, critic_rate=5e-4, relevance_rate=3e-2)
    hook = register_optimizer_step_pre_hook(record)
    try:
        model = seeded(lambda: RFVAE(recipe), 0)
        train(model, at_32_pixels(blocks), replace(RECIPE, epochs=10, warmup=0.5), device="cpu", progress=False)
    finally:
        hook.remove()
    rates = [max(group[0] for group in step) for step in zip(*seen, strict=True)]
    assert rates == pytest.approx([RECIPE.learning_rate, 5e-4, 3e-2], rel=0.01)
    momenta = [{round(group[1][0], 3) for group in step} for step in zip(*seen, strict=True)]
    assert momenta[1] == {0.5}
    assert {0.85, 0.95} <= momenta[0]
    assert momenta[2] == momenta[0]
    assert [{group[1][1] for group in step} for step in zip(*seen, strict=True)] == [{0.999}, {0.9}, {0.999}]


def test_checkpoint_of_another_recipe_is_refused(blocks, tmp_path):
    train(encoder(recipe=MODEL), blocks, RECIPE, device="cpu", checkpoint=tmp_path / "run", progress=False)
    other = replace(RECIPE, learning_rate=1e-3)
    with pytest.raises(CheckpointError, match=r"learning_rate 0.004 there, 0.001 here.*delete this one"):
        train(encoder(recipe=MODEL), blocks, other, device="cpu", checkpoint=tmp_path / "run", progress=False)


def test_checkpoint_of_other_data_of_the_same_size_is_refused(blocks, tmp_path):
    def go_on(data, **told):
        train(encoder(recipe=MODEL), data, ONE_EPOCH, device="cpu", checkpoint=tmp_path / "run", progress=False, **told)

    go_on(blocks)
    go_on(blocks)  # the same data: nothing left to do
    relabelled = blocks.labels.clone()
    relabelled[0, 0] = MISSING
    turned = torch.arange(len(blocks)).flip(0)[:, None]
    others = (
        (replace(blocks, labels=relabelled), {}),
        (replace(blocks, ids=tuple(f"other {name}" for name in blocks.ids)), {}),
        (blocks, {"examples": turned}),
        (blocks, {"examples": turned.flip(0), "example_labels": blocks.labels[:, None]}),
    )
    for data, told in others:
        with pytest.raises(CheckpointError, match=r"data\.content '\w+' there, '\w+' here"):
            go_on(data, **told)


class Recorder(AttributeEncoder):
    """An encoder that keeps what it was given."""

    def loss(self, images, labels):
        self.__dict__.setdefault("seen", []).append((images, labels))
        return super().loss(images, labels)


def test_rows_of_an_example_come_one_after_another_each_with_its_own_view(blocks):
    model = seeded(lambda: Recorder(blocks.schema, MODEL), 0)
    examples = torch.tensor([[0, 5, 9], [1, 5, 3], [2, 0, 0], [7, 8, 4]])
    recipe = replace(ONE_EPOCH, batch_size=2, augmentation=Augmentation(mirror=False, shift=0, patch=2))
    train(model, blocks, recipe, examples=examples, device="cpu", progress=False)
    given = torch.cat([torch.stack(labels.chunk(3), 1) for _, labels in model.seen])
    expected = blocks.labels[examples]
    assert sorted(given.flatten(1).tolist()) == sorted(expected.flatten(1).tolist())
    assert all(len(images) == 6 for images, _ in model.seen)
    views = torch.cat([torch.stack(images.chunk(3), 1) for images, _ in model.seen])
    draws = recipe.augmentation.draws(12, recipe.seed, 0)  # row by row: the three of the first example, of the second
    wanted = recipe.augmentation(blocks.images[examples.flatten()].float() / 255, draws).unflatten(0, (4, 3))
    place = [next(e for e in range(4) if torch.equal(shown, wanted[e])) for shown in views]
    assert sorted(place) == [0, 1, 2, 3]


def test_examples_that_cannot_be_are_refused(blocks):
    model = encoder(recipe=MODEL)
    for examples in (torch.tensor([[0], [96]]), torch.tensor([[0], [-1]]), torch.tensor([0, 1]), torch.ones(2, 2)):
        with pytest.raises(InputError, match=r"examples.*rows 0 to 95"):
            train(model, blocks, ONE_EPOCH, examples=examples, device="cpu", progress=False)
    with pytest.raises(InputError, match=r"examples: given torch.int64 \(4, 0\), expected"):
        train(model, blocks, ONE_EPOCH, examples=torch.empty(4, 0, dtype=torch.int64), device="cpu", progress=False)
    with pytest.raises(InputError, match="1 examples"):
        train(model, blocks, ONE_EPOCH, examples=torch.tensor([[0, 1]]), device="cpu", progress=False)


def test_model_is_told_every_epoch_also_when_a_run_goes_on(blocks, tmp_path, monkeypatch):
    model = encoder(recipe=MODEL)
    told = []
    monkeypatch.setattr(AttributeEncoder, "begin_epoch", lambda self, epoch: told.append(epoch))
    interrupt_after_two_checkpoints(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(model, blocks, RECIPE, device="cpu", checkpoint=tmp_path / "run", progress=False)
    monkeypatch.undo()
    monkeypatch.setattr(AttributeEncoder, "begin_epoch", lambda self, epoch: told.append(epoch))
    train(model, blocks, RECIPE, device="cpu", checkpoint=tmp_path / "run", progress=False)
    assert told == [0, 1, 2, 3]


def test_too_little_data_and_a_foreign_schema_are_refused(blocks):
    with pytest.raises(InputError, match="at least 2"):
        train(encoder(recipe=MODEL), blocks.subset([0]), RECIPE, device="cpu", progress=False)
    with pytest.raises(InputError, match="the model's schema"):
        train(encoder(recipe=MODEL), blocks.select(["bar"]), RECIPE, device="cpu", progress=False)


def test_loss_that_is_not_a_number_stops_the_run(blocks, monkeypatch):
    monkeypatch.setattr(
        AttributeEncoder, "loss", lambda self, images, labels: {"broken": self(images).sum() * float("nan")}
    )
    with pytest.raises(FloatingPointError, match="broken loss is nan"):
        train(encoder(recipe=MODEL), blocks, RECIPE, device="cpu", progress=False)


def test_bf16_reaches_the_convolutions_where_the_processor_has_it(blocks, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    seen = set()
    for bf16 in (True, False):
        model = encoder(recipe=MODEL)
        model.trunk.stem.register_forward_hook(lambda _, __, out: seen.add(out.dtype))
        train(model, blocks, replace(RECIPE, epochs=1, bf16=bf16), device="cpu", progress=False)
        assert seen == {torch.bfloat16 if bf16 else torch.float32}
        seen.clear()


class Line(nn.Module):
    """A model without batch statistics, whose loss is a mean over images."""

    schema = None

    def __init__(self):
        super().__init__()
        self.recipe = EncoderRecipe()
        self.weight = nn.Parameter(torch.full((3,), 0.3))

    def loss(self, images, labels):
        return {"squared": (images.mean((2, 3)) @ self.weight - labels[:, 0]).pow(2).mean()}

    def parameter_groups(self, weight_decay):
        return [{"params": [self.weight], "weight_decay": weight_decay}]


def test_accumulated_parts_move_the_weights_as_the_whole_batch_does(blocks):
    ends, moves = [], []
    hook = register_optimizer_step_pre_hook(lambda *_: moves.append(1))
    try:
        for parts in (1, 4):
            model = Line()
            train(model, blocks, replace(ONE_EPOCH, accumulate=parts), device="cpu", progress=False)
            ends.append(weights(model))
    finally:
        hook.remove()
    assert len(moves) == 2 * len(blocks) // RECIPE.batch_size
    assert torch.allclose(*ends, atol=1e-6)
    assert not torch.allclose(ends[0], weights(Line()), atol=1e-3)


def test_validation_reports_the_loss_on_whole_images_and_changes_nothing(blocks):
    parts = blocks.split({"train": 0.7, "validation": 0.3}, seed=0)
    ends = []
    for validation in (None, parts["validation"]):
        model = encoder(recipe=MODEL)
        history = train(model, parts["train"], RECIPE, validation=validation, device="cpu", progress=False)
        ends.append(weights(model))
    assert torch.equal(*ends)
    last, images = history.rows[-1], parts["validation"].images
    assert last["validation"] == pytest.approx(last["validation classification"] + last["validation contrast"])
    logits = model.predictor(model(images.float() / 255))
    wanted = attribute_cross_entropy(logits, parts["validation"].labels, blocks.schema.sizes)
    assert last["validation classification"] == pytest.approx(wanted.item(), rel=1e-4)


def test_a_model_that_counts_steps_does_not_count_those_of_validation(blocks):
    model, data = VAE(VAERecipe(**UNLABELLED)), at_32_pixels(blocks)
    train(model, data, ONE_EPOCH, validation=data, device="cpu", progress=False)
    assert int(model.steps) == len(data) // ONE_EPOCH.batch_size


@pytest.mark.parametrize("stopped", [False, True])
def test_patience_ends_the_run_and_keeps_the_weights_of_the_best_epoch(blocks, tmp_path, monkeypatch, stopped):
    """Validation labels are wrong on purpose: the better the model, the worse they are predicted."""
    wrong = replace(blocks, labels=(blocks.labels + 1) % torch.tensor(blocks.schema.sizes))
    recipe = replace(RECIPE, epochs=12, patience=2)
    kept, how = {}, {"validation": wrong, "device": "cpu", "progress": False}
    model = encoder(recipe=MODEL)
    history = train(model, blocks, recipe, **how, watch=lambda epoch: kept.update({epoch: weights(model)}))
    losses = [row["validation"] for row in history.rows]
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 2 < 12
    assert torch.equal(weights(model), kept[best])
    if stopped:
        interrupt_after_two_checkpoints(monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            train(encoder(recipe=MODEL), blocks, recipe, checkpoint=tmp_path / "run", **how)
        monkeypatch.undo()
        resumed = encoder(5, MODEL)
        train(resumed, blocks, recipe, checkpoint=tmp_path / "run", **how)
        assert torch.equal(weights(resumed), weights(model))


def test_what_does_not_fit_together_is_refused(blocks):
    model, quiet = encoder(recipe=MODEL), {"device": "cpu", "progress": False}
    with pytest.raises(InputError, match="patience"):
        train(model, blocks, replace(RECIPE, patience=1), **quiet)
    with pytest.raises(InputError, match="one image an example"):
        train(model, blocks, RECIPE, examples=torch.zeros(4, 3, dtype=torch.int64), validation=blocks, **quiet)
    with pytest.raises(InputError, match="validation images: given the schema bar"):
        train(model, blocks, RECIPE, validation=blocks.select(["bar"]), **quiet)
    with pytest.raises(InputError, match="validation images: given none"):
        train(model, blocks, RECIPE, validation=blocks.subset([]), **quiet)
    with pytest.raises(InputError, match="save_every"):
        train(model, blocks, RECIPE, save_every=0, **quiet)


@pytest.mark.parametrize("workers", [0, 2])
def test_images_that_stay_in_their_files_train_the_same_weights(blocks, tmp_path, workers):
    for name, image in zip(blocks.ids, blocks.images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(tmp_path / f"{name}.png")
    names = [f"{name}.png" for name in blocks.ids]
    with Archive(tmp_path) as files:
        streamed = StreamedImages(files, names, blocks.labels, blocks.schema, blocks.ids, size=16, workers=workers)
        models, histories = [encoder(recipe=MODEL), encoder(recipe=MODEL)], []
        for model, data in zip(models, (blocks, streamed), strict=True):
            histories.append(train(model, data, ONE_EPOCH, validation=data, device="cpu", progress=False))
    assert torch.equal(*map(weights, models))
    assert histories[0].rows[0]["validation"] == histories[1].rows[0]["validation"]
