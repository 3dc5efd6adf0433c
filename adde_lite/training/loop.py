"""The one training loop, on Lightning Fabric: the same function on a laptop, on a GPU and on several machines.

A model offers its loss on a batch and its parameter groups; the loop does devices, precision, order, augmentation,
schedule, checkpoints and progress. What a step sees is keyed by (seed, epoch, example) and everything else that it
depends on is in the checkpoint, so a run that was stopped anywhere ends as an unbroken one would have.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from adde_lite import distributed
from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError
from adde_lite.training.batches import Batches, epoch_key
from adde_lite.training.checkpoints import Checkpoints
from adde_lite.training.faults import finite, out_of_memory_explained, refuse_nonsense
from adde_lite.training.hardware import compiled_or_eager, fabric_for
from adde_lite.training.history import History
from adde_lite.training.identity import content_digest, recipe_facts
from adde_lite.training.interrupts import Interrupts
from adde_lite.training.progress import Progress
from adde_lite.training.progress import shown as shown_progress
from adde_lite.training.protocols import ChangesWithEpochs, Trainable
from adde_lite.training.recipe import TrainingRecipe
from adde_lite.training.run import Run
from adde_lite.training.schedule import schedule_for
from adde_lite.training.validation import validation_losses

if TYPE_CHECKING:
    from lightning.fabric import Fabric

STEPS_BETWEEN_LOOKS = {"cpu": 1, "cuda": 16}  # a look makes the GPU wait for the host


def train(
    model: Trainable,
    data: AttributeImages | StreamedImages,
    recipe: TrainingRecipe,
    *,
    examples: Tensor | None = None,
    example_labels: Tensor | None = None,
    validation: AttributeImages | StreamedImages | None = None,
    device: str = "auto",
    compiled: bool = False,
    fabric: "Fabric | None" = None,
    checkpoint: Path | str | None = None,
    save_every: int | None = None,
    watch: Callable[[int], None] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place on `data`.

    Under torchrun, or with the fabric of `in_processes`, every process calls this with the same arguments: each takes
    its slice of every batch, and all end with the same weights, those of one process up to rounding.

    Args:
        model: what to train; ends on the CPU, in evaluation mode.
        data: labelled images, kept on the device as uint8, or streamed from their files.
        recipe: how.
        examples: int64 (T, R), the R rows of `data` that make one example, such as triplets; None makes each image one.
            The model gets the first row of all B examples of a batch, then the second of all, and so on.
        example_labels: int64 (T, R, A), the labels that the model gets for these rows in place of those of `data`, such
            as the one label that a triplet is about.
        validation: further images, whose loss without augmentation is reported after each epoch; `recipe.patience`
            looks at it.
        device: "auto", "cpu" or "cuda".
        compiled: compile the loss; pays on a GPU or for long runs, since compiling takes a minute.
        fabric: where to run instead of `device`, with its processes and precision; from `in_processes`.
        checkpoint: a folder of the run's own for its last two checkpoints; when it holds some of the same recipe, the
            run goes on from there. With several machines, one that all of them see.
        save_every: steps between checkpoints; there is always one after an epoch and after Ctrl-C or SIGTERM.
        watch: called with the number of each finished epoch; it may look at the model and must leave it as it is.
        progress: show a bar, or lines of text where there is neither terminal nor notebook.

    Raises:
        InputError: fewer than two examples, rows that `data` lacks, labels without examples or of another shape, a
            schema that is not the model's, a batch that the processes cannot share, no image to validate on, or
            patience without validation images.
        CheckpointError: a checkpoint of another recipe or of other ids, labels or examples, damaged beyond its
            predecessor too, or not writable.
        FloatingPointError: the loss or the weights became infinite or not a number. No checkpoint holds them.
        MemoryError: the device has too little for a batch; names a batch size to try.
        KeyboardInterrupt: Ctrl-C, once the step is whole and the checkpoint written; says how to go on.
    """
    if example_labels is not None and examples is None:
        raise InputError("example_labels", "no examples", "the rows that they are of", "Pass examples=.")
    examples = torch.arange(len(data))[:, None] if examples is None else examples
    _check(model, data, examples, validation, recipe, save_every=save_every)
    fabric = fabric or fabric_for(recipe, device, resting_weights=getattr(model, "resting_weights", False))
    place = {"rank": fabric.global_rank, "world": fabric.world_size}
    batches = Batches(data, examples, recipe, fabric.device, labels=example_labels, **place)
    network = cast(nn.Module, model).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameter_groups(recipe.weight_decay), recipe.learning_rate, fused=True)
    wrapped, optimiser = fabric.setup(network, optimiser)
    wrapped.mark_forward_method("loss")
    average = None
    if recipe.average:
        average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
    run = Run(network, optimiser, schedule_for(optimiser, recipe, batches.steps), average, batches.steps)
    checkpoints = None
    if checkpoint is not None:
        content = content_digest(data, examples, example_labels)
        facts = {"images": len(data), "examples": len(examples), "content": content}
        checkpoints = Checkpoints(Path(checkpoint), recipe_facts(model, recipe, facts))
        run.resume(checkpoints, fabric)
    loss = compiled_or_eager(wrapped.loss) if compiled else wrapped.loss
    with (
        torch.random.fork_rng([fabric.device.index] if fabric.device.type == "cuda" else []),
        distributed.shared_batch_statistics(network),
        out_of_memory_explained(recipe, batches.size, fabric.device),
        Interrupts() as interrupts,
        shown_progress(recipe.epochs * batches.steps, run.done, wanted=progress and fabric.is_global_zero) as bar,
    ):
        loop = _Loop(recipe, batches, fabric, wrapped, loss, run, checkpoints, save_every, interrupts, bar)
        for epoch in range(run.epoch, recipe.epochs):
            if _stalled(run.rows, recipe.patience):
                break
            if isinstance(model, ChangesWithEpochs):
                model.begin_epoch(epoch)
            loop.steps_of(epoch)
            loop.end(epoch, {} if validation is None else validation_losses(model, validation, recipe, fabric))
            if watch:
                watch(epoch)
    if run.best:
        network.load_state_dict(run.best)
    elif average is not None:
        averaged = {name: value for name, value in average.module.state_dict().items() if value.is_floating_point()}
        network.load_state_dict(averaged, strict=False)  # counters are not averaged
    network.cpu().eval()
    return History(tuple(run.rows))


