"""What goes wrong while training is said once, with what to do, and costs no work."""

import os
import resource
import signal
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from adde_lite.errors import InputError
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.training import CheckpointError, TrainingRecipe, loop, seeded, train
from tests.coloured_bars import SCHEMA, coloured_bars
from tests.processes import in_processes, started
from tests.training.runs import RECIPE, STEPS, encoder, run_killed_after, weights, whole_run

ONE_EPOCH = replace(RECIPE, epochs=1)
LIMIT_S = 60.0
QUIET = {"device": "cpu", "progress": False}


@pytest.fixture(autouse=True)
def interrupts_are_heard():
    """What ran before in this process, or the shell that started it, may have left another handler."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class BreaksAt(AttributeEncoder):
    """An encoder whose loss is not a number from one step on."""

    def loss(self, images, labels):
        self.__dict__["taken"] = self.__dict__.get("taken", 0) + 1
        terms = super().loss(images, labels)
        return terms | {"label": terms["label"] * (float("nan") if self.taken > 8 else 1)}


class Explodes(AttributeEncoder):
    """An encoder with a finite loss whose gradient is not."""

    def loss(self, images, labels):
        tiny = self(images).mean() * 1e-30
        return {"root": (tiny - tiny.detach()).abs().pow(0.5)}


def test_loss_that_is_no_number_stops_at_its_step_and_the_checkpoint_before_stands(tmp_path):
    model = seeded(lambda: BreaksAt(SCHEMA, encoder().recipe), 0)
    with pytest.raises(FloatingPointError, match=r"epoch 1, step 3: the label loss is nan.*clip=1.0.*step 8 stands"):
        train(model, coloured_bars(), RECIPE, checkpoint=tmp_path / "run", save_every=4, **QUIET)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["step-0000000006", "step-0000000008"]


def test_exploded_gradient_is_not_saved(tmp_path):
    model = seeded(lambda: Explodes(SCHEMA, encoder().recipe), 0)
    recipe = replace(ONE_EPOCH, batch_size=96)
    with pytest.raises(FloatingPointError, match="the gradient exploded"):
        train(model, coloured_bars(), recipe, checkpoint=tmp_path / "run", **QUIET)
    assert list((tmp_path / "run").iterdir()) == []


def test_clipping_keeps_every_step_within_its_norm():
    norms = []

    def record(optimiser, *_):
        parts = [parameter.grad.flatten() for group in optimiser.param_groups for parameter in group["params"]]
        norms.append(float(torch.cat(parts).norm()))

    hook = register_optimizer_step_pre_hook(record)
    try:
        for clip in (None, 0.5):
            train(encoder(), coloured_bars(), replace(ONE_EPOCH, clip=clip), **QUIET)
    finally:
        hook.remove()
    free, clipped = norms[: len(norms) // 2], norms[len(norms) // 2 :]
    assert max(free) > 0.6
    assert max(clipped) <= 0.5 + 1e-4


def train_without_memory():
    model, images = encoder(), coloured_bars(64, 256)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + 100 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        train(model, images, replace(ONE_EPOCH, batch_size=64, average=0.0), **QUIET)
    except MemoryError as error:
        return str(error)


def test_missing_memory_names_a_batch_size_to_try():
    assert "Try batch_size=32; or keep it and set accumulate=2" in in_processes(train_without_memory, 1)[0]


def stopped_at(step, kind):
    """A hook that asks this process to stop when it is about to finish a step."""
    taken = []

    def ask(*_):
        taken.append(1)
        if len(taken) == step:
            signal.raise_signal(kind)

    return register_optimizer_step_pre_hook(ask)


@pytest.mark.parametrize(("kind", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_interrupt_waits_for_the_step_saves_and_says_how_to_resume(tmp_path, kind, raised):
    before = signal.getsignal(kind)
    hook = stopped_at(9, kind)
    try:
        with pytest.raises(raised, match=rf"after step 9 of {STEPS}. The same call goes on from there"):
            whole_run(tmp_path / "run")
    finally:
        hook.remove()
    assert signal.getsignal(kind) is before
    assert (tmp_path / "run" / "step-0000000009").is_dir()
    assert torch.equal(whole_run(tmp_path / "run", seed=5), whole_run())


def test_interrupt_without_a_checkpoint_says_what_would_have_kept_the_work():
    hook = stopped_at(2, signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt, match="pass checkpoint=FOLDER"):
            whole_run()
    finally:
        hook.remove()


def test_interrupt_after_the_last_step_is_not_swallowed(tmp_path):
    """As when it comes during the last look at the model."""
    last = RECIPE.epochs - 1
    with pytest.raises(KeyboardInterrupt):
        train(
            encoder(),
            coloured_bars(),
            RECIPE,
            checkpoint=tmp_path / "run",
            watch=lambda epoch: signal.raise_signal(signal.SIGINT) if epoch == last else None,
            **QUIET,
        )
    assert torch.equal(whole_run(tmp_path / "run", seed=5), whole_run())


def test_training_outside_the_main_thread_leaves_signals_alone():
    done = []
    thread = threading.Thread(target=lambda: done.append(whole_run()))
    thread.start()
    thread.join()
    assert torch.equal(done[0], whole_run())


def stopped_in_one_process(folder):
    if os.environ["RANK"] == "1":
        stopped_at(9, signal.SIGINT)
    try:
        whole_run(folder)
    except KeyboardInterrupt as stop:
        return str(stop)


def test_interrupt_of_one_process_stops_all_at_the_same_step_and_they_resume(tmp_path):
    said = in_processes(stopped_in_one_process, 2, tmp_path / "run")
    assert all("after step 9" in each for each in said)
    resumed = in_processes(whole_run, 2, tmp_path / "run", 5)
    assert torch.equal(resumed[0], in_processes(whole_run, 2)[0])


def broken_in_one_process():
    class Broken(AttributeEncoder):
        def parameter_groups(self, weight_decay):
            return super().parameter_groups(weight_decay)

        def loss(self, images, labels):
            terms = super().loss(images, labels)
            return terms | {"label": terms["label"] * (float("nan") if os.environ["RANK"] == "1" else 1)}

    try:
        train(Broken(SCHEMA, encoder().recipe), coloured_bars(), ONE_EPOCH, **QUIET)
    except FloatingPointError as error:
        return str(error)


def test_loss_broken_in_one_process_stops_the_others_too():
    first, second = in_processes(broken_in_one_process, 2)
    assert "another process met a broken loss" in first
    assert "the label loss is nan" in second


def run_whose_second_process_dies():
    if os.environ["RANK"] == "1":
        register_optimizer_step_pre_hook(lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    return whole_run()


def test_kill_of_one_process_ends_the_others_with_an_error_not_a_hang(tmp_path):
    with started(run_whose_second_process_dies, 2, folder=tmp_path) as (first, second):
        second.join(LIMIT_S)
        assert second.exitcode == -signal.SIGKILL
        first.join(LIMIT_S)
        assert first.exitcode == 1
    assert "remote worker" in (tmp_path / "0.error").read_text()


def run_in_three(folder):
    try:
        whole_run(folder)
    except InputError as error:
        return str(error)


def test_run_resumes_in_another_number_of_processes_when_the_batch_divides(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="exit codes"):
        in_processes(run_killed_after, 2, 9, folder)
    for said in in_processes(run_in_three, 3, folder):
        assert "16 examples for 3 process(es)" in said
        assert "Use batch_size=15, or another number of processes" in said
    alone = whole_run(folder, seed=5)
    apart = [float((alone - other).abs().median()) for other in (whole_run(), whole_run(seed=5))]
    assert apart[0] < 1e-5
    assert apart[1] > 1e-2


def test_batch_of_one_is_refused():
    with pytest.raises(InputError, match=r"batch_size: given 1, expected at least 2\. Batch statistics"):
        TrainingRecipe(batch_size=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"accumulate": 0}, "accumulate"),
        ({"clip": 0.0}, "clip"),
        ({"learning_rate": -1e-3}, "learning_rate: given -0.001"),
        ({"learning_rate": float("nan")}, "learning_rate: given nan"),
        ({"warmup": 1.0}, "warmup: given 1.0, expected a share"),
        ({"average": 1.5}, "average: given 1.5, expected a share"),
        ({"patience": 0}, "patience"),
        ({"patience": 2, "average": 0.9}, "one of the two"),
    ],
)
def test_recipe_with_a_wrong_number_is_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        TrainingRecipe(**wrong)


def test_batch_that_does_not_divide_into_its_parts_is_refused():
    with pytest.raises(InputError, match=r"16 examples for 1 process\(es\), 3 part\(s\).*batch_size=15"):
        train(encoder(), coloured_bars(), replace(ONE_EPOCH, accumulate=3), **QUIET)


def test_last_batch_of_one_is_left_out_and_a_batch_larger_than_the_data_is_the_data():
    for count, batch, steps in ((17, 16, 1), (33, 16, 2), (5, 64, 1)):
        taken = []
        hook = register_optimizer_step_pre_hook(lambda *_, taken=taken: taken.append(1))
        try:
            train(encoder(), coloured_bars(count), replace(ONE_EPOCH, batch_size=batch), **QUIET)
        finally:
            hook.remove()
        assert len(taken) == steps


def test_data_of_one_class_only_trains():
    data = coloured_bars()
    same = replace(data, labels=torch.zeros_like(data.labels))
    model = encoder()
    history = train(model, same, RECIPE, **QUIET)
    assert weights(model).isfinite().all()
    assert history.rows[-1]["label"] == 0.0


def test_no_images_are_refused():
    with pytest.raises(InputError, match="0 examples, expected at least 2"):
        train(encoder(), coloured_bars().subset(slice(0, 0)), RECIPE, **QUIET)


def test_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="'cuda' where torch finds no CUDA device"):
        train(encoder(), coloured_bars(), RECIPE, device="cuda", progress=False)
    with pytest.raises(InputError, match="'auto', 'cpu' or 'cuda'"):
        train(encoder(), coloured_bars(), RECIPE, device="tpu", progress=False)


def test_without_bf16_in_hardware_the_run_is_the_one_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert torch.equal(whole_run(recipe=replace(ONE_EPOCH, bf16=True)), whole_run(recipe=ONE_EPOCH))


def train_compiled(empty_cache):
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(empty_cache)
    warnings.simplefilter("default")  # torch's compiler warns of its own doings
    recipe = EncoderRecipe(widths=(4, 4, 8, 8), hidden=8, d=6, contrast=0)
    ends = []
    for compiled in (True, False):
        model = encoder(recipe=recipe)
        train(model, coloured_bars(), ONE_EPOCH, compiled=compiled, **QUIET)
        ends.append(weights(model))
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    return {"graphs": graphs, "apart": float((ends[0] - ends[1]).abs().max())}


def test_compiled_run_ends_as_the_eager_one_up_to_rounding(tmp_path):
    (found,) = in_processes(train_compiled, 1, tmp_path)
    assert found["graphs"] > 0
    assert found["apart"] < 1e-3


def train_with_a_broken_compiler(empty_cache):
    from torch._inductor import config

    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(empty_cache)
    config.cpp.cxx = ("no-such-compiler",)
    model = encoder()
    with pytest.warns(UserWarning, match="not compiled, training goes on without"):
        train(model, coloured_bars(), ONE_EPOCH, compiled=True, **QUIET)
    return weights(model)


def test_failing_compiler_leaves_an_eager_run_with_a_warning(tmp_path):
    (found,) = in_processes(train_with_a_broken_compiler, 1, tmp_path)
    (wanted,) = in_processes(whole_run, 1, None, 0, ONE_EPOCH)
    assert torch.equal(found, wanted)


def test_checkpoint_folder_that_is_a_file_is_refused_before_a_step_is_lost(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(CheckpointError, match="cannot be a folder"):
        whole_run(tmp_path / "run")


def test_a_validation_loss_that_is_no_number_is_never_the_best(monkeypatch):
    told = iter([float("nan"), 2.0, 1.0, 3.0, 4.0])
    monkeypatch.setattr(loop, "validation_losses", lambda *_: {"validation": next(told)})
    kept, model = {}, encoder()
    recipe = replace(RECIPE, epochs=5, patience=2, average=0.0)
    watch = {"watch": lambda epoch: kept.update({epoch: weights(model)})}
    train(model, coloured_bars(32), recipe, validation=coloured_bars(4), **watch, **QUIET)
    assert torch.equal(weights(model), kept[2])
