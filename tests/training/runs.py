"""Small runs that the tests of this folder start, stop and compare, here and in other processes."""

import os
import signal
import time
from pathlib import Path

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from adde_lite import storage
from adde_lite.augmentation import Augmentation
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.training import TrainingRecipe, seeded, train
from tests.coloured_bars import SCHEMA, coloured_bars

STAGE_1 = EncoderRecipe(widths=(4, 4, 8, 8), hidden=8, d=6, classification=0.2, contrast=0.3, label=1.0, local=0.2)
RECIPE = TrainingRecipe(
    epochs=3, batch_size=16, bf16=False, average=0.9, augmentation=Augmentation(mirror=False, shift=1)
)
STEPS = RECIPE.epochs * 96 // RECIPE.batch_size
SAVE_EVERY = 4
PAUSE_S = 0.02
SECONDS_LEFT_OF_A_SLOW_RUN = (STEPS - SAVE_EVERY - 1) * PAUSE_S  # at least, once its first checkpoint is begun
# What writing a checkpoint calls, in this order; a kill at any of them must cost no more than the steps since the last.
MOMENTS_OF_A_SAVE = ("save_file", "manifest", "fsync", "chmod", "flush")


def encoder(seed=0, recipe=STAGE_1):
    return seeded(lambda: AttributeEncoder(SCHEMA, recipe), seed)


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


def whole_run(folder=None, seed=0, recipe=RECIPE, save_every=SAVE_EVERY):
    """The weights at the end of a run, which goes on from the checkpoints in `folder`."""
    model = encoder(seed)
    checkpoint = None if folder is None else Path(folder)
    train(model, coloured_bars(), recipe, device="cpu", checkpoint=checkpoint, save_every=save_every, progress=False)
    return weights(model)


def slow_run(folder):
    """A run that pauses at every step, for whoever wants to stop it."""
    register_optimizer_step_pre_hook(lambda *_: time.sleep(PAUSE_S))
    return whole_run(folder)


def run_killed_after(step, folder):
    """A run whose first process dies, as by kill -9, when a step is done."""
    if os.environ["RANK"] == "0":
        done = []

        def die(optimiser, *_):
            done.append(1)
            if len(done) > step:
                os.kill(os.getpid(), signal.SIGKILL)

        register_optimizer_step_pre_hook(die)
    return whole_run(folder)


def run_killed_while_saving(save, moment, folder):
    """A run whose first process dies in the middle of writing its checkpoint number `save`, from 0."""
    if os.environ["RANK"] == "0":
        where, name = {
            "save_file": (storage, "save_file"),
            "manifest": (storage, "_manifest"),
            "fsync": (storage.os, "fsync"),
            "chmod": (Path, "chmod"),
            "flush": (storage, "_flush"),
        }[moment]
        begun, store, act = [], storage.store, getattr(where, name)

        def counting(*arguments):
            begun.append(1)
            return store(*arguments)

        def die(*arguments, **options):
            result = act(*arguments, **options)
            if len(begun) > save:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        storage.store = counting
        setattr(where, name, die)
    return whole_run(folder)