@dataclass
class _Loop:
    """What the steps of a run share."""

    recipe: TrainingRecipe
    batches: Batches
    fabric: "Fabric"
    wrapped: Any
    loss: Callable[[Tensor, Tensor], dict[str, Tensor]]
    run: Run
    checkpoints: Checkpoints | None
    save_every: int | None
    interrupts: Interrupts
    bar: Progress
    started: float = field(default_factory=time.process_time)

    def steps_of(self, epoch: int) -> None:
        """The steps of an epoch, from where the run stands."""
        run = self.run
        self.wrapped.train()
        torch.manual_seed(epoch_key(self.recipe.seed, epoch))  # for what the model itself draws, such as codes
        if run.step:
            run.restore_random_state(self.fabric)
        look_every = STEPS_BETWEEN_LOOKS[self.fabric.device.type]
        with closing(self.batches.of_epoch(epoch, run.step)) as pieces:  # it may have processes that decode ahead
            while run.step < run.steps:
                self._step(pieces)
                run.step += 1
                self.bar.update()
                last = run.step == run.steps
                due = self.save_every is not None and run.done % self.save_every == 0 and not last
                if due or last or run.step % look_every == 0:
                    self._look(epoch)
                if due:
                    self._save()

    def _step(self, pieces: Iterator[tuple[Tensor, Tensor]]) -> None:
        run, parts = self.run, self.recipe.accumulate
        for part in range(parts):
            views, codes = next(pieces)
            waits = part < parts - 1 and self.batches.world > 1
            with self.fabric.no_backward_sync(self.wrapped, enabled=waits) if waits else nullcontext():
                with self.fabric.autocast():  # a marked method alone does not switch the precision on one device
                    terms = self.loss(views, codes)
                self.fabric.backward(torch.stack(list(terms.values())).sum() / parts)
            for name, term in terms.items():
                run.sums[name] = run.sums.get(name, 0) + term.detach() / parts
        if self.recipe.clip is not None:
            self.fabric.clip_gradients(self.wrapped, run.optimiser, max_norm=self.recipe.clip, error_if_nonfinite=False)
        run.optimiser.step()
        run.optimiser.zero_grad()
        run.schedule.step()
        if run.average is not None:
            run.average.update_parameters(run.network)

    def _look(self, epoch: int) -> None:
        """Stop where going on makes no sense, in all processes at the same step."""
        signals = torch.tensor([not finite(self.run.sums.values()), self.interrupts.asked is not None])
        if self.batches.world > 1:
            reduced = self.fabric.all_reduce(signals.float().to(self.fabric.device), reduce_op="max")
            signals = cast(Tensor, reduced).cpu().bool()
        broken, asked = signals.tolist()
        if broken:
            refuse_nonsense(self.run.sums, epoch, self.run.step, self.checkpoints)
        if asked:
            where = f"after step {self.run.done:,} of {self.recipe.epochs * self.run.steps:,}"
            if self.checkpoints is None:
                raise self.interrupts.stop(f"{where}. Nothing was kept: pass checkpoint=FOLDER to be able to go on.")
            self._save()
            raise self.interrupts.stop(f"{where}. The same call goes on from there: {self.checkpoints.folder}")

    def end(self, epoch: int, validation: Mapping[str, float]) -> None:
        """Close an epoch: its row, its checkpoint."""
        run = self.run
        totals = run.sums
        if self.batches.world > 1:
            totals = cast(dict[str, Tensor], self.fabric.all_reduce(totals, reduce_op="mean"))
        terms = {name: float(total) / run.steps for name, total in totals.items()}
        rate = float(run.schedule.get_last_lr()[0])
        spent = round(self._cpu_seconds(), 1)
        run.rows.append({"epoch": epoch, "learning_rate": rate, **terms, **validation, "cpu_seconds": spent})
        if self.recipe.patience and _best_epoch(run.rows) == epoch:
            run.best = {name: value.detach().clone() for name, value in run.network.state_dict().items()}
        run.epoch, run.step, run.sums = epoch + 1, 0, {}
        self.bar.set_postfix({name: f"{mean:.3f}" for name, mean in (terms | dict(validation)).items()})
        self._save()

    def _cpu_seconds(self) -> float:
        return self.run.cpu_seconds + time.process_time() - self.started

    def _save(self) -> None:
        if not finite(self.run.network.parameters()):
            refuse_nonsense({"weights": torch.tensor(float("nan"))}, self.run.epoch, self.run.step, self.checkpoints)
        if self.checkpoints is not None:
            now, self.started = self._cpu_seconds(), time.process_time()
            self.run.cpu_seconds = now
            self.run.save(self.checkpoints, self.fabric)


