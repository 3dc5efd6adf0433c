"""Notebook 05: what two processes must share, what a run must remember, and what notices a flipped bit."""

import os
import random
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch
from torch import Tensor, nn

from adde_lite import AttributeEncoder, distributed, storage
from adde_lite.augmentation import DRAWS, Augmentation
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.errors import InputError
from adde_lite.models.adde import EncoderRecipe, encoder
from adde_lite.training import TrainingRecipe, in_float64, in_processes, seeded, train
from claims import clothes
from claims.claim import Claim, LeftOutError, Numbers

if TYPE_CHECKING:
    from lightning.fabric import Fabric

NOTEBOOK = "05_training_on_gpu"
THIN = EncoderRecipe(widths=(4, 8, 8, 16), hidden=16, d=8, contrast=0.3)
TEN_STEPS = TrainingRecipe(epochs=10, batch_size=32, learning_rate=1e-4, bf16=False)
THREE_EPOCHS = TrainingRecipe(epochs=3, batch_size=32, bf16=False)
APART = "largest difference of a weight"


def gathering(on: bool) -> Numbers:
    """Two processes against one: losses of the whole batch, or of the half that each process has."""
    return _apart(nullcontext() if on else patch.object(encoder, "gathered", lambda values: values))


def shared_statistics(on: bool) -> Numbers:
    """Two processes against one: batch statistics of the whole batch, or of the half that each process has."""
    off = patch.object(distributed, "shared_batch_statistics", lambda network: nullcontext())
    return _apart(nullcontext() if on else off)


def _apart(how: AbstractContextManager[object]) -> Numbers:
    if not hasattr(os, "fork"):
        raise LeftOutError("it needs a system that can fork")
    shared = clothes.small_stock().subset(list(range(32)))

    def weights(fabric: "Fabric") -> Tensor:
        model = seeded(lambda: AttributeEncoder(WARDROBE, THIN), 0)
        train(model, shared, TEN_STEPS, fabric=fabric, progress=False)
        return _all_weights(model)

    with in_float64(), how:
        one, two = (in_processes(weights, count, TEN_STEPS, device="cpu") for count in (1, 2))
    return {APART: float((one - two).abs().max())}


class _KilledError(Exception):
    """Stands for whatever ends a run between two steps."""


def resumed(on: bool) -> Numbers:
    """A run that stops after its second epoch and goes on, against an unbroken one; with the moments or without."""
    few = clothes.small_stock().subset(list(range(96)))

    def kill(epoch: int) -> None:
        if epoch == 1:
            raise _KilledError

    def fresh() -> AttributeEncoder:
        return seeded(lambda: AttributeEncoder(WARDROBE, THIN), 0)

    unbroken, broken, again = fresh(), fresh(), fresh()
    train(unbroken, few, THREE_EPOCHS, device="cpu", progress=False)
    with TemporaryDirectory() as folder:
        with suppress(_KilledError):
            train(broken, few, THREE_EPOCHS, device="cpu", progress=False, checkpoint=folder, watch=kill)
        forgets = patch.object(torch.optim.Optimizer, "load_state_dict", lambda optimiser, state: None)
        with nullcontext() if on else forgets:
            train(again, few, THREE_EPOCHS, device="cpu", progress=False, checkpoint=folder)
    return {APART: float((_all_weights(again) - _all_weights(unbroken)).abs().max())}


def _all_weights(model: nn.Module) -> Tensor:
    return torch.cat([weights.detach().flatten() for weights in model.state_dict().values()])


def checked(on: bool) -> Numbers:
    """One bit flips in stored tensors, anywhere; with the manifest's sums looked at, or without."""
    draw, noticed, tries = random.Random(0), 0, 60
    with TemporaryDirectory() as name:
        folder = Path(name) / "stored"
        storage.store(folder, {"weight": torch.arange(100.0)}, {})
        file = folder / storage.TENSORS
        whole = file.read_bytes()
        first = len(whole) - 400  # the numbers; what stands before them safetensors checks itself
        for _ in range(tries):
            place = draw.randrange(first, len(whole))
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :])
            with nullcontext() if on else patch.object(storage, "_verify", lambda folder, names: None):
                try:
                    storage.load(folder)
                except InputError:
                    noticed += 1
    return {"flipped bits noticed": noticed / tries}


def keyed(on: bool) -> Numbers:
    """The view of one garment in two batches; draws keyed by seed, epoch and row, or taken as they come."""
    images, augmentation = clothes.small_drawer().images.float() / 255, Augmentation()

    def view_of_five(rows: list[int]) -> Tensor:
        views: Tensor = augmentation(images[rows], augmentation.draws(len(images), 0, 2)[rows])
        return views[rows.index(5)]

    by_chance = patch.object(Augmentation, "draws", lambda augmentation, count, seed, epoch: torch.rand(count, DRAWS))
    with torch.random.fork_rng(devices=[]), nullcontext() if on else by_chance:
        torch.manual_seed(0)
        alone, in_company = view_of_five([5]), view_of_five([1, 9, 5, 40])
    return {"largest difference of a pixel": float((alone - in_company).abs().max())}


CLAIMS = (
    Claim(
        "losses see the whole batch",
        NOTEBOOK,
        "The cure is to bring the *embeddings* together before the loss, and to keep the graph, so that gradients find "
        "their way back to each half.",
        "embeddings are gathered (off: a half each)",
        gathering,
        lambda measured: measured[APART] < 1e-9,
    ),
    Claim(
        "statistics are put together",
        NOTEBOOK,
        "One more part looks at a whole batch: **batch normalisation**.",
        "batch statistics are shared (off: a half each)",
        shared_statistics,
        lambda measured: measured[APART] < 1e-9,
    ),
    Claim(
        "weights alone would not do",
        NOTEBOOK,
        "Weights alone would not do: a checkpoint also holds the optimiser's two moments for each weight, the "
        "schedule, the sums of the running epoch, and the random state for what a model draws by itself.",
        "the optimiser's moments are restored",
        resumed,
        lambda measured: measured[APART] == 0,
    ),
    Claim(
        "a flipped bit is noticed",
        NOTEBOOK,
        "Safetensors alone would load the first without a word; the manifest's sha256 does not.",
        "the sums of the manifest are checked",
        checked,
        lambda measured: measured["flipped bits noticed"] == 1,
        quick=True,
    ),
    Claim(
        "a view has a key",
        NOTEBOOK,
        "the view of garment five in epoch two is the same whatever batch it falls into, and whatever was drawn before",
        "draws are keyed (off: drawn as batches come)",
        keyed,
        lambda measured: measured["largest difference of a pixel"] == 0,
        quick=True,
    ),
)