def _best_epoch(rows: list[dict[str, float]]) -> int:
    # By itself, min would keep a loss that is no number where it comes first.
    return int(min(rows, key=lambda row: (math.isnan(row["validation"]), row["validation"]))["epoch"])


def _stalled(rows: list[dict[str, float]], patience: int | None) -> bool:
    return patience is not None and bool(rows) and int(rows[-1]["epoch"]) - _best_epoch(rows) >= patience


def _check(
    model: Trainable,
    data: AttributeImages | StreamedImages,
    examples: Tensor,
    validation: AttributeImages | StreamedImages | None,
    recipe: TrainingRecipe,
    *,
    save_every: int | None,
) -> None:
    for name, images in {"training data": data, "validation images": validation}.items():
        if images is not None and model.schema and images.schema != model.schema:
            given, expected = ", ".join(images.schema.names), ", ".join(model.schema.names)
            raise InputError(name, f"the schema {given}", f"the model's schema {expected}", "Use the same one.")
    if validation is not None and not len(validation):
        raise InputError("validation images", "none", "at least one", "Choose a larger subset, or leave them out.")
    if recipe.patience and validation is None:
        raise InputError("patience", f"{recipe.patience} without validation images", "some", "Pass validation=.")
    if validation is not None and examples.shape[1:] != (1,):
        given = f"examples of {tuple(examples.shape[1:])} rows"
        raise InputError("validation", given, "one image an example", "Leave validation out, and use watch=.")
    if save_every is not None and save_every < 1:
        raise InputError("save_every", str(save_every), "at least 1 step, or None", "Pass a number of steps.")
