# ---
# jupyter:
#   course:
#     shows: what a training step costs, what makes it cheaper, and a run that survives kill -9
#     cpu_s: 240
#     tiny_cpu_s: 90
#     peak_mb: 3000
# ---

# %% [markdown]
# # Training, from a laptop to a GPU
#
# **What does a training step cost, and what makes it cheaper without changing what is learned?** Every model of the
# course goes through one loop. Here we take it apart, measure each of its habits on the machine you have, share it
# among processes, and kill it.
#
# {{budget}}
#
# After this notebook you can
#
# - write the loop in twenty lines, and say which losses may be split among processes and which may not,
# - see where a step spends its time, and keep a trick only where it pays,
# - tell a trick that is free from one that changes the model,
# - stop a run by any means and go on as if nothing had happened.

# %%
import math
import platform
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from IPython.display import display

import adde_lite
from adde_lite import AttributeEncoder, checks, distributed, plots, recipes, storage, throughput, widgets
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.losses import label_contrast
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.models.adde import EncoderRecipe, encoder
from adde_lite.retrieval.evaluation import as_table
from adde_lite.throughput.machine import cores
from adde_lite.training import CheckpointError, TrainingRecipe, does_bf16, in_processes, seeded, train
from adde_lite.training.batches import epoch_key

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
device = torch.device(profile.device)
full_size = profile.name != "tiny"  # tiny proves that every cell runs; claims about training need more steps
print(
    f"profile {profile.name} on {device}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}"
)

# %% [markdown]
# ## Half a batch, by hand
#
# A line $y = w x$ should become $y = 2 x$. We begin at $w = 1$, with four numbers and the mean of the squared errors.
# The gradient of one image is $2 x (w x - 2 x) = -2 x^2$. Take the gradient of the whole batch, then of its two halves.

# %% [markdown]
# Our losses are not all means over images, though. The **label contrast** of notebook 03 pulls an image towards the
# *others* of its value. Here are four embeddings of a single number, all alike, with values $0, 1, 0, 1$: an image has
# one partner among three others, so each pays $\log 3$. A half holds one of each value. What do the halves pay?

# %%
x = torch.tensor([1.0, 2, 3, 4])
w = torch.tensor(1.0, requires_grad=True)


def gradient(part):
    (slope,) = torch.autograd.grad(((w * part - 2 * part) ** 2).mean(), w)
    return slope.item()


whole, halves = gradient(x), [gradient(part) for part in x.chunk(2)]
assert whole == -(2 + 8 + 18 + 32) / 4 == sum(halves) / 2
print("gradient of the batch:", whole, " of its halves:", halves, " their mean:", sum(halves) / 2)

r, values = torch.ones(4, 1, 1), torch.tensor([[0], [1], [0], [1]])
of_batch = label_contrast(r, values)
of_halves = [label_contrast(*half).item() for half in zip(r.chunk(2), values.chunk(2), strict=True)]
assert torch.isclose(of_batch, torch.tensor(math.log(3))) and of_halves == [0, 0]
print(f"contrast of the batch: {of_batch:.4f} = log 3; of its halves:", of_halves)

# %% [markdown]
# The mean of the halves' gradients is that of the whole: two processes may take half a batch each, exchange gradients,
# and step as one. A mean can be split. The contrast cannot: no partner, no loss, so the halves see nothing of it. The
# cure is to bring the *embeddings* together before the loss, and to keep the graph, so that gradients find their way
# back to each half. With a small linear network and random images:

# %%
torch.manual_seed(0)
network, images = torch.nn.Linear(6, 4), torch.randn(8, 6)
codes = torch.randint(2, (8, 1))


def slope_of(embeddings):
    network.zero_grad()
    label_contrast(embeddings[:, None], codes).backward()
    return network.weight.grad.clone()


at_once = slope_of(network(images))
joined = slope_of(torch.cat([network(half) for half in images.chunk(2)]))
assert torch.allclose(at_once, joined, atol=1e-5) and at_once.abs().max() > 0.01
print(f"largest gradient {at_once.abs().max():.3f}, apart when joined {(at_once - joined).abs().max():.0e}")

# %% [markdown]
# One more part looks at a whole batch: **batch normalisation**. Its mean can be averaged over halves, its variance
# cannot: how far the halves lie apart belongs to it. With $0, 2$ here and $4, 6$ there, each half has variance one, and
# their means, one and five, have variance four. Together that makes five.

# %%
numbers = torch.tensor([0.0, 2, 4, 6])
means = torch.stack([half.mean() for half in numbers.chunk(2)])
spreads = torch.stack([half.var(correction=0) for half in numbers.chunk(2)])
together = spreads.mean() + means.var(correction=0)
assert together == numbers.var(correction=0) == 5 and spreads.mean() == 1
print("halves:", spreads.tolist(), " means of halves:", means.tolist(), " together:", together.item())

# %% [markdown]
# That is all there is to sharing a batch: average what is a mean, join what compares images, and put variances together
# by this rule (Chan, Golub and LeVeque, 1979). We come back to it with two real processes.
#
# ## What a step sees
#
# First a single process. The garments lie in memory as they were decoded, a byte a channel. Each epoch shuffles them
# and shows each a little moved or mirrored. All of that randomness has a **key**: the seed, the epoch, and the row.

# %%
drawer = adde_lite.wardrobe(profile.pick(tiny=256, cpu=1024, gpu=8192), seed=0)
aside = adde_lite.wardrobe(profile.pick(tiny=128, cpu=512, gpu=1024), seed=9)
recipe = TrainingRecipe(epochs=profile.pick(tiny=1, cpu=6, gpu=10))


def views(rows, epoch):
    draws = recipe.augmentation.draws(len(drawer), recipe.seed, epoch)
    return recipe.augmentation(drawer.images[rows].float() / 255, draws[rows])


assert torch.equal(views([5], epoch=2)[0], views([1, 9, 5, 40], epoch=2)[2])
print(f"{len(drawer):,} garments to train on, {len(aside)} kept aside")
shown = [(row, epoch) for row in (5, 9) for epoch in range(6)]
pictures = [(views([row], epoch)[0] * 255).round().byte() for row, epoch in shown]
alt = "Two garments in six epochs each: the same garment, now and then mirrored, and moved by a few pixels."
plots.contact_sheet(pictures, [f"epoch {epoch}" for _, epoch in shown], alt, columns=6)

# %% [markdown]
# A row is a garment, a column an epoch. The pixels are the same; only their place and their side change, and no label
# depends on either. The assert is the point: the view of garment five in epoch two is the same whatever batch it falls
# into, and whatever was drawn before. It is what will let a run go on after a kill, and let two processes share a batch
# without a word.
#
# ## The loop in twenty lines
#
# Fetch a batch, make views, go forward in bfloat16 where the processor multiplies that in hardware, backward, move the
# weights, and let the learning rate rise and fall once (Smith and Topin, 2019). `channels_last` is an order of numbers
# in memory, of which more below. Nothing else trains a model here.


# %%
def plain_loop(model, data, recipe):
    model.train().to(memory_format=torch.channels_last)
    steps, stride = len(data) // recipe.batch_size, recipe.batch_size
    optimiser = torch.optim.AdamW(model.parameter_groups(recipe.weight_decay), recipe.learning_rate, fused=True)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, recipe.epochs * steps)
    for epoch in range(recipe.epochs):
        key = torch.Generator().manual_seed(epoch_key(recipe.seed, epoch))
        order = torch.randperm(len(data), generator=key)[: steps * stride]
        draws = recipe.augmentation.draws(len(data), recipe.seed, epoch)
        for rows in order.split(stride):
            images = recipe.augmentation(data.images[rows].float() / 255, draws[rows])
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16 and does_bf16("cpu")):
                terms = model.loss(images.to(memory_format=torch.channels_last), data.labels[rows])
            torch.stack(list(terms.values())).sum().backward()
            optimiser.step()
            optimiser.zero_grad()
            cycle.step()
    return model.eval()


# %% [markdown]
# `adde_lite.train` is this loop on Lightning Fabric, and adds what you would miss by tomorrow: several devices,
# checkpoints, early stopping, losses on images kept aside, errors that say what to do. None of that may change a
# weight. So we hold it to the last bit, on the CPU, with a narrow encoder.

# %%
WIDTHS = profile.pick(tiny=(4, 8, 8, 16), cpu=(12, 24, 48, 96), gpu=(24, 48, 96, 192))
NARROW = EncoderRecipe(widths=WIDTHS, hidden=32, d=16, contrast=0.3)


def new_encoder(seed):
    return seeded(lambda: AttributeEncoder(WARDROBE, NARROW), seed)


few, brief = drawer.subset(list(range(192))), replace(recipe, epochs=2)
by_hand, by_package = new_encoder(0), new_encoder(0)
plain_loop(by_hand, few, brief)
train(by_package, few, brief, device="cpu", progress=False)


def same_bits(one, other):
    ours, theirs = (each if isinstance(each, dict) else each.state_dict() for each in (one, other))
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


assert same_bits(by_hand, by_package)
assert not same_bits(by_hand, new_encoder(0))
print("all weights and statistics equal to the last bit:", same_bits(by_hand, by_package))

# %% [markdown]
# ## Two processes, one batch
#
# Now the sharing, for real. `in_processes` forks this kernel, so functions and data of the notebook are there; the
# forks talk by gloo on a CPU and by NCCL on GPUs. (Fork before you use CUDA: the package refuses it afterwards, and
# names the way out, torchrun.) First a look at `distributed.gathered`. Each process holds two of four numbers, and the
# loss is the sum of all squares.


# %%
def joined_in(fabric):
    own = torch.arange(4.0).chunk(fabric.world_size)[fabric.global_rank].requires_grad_()
    whole = distributed.gathered(own)
    (whole**2).sum().backward()
    return own.tolist(), whole.tolist(), own.grad.tolist()


own, whole, slopes = in_processes(joined_in, 2, recipe, device="cpu")
assert whole == [0, 1, 2, 3] and slopes == [2 * 2 * number for number in own]
print("this process has", own, "and sees", whole, " gradient of its own:", slopes)

# %% [markdown]
# The gradient of $r^2$ is $2 r$, and here it comes twice as large: both processes have a loss, and both reach into this
# one's numbers. The data-parallel wrapper then takes the *mean* over the processes, and all is as in one. Now twenty
# steps of a small encoder on a shared batch: as the package does it, then without its shared losses, then without its
# shared statistics. To tell rounding from a mistake, the package's way runs once more in float64.

# %%
shared = drawer.subset(list(range(32)))
short_run = TrainingRecipe(  # an epoch is a step
    epochs=profile.pick(tiny=8, cpu=20, gpu=20), batch_size=32, learning_rate=1e-4, bf16=False
)
THIN = EncoderRecipe(widths=(4, 8, 8, 16), hidden=16, d=8, contrast=0.3)


@contextmanager
def in_float64():
    torch.set_default_dtype(torch.float64)
    with patch.object(torch.Tensor, "float", torch.Tensor.double):
        yield
    torch.set_default_dtype(torch.float32)


def weights_by_step(fabric, seed, how=nullcontext):
    seen = []
    with how():
        model = seeded(lambda: AttributeEncoder(WARDROBE, THIN), seed)

        def look(epoch):
            seen.append(torch.cat([weights.detach().flatten() for weights in model.parameters()]))

        train(model, shared, replace(short_run, seed=seed), fabric=fabric, watch=look, progress=False)
    return torch.stack(seen)


# %% [markdown]
# To switch a part off, we replace a function of the package for a while, in the forks only: `gathered` by one that
# gathers nothing, the shared statistics by those of each half. First the runs in one process, which everything is
# compared with.

# %%
HALVES = {
    "losses of a half": lambda: patch.object(encoder, "gathered", lambda values: values),
    "statistics of a half": lambda: patch.object(distributed, "shared_batch_statistics", lambda _: nullcontext()),
}
WAYS = {"shared, float64": in_float64, "shared": nullcontext, **HALVES}
alone = {
    how: [in_processes(lambda each, s=s, how=how: weights_by_step(each, s, how), 1, short_run) for s in profile.seeds]
    for how in (in_float64, nullcontext)
}


# %% [markdown]
# Then the forks. They have the runs of one process in their memory, and send back only how far they are from them.


# %%
def differences(fabric):
    """For each way and seed, after each step: the largest difference of a weight to the run in one process."""
    found = {}
    for name, how in WAYS.items():
        ones = alone.get(how, alone[nullcontext])
        runs = [weights_by_step(fabric, seed, how) for seed in profile.seeds]
        found[name] = [(run - one).abs().amax(1).tolist() for run, one in zip(runs, ones, strict=True)]
    return found


apart = in_processes(differences, 2, short_run, device="cpu")
ends = {name: [run[-1] for run in runs] for name, runs in apart.items()}
ROUNDING = 1e-9
assert max(ends["shared, float64"]) < ROUNDING
assert all(min(ends[name]) > 2 * np.median(ends["shared"]) for name in HALVES)
for name, runs in ends.items():
    print(f"{name}: {min(runs):.0e} to {max(runs):.0e} after {short_run.epochs} steps")
alt = f"Two processes against one over {short_run.epochs} steps: close when all is shared, far when each sees its half."
plots.weights_apart({name: np.median(runs, axis=0) for name, runs in apart.items()}, alt, allowed=ROUNDING)

# %% [markdown]
# Up is worse, and each mark is many times the one below; lines are medians over seeds, and those of the two halves may
# lie on one another. In float64 nothing is left but rounding: the dashed line is what we allow. In float32 the shared
# run drifts: Adam divides a gradient by its own size, so where it is little *but* rounding, a weight may take a whole
# step to one side here and to the other there.
#
# The halves are no rounding. They train another model, and nothing raises: their losses fall as well. Only a comparison
# shows it. What does the second process buy?


# %%
def seconds(fabric):
    model = seeded(lambda: AttributeEncoder(WARDROBE, measured_on.model), 0)
    wall, cpu = time.perf_counter(), time.process_time()
    train(model, drawer, replace(measured_on.training, epochs=1), fabric=fabric, progress=False)
    return time.perf_counter() - wall, time.process_time() - cpu


measured_on = recipes.WARDROBE if full_size else replace(recipes.WARDROBE, model=THIN)
took = {
    name: in_processes(seconds, count, measured_on.training, device="cpu")
    for name, count in {"one process": 1, "two processes": 2}.items()
}
gain = took["one process"][0] / took["two processes"][0]
for name, (wall, cpu) in took.items():
    print(f"{name}: {wall:.1f} s on the wall, {cpu:.1f} CPU-seconds in the first")
verdict = "kept" if gain > 1.1 else "not kept"
print(f"two are {gain:.2f} times as fast as one, with {cores()} cores: {verdict} for this model, here and now")
speeds = {name: {"training": len(drawer) / wall} for name, (wall, _) in took.items()}
plots.rates(speeds, f"Images a second on the wall: two processes train {gain:.2f} times as fast as one.")

# %% [markdown]
# If sharing were free, the first of two would spend half the CPU-seconds. What it spends beyond that is the price: an
# exchange at each normalisation, forward and backward, the exchange of the gradients, and the losses, which every
# process computes for the whole batch. The larger the model, the smaller the price beside the work. Two cores of a
# small machine may also be one core with two names; then each gets slower when both work.
#
# ## A run, watched
#
# Back to one process. `train` returns a **history**, a row an epoch, with the losses of garments kept aside.


# %%
@cache
def run(seed, **changes):
    """A model trained by the recipe with changes, its history, and how often it is right on garments kept aside."""
    model = new_encoder(seed)
    kept_aside = None if changes else aside
    wanted = replace(recipe, seed=seed, **changes)
    history = train(model, drawer, wanted, validation=kept_aside, device=profile.device, progress=False)
    right = attribute_accuracy(model.classify(model.embed(aside.images)), aside.labels).mean()
    return model, history, float(right)


model, history, right = run(0)
if full_size:
    table = history.table()
    assert table["classification"].iloc[-1] < table["classification"].iloc[0]
print(f"right on garments kept aside: {right:.1%}")
plots.history(history.table())

# %% [markdown]
# Solid lines are the two loss terms on training views, dashed ones the same on garments that were not trained on; the
# learning rate is beneath. A dashed line that turns up while the solid one falls would be a model that learns by heart;
# `patience` stops a run there. The terms have scales of their own: compare a line with itself, not with its neighbour.
#
# ## Where a step's time goes
#
# Before you make something faster, find out what is slow. The clock counts CPU time on a CPU; on a GPU it waits until
# the device is done, because a call returns long before its kernel does. We take the encoder of the course and time
# each part of a step, as a plain loop would do it and as the package does.


# %%
def step_with(**choices):
    fresh = seeded(lambda: AttributeEncoder(WARDROBE, measured_on.model), 0)
    return throughput.TrainingStep(fresh, drawer, replace(throughput.PLAIN, **choices), device, measured_on.training)


OURS = {"pixels": "uint8", "channels_last": True, "bf16": True}
ways = {"plain": step_with(), "the package": step_with(**OURS)}
profiles = {name: throughput.step_profile(step, steps=5) for name, step in ways.items()}
for name, parts in profiles.items():
    print(f"{name}: {1000 * parts.whole:.1f} ms, most of it {max(parts.shares, key=parts.shares.get)}")
heaviest = ", ".join(f"{name}: {max(parts.shares, key=parts.shares.get)}" for name, parts in profiles.items())
alt = f"Two stacked bars, a step in the plain way and in the package's; the largest parts are {heaviest}."
plots.step_profile({name: parts.seconds for name, parts in profiles.items()}, alt)

# %% [markdown]
# Read the shares in the bars. Going backward is about two forwards, one for the images and one for the weights, so a
# trunk that is cheaper forward is cheaper twice. On a GPU the pieces look larger than the whole, because asking for the
# time after each keeps the device waiting; the printed line has the step that nobody looked into.
#
# ## Which choices leave the mathematics alone?
#
# A byte a pixel instead of four: the same numbers, divided later. **Channels last**: the same numbers in another order
# in memory. **bfloat16**: products of numbers with eight significant bits, sums in float32. Before we time them, what
# do they do to the loss of a first step?

# %%
start_loss = {name: float(term) for name, term in step_with()().items()}


def moved(**choices):
    losses = step_with(**choices)()
    return max(abs(float(term) - start_loss[name]) / start_loss[name] for name, term in losses.items())


changed = {"uint8": moved(pixels="uint8"), "channels last": moved(channels_last=True), "bfloat16": moved(bf16=True)}
assert changed["uint8"] == 0
assert changed["channels last"] < 1e-3 and changed["bfloat16"] < 0.05
for name, by in changed.items():
    print(f"{name}: the loss of the first step moves by {by:.0e} of itself")
saved = drawer.images.nbytes
print(f"{len(drawer):,} garments take {saved / 1e6:.0f} MB as uint8, {4 * saved / 1e6:.0f} MB as float32")

# %% [markdown]
# The first is exact, the second rounds sums in another order, the third rounds everything (where the device lacks
# bfloat16 in hardware, the package stays with float32, and the line says zero). Now time them, one on top of the other,
# in the order in which they are listed. A change is kept when its median beats *every* repeat without it.

# %%
effort = throughput.Effort(
    batches=profile.pick(tiny=1, cpu=1, gpu=20), repeats=profile.pick(tiny=2, cpu=5, gpu=5), warmup=1
)
tried = throughput.try_choices(
    drawer,
    device=device,
    effort=effort,
    batch=64,
    larger=profile.pick(tiny=128, cpu=256, gpu=1024),
    compiles=profile.name == "gpu",
    recipe=measured_on,
)
before = tried[0]
for each in tried[1:]:
    ratio = each.rate.per_second / before.rate.per_second
    print(f"{each.rate.name}: {ratio:.2f} times as fast as before, {'kept' if each.kept else 'not kept'}")
    before = each if each.kept else before
gained = before.rate.per_second / tried[0].rate.per_second
print(f"all that were kept together: {gained:.2f} times the images a {before.rate.second}")

here = f"this machine, per {before.rate.second}"
bars = {here: {f"{each.rate.name}{'' if each.kept else ' (not kept)'}": each.rate.per_second for each in tried}}
best = max(tried, key=lambda each: each.rate.per_second).rate.name
alt = f"Images a second in training, a bar a choice on top of those kept before; the fastest is {best}."
plots.rates(bars, alt)

# %% [markdown]
# Compare a bar with the last *kept* one. The verdicts are this machine's: a processor without bfloat16 in hardware
# gains nothing by it, and on a GPU a small batch leaves most of the device idle. `uint8` is kept for its memory unless
# it is slower. Compiling is tried in profile `gpu` only. No bar says what is learned, and the last should worry you.
#
# ## Is it the same model?
#
# A faster step is worth nothing if the model gets worse. So train: in float32, in bfloat16, and with a batch four times
# as large for the same number of epochs. For each of several seeds, the same garments, and the same garments kept
# aside.

# %%
LARGER = 256 if full_size else 128
kinds = {"float32": {"bf16": False}, "bfloat16": {}, f"a batch of {LARGER}": {"batch_size": LARGER}}
accuracies = {name: [run(seed, **changes)[2] for seed in profile.seeds] for name, changes in kinds.items()}
counts = [codes[codes >= 0].bincount() for codes in drawer.labels.T]
guess = torch.stack([count.argmax() for count in counts]).expand(len(aside), -1)
floor = float(attribute_accuracy(guess, aside.labels).mean())
ceiling = float(attribute_accuracy(aside.labels, aside.labels).mean())
rows = {name: {"mean": np.mean(each), "least": min(each), "most": max(each)} for name, each in accuracies.items()}
rows |= {"chance: the commonest value": dict.fromkeys(("mean", "least", "most"), floor)}
rows |= {"oracle: the labels": dict.fromkeys(("mean", "least", "most"), ceiling)}
as_table(rows).map("{:.3f}".format)

# %% [markdown]
# Runs of one seed begin with the same weights. So subtract float32 of the same seed, and call a difference *more* only
# if its mean exceeds how far the seeds scatter.

# %%
paired = {name: np.subtract(accuracies[name], accuracies["float32"]) for name in list(kinds)[1:]}
for name, gaps in paired.items():
    clear = abs(gaps.mean()) > max(np.ptp(gaps), np.ptp(accuracies["float32"]))
    print(
        f"{name}: {100 * gaps.mean():+.1f} points beside float32, {'more' if clear else 'no more'} than the seeds move"
    )
if full_size:
    assert min(accuracies["float32"]) > floor + 0.1
    assert abs(paired["bfloat16"].mean()) < 0.04
if profile.name == "cpu":
    assert max(paired[f"a batch of {LARGER}"]) < 0
alt = "Accuracy on garments kept aside, a dot a seed, beside chance: float32, bfloat16 and a larger batch."
plots.score_strips({**accuracies, "chance": [floor]}, "right on garments kept aside", alt, baseline="chance")

# %% [markdown]
# A dot is a seed, a bar the median, grey is chance. Rounding to bfloat16 does what another seed does; the printed line
# says by how much. The larger batch takes a quarter of the steps in the same epochs, and with the same learning rate it
# comes less far here. It is a new recipe, to be tuned anew, not a free speed-up. That is why the batch is part of a
# `TrainingRecipe`, and memory and layout are not.
#
# Does the device change the model? Where CUDA is at hand, the next cell trains on both and compares the losses.

# %%
places = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
short, TOLERANCE = replace(recipe, epochs=1, bf16=False), 0.01
final = {place: train(new_encoder(0), few, short, device=place, progress=False).rows[-1] for place in places}
terms = [name for name in final["cpu"] if name in ("classification", "contrast")]
for place in places[1:]:
    gaps = [abs(final[place][name] / final["cpu"][name] - 1) for name in terms]
    assert max(gaps) < TOLERANCE
    print(f"{place} beside cpu: mean losses of an epoch differ by {max(gaps):.0e} of themselves at most")
if places == ["cpu"]:
    print(f"no CUDA here: with it, this cell asserts that the losses of an epoch agree within {TOLERANCE:.0%}")

# %% [markdown]
# ## Kill it
#
# Machines are rebooted, laptops are closed, a job's time is up. So we start a run as you would from a terminal, as a
# process of its own, with a checkpoint every other step:
#
# `python -m adde_lite.training WARDROBE --garments 192 --epochs 4 --save-every 2 --device cpu --out run`
#
# and kill it with SIGKILL, which a program can neither see nor put off. It stays on the CPU here: what a GPU adds up in
# parallel may come in another order in the next run.

# %%
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

scratch = tempfile.TemporaryDirectory()  # goes with the kernel
folder = Path(scratch.name)
checkpoints_of_run = folder / "run" / "checkpoints"
stock = adde_lite.wardrobe(profile.pick(tiny=128, cpu=192, gpu=192), seed=0)
EPOCHS, EVERY = 4, 2
options = {
    "--garments": len(stock),
    "--epochs": EPOCHS,
    "--save-every": EVERY,
    "--device": "cpu",
    "--out": folder / "run",
}
words = [str(word) for pair in options.items() for word in pair]
call = [sys.executable, "-m", "adde_lite.training", "WARDROBE", *words]


def start():
    told = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(call, env=os.environ | {"OMP_NUM_THREADS": "1"}, **told)


def steps_kept():
    return sorted(int(path.name.removeprefix("step-")) for path in checkpoints_of_run.glob("step-*"))


# %% [markdown]
# We wait until the second epoch has begun and a checkpoint from its middle is there. Then the process dies, wherever it
# happens to be: in a step, or while it saves. The last two checkpoints are left, or three, if death came before the
# oldest was deleted. Make the same call again: it finds them and goes on. Beside it, here in the notebook, the same
# recipe runs without a break.

# %%
steps = len(stock) // recipes.WARDROBE.training.batch_size
process = start()
while process.poll() is None and max(steps_kept(), default=0) < steps + 1:
    time.sleep(0.005)
process.kill()
_, trouble = process.communicate()
assert steps_kept(), trouble
killed_after = steps_kept()[-1]
assert process.returncode != 0 and killed_after < EPOCHS * steps
print(f"ended by {signal.Signals(-process.returncode).name}" if process.returncode < 0 else "killed")
print(f"checkpoints of steps {steps_kept()}, out of {EPOCHS * steps}")

again = start()
_, trouble = again.communicate()
assert again.returncode == 0, trouble
wanted = replace(recipes.WARDROBE.training, epochs=EPOCHS)
unbroken = seeded(lambda: AttributeEncoder(WARDROBE, recipes.WARDROBE.model), wanted.seed)
train(unbroken, stock, wanted, device="cpu", progress=False)
resumed, _ = storage.load(folder / "run" / "weights")
assert same_bits(resumed, unbroken)
print("killed and resumed, against unbroken: all weights equal to the last bit:", same_bits(resumed, unbroken))

# %% [markdown]
# Equal, not similar. Weights alone would not do: a checkpoint also holds the optimiser's two moments for each weight,
# the schedule, the sums of the running epoch, and the random state for what a model draws by itself. Order and views
# need no memory at all, they have their keys. One more call finds nothing left to do and returns the history. And with
# another recipe? Most loops go on quietly from such a checkpoint.


# %%
def go_on(training=wanted, seed=7):
    """The same run from its folder; begun with other weights, none of which may remain."""
    model = seeded(lambda: AttributeEncoder(WARDROBE, recipes.WARDROBE.model), seed)
    history = train(model, stock, training, device="cpu", checkpoint=checkpoints_of_run, progress=False)
    return model, history


finished, story = go_on()
assert same_bits(finished, unbroken)
try:
    go_on(replace(wanted, learning_rate=1e-3))
except CheckpointError as error:
    print(str(error).replace(str(checkpoints_of_run), "run/checkpoints"))
else:
    raise AssertionError("a checkpoint of another recipe was taken")
plots.history(story.table(), resumed=[killed_after / steps - 1])  # epoch 0 is drawn at its end, where one is done

# %% [markdown]
# The dotted line is where the second process took over. The losses go on as if it were not there, and so does the
# learning rate: a run that began its cycle anew would show a second hill. The picture could hide a small difference,
# the comparison of bits does not. The printed message names the field and both values. A number of processes may change
# between two calls, since every one of them takes its slice of the same batches; what is learned may not.

# %% [markdown]
# ## What is in a checkpoint
#
# Three files, in a folder that appears by a rename once all of it is on the disk. So there is never half a checkpoint
# under its name, and from the first one on never fewer than one whole one. The third file is the manifest, written
# last, with the sums of the other two and one of its own. And what takes the space in the first?

# %%
import json

newest = checkpoints_of_run / f"step-{steps_kept()[-1]:010d}"
files = json.loads((newest / storage.MANIFEST).read_text())["files"]
assert sorted(path.name for path in newest.iterdir()) == sorted([*files, storage.MANIFEST])
listed = {name: {"bytes": f"{one['bytes']:,}", "sha256": one["sha256"][:12] + " ..."} for name, one in files.items()}
display(pd.DataFrame.from_dict(listed, orient="index"))

tensors, facts = storage.load(newest)
print("facts:", ", ".join(facts))
held = pd.Series({name: value.nbytes for name, value in tensors.items()})
parts = held.groupby(held.index.str.split(".").str[0]).sum() / held.sum()
assert parts["optimiser"] > parts["network"]
alt = "Bars: the optimiser's moments take most of a checkpoint, the network's weights the rest."
columns = {name: {"share of the bytes": share} for name, share in parts.items()}
plots.score_bars(columns, ["share of the bytes"], alt, ours="network")

# %% [markdown]
# Blue is the network; the optimiser keeps two numbers for each of its weights, so going on exactly costs three times
# the space of the weights. Numbers lie in safetensors, the rest in JSON. There is no **pickle**, the format that Python
# and older checkpoints use, because a pickle is a program. Whoever loads one runs what its author wrote:


# %%
import pickle


class Letter:
    def __reduce__(self):
        return print, ("this line was printed by *loading* a file",)


bomb = pickle.dumps(Letter())
_ = pickle.loads(bomb)

# %% [markdown]
# Imagine another call than `print`. Now three accidents to the newest checkpoint: one bit flips, the file is cut in
# half, somebody puts the pickle in its place. Safetensors alone would load the first without a word; the manifest's
# sha256 does not. Each time we make the same call and see what happens.

# %%
import random
import warnings

weights_file = newest / storage.TENSORS
unharmed = weights_file.read_bytes()
place = random.Random(0).randrange(len(unharmed))
flipped = unharmed[:place] + bytes([unharmed[place] ^ 1]) + unharmed[place + 1 :]
for accident, content in {
    "one bit flipped": flipped,
    "cut in half": unharmed[: len(unharmed) // 2],
    "a pickle": bomb,
}.items():
    weights_file.write_bytes(content)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        mended, _ = go_on()
    (warning,) = [str(each.message) for each in said if "checkpoint" in str(each.message)]
    assert same_bits(mended, unbroken)
    print(f"{accident}: {warning.replace(str(checkpoints_of_run) + '/', '')}\n    ends as unbroken: True")

# %% [markdown]
# Refused, said so, and the one before was used: a few steps are done twice, and the run ends with the same bits. No
# line was printed by the pickle. What this does not protect against is somebody who writes a whole checkpoint with a
# manifest of its own; even then there are only numbers to load.

# %% [markdown]
# ## How often to save?
#
# A save costs time, and so does work that a kill throws away. Let a step take $t$, a save $C$, and let kills come at
# random, $M$ apart on average. Whoever saves every $k$ steps must get through $k t + C$ seconds in one piece. With
# random kills that takes $M (e^{(k t + C) / M} - 1)$ on average, all failed attempts included. Measure $t$ and $C$:

# %%
from adde_lite.training.checkpoints import Checkpoints

kept = Checkpoints(folder / "saves", {})
took = []
for number in range(5):
    started = time.perf_counter()
    kept.save(number, tensors, {})
    took.append(time.perf_counter() - started)
t, C = profiles["the package"].whole, float(np.median(took))
print(f"a step {1000 * t:.0f} ms, a save of {len(unharmed) / 1e6:.0f} MB {1000 * C:.0f} ms")

# %% [markdown]
# Young (1974) cut the exponential after its square and found the interval that loses least: $\sqrt{2 C M}$. Try both:
# the formula, and a simulation that draws kills and counts. Kills have no memory, so each life of a process begins
# anew, and does as many whole pieces as fit.


# %%
BETWEEN = {"10 minutes": 600, "hour": 3600, "day": 86400}


def lost(interval, between):
    """Time lost to saves and kills, as a share of useful time."""
    return between * np.expm1((interval + C) / between) / interval - 1


def simulated(interval, between, seed, kills=20_000):
    lives = np.random.default_rng(seed).exponential(between, kills)
    return lives.sum() / (interval * np.floor(lives / (interval + C)).sum()) - 1


for name, between in BETWEEN.items():
    best = math.sqrt(2 * C * between)
    drawn = [simulated(best, between, seed) for seed in (0, 1, 2)]
    assert np.allclose(drawn, lost(best, between), rtol=0.1)
    assert all(1.1 < lost(factor * best, between) / lost(best, between) < 1.4 for factor in (0.5, 2))
    print(f"a kill every {name}: save every {best:.0f} s, {best / t:,.0f} steps; lost {lost(best, between):.2%}")

# %% [markdown]
# The asserts hold the formula to three seeds of drawn kills, and the valley is wide: twice or half the best interval
# loses a quarter more of a small number. So there is no need to know $M$ well, and no need to fear saving often. What
# the formula leaves out: starting a process again takes seconds, too.
#
# ## Move it
#
# Each stop is another number of steps between checkpoints; a bar is what *one* useful step costs in the end. Use the
# mouse, or click the slider once and press the arrow keys.


# %%
def counted(steps):
    return f"{steps:,} steps" if steps > 1 else "1 step"


def cost_of_a_step(every):
    bars = {}
    for name, between in BETWEEN.items():
        whole = t * (1 + lost(every * t, between))
        bars[f"a kill every {name}"] = {
            "the step": t,
            "its share of saves": C / every,
            "work done twice": whole - t - C / every,
        }
    said = ", ".join(f"{name}: {1000 * sum(parts.values()):.2f} ms" for name, parts in bars.items())
    return plots.step_profile(bars, f"What a step costs with a checkpoint every {counted(every)}. {said}.")


stops = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]
widgets.edit_slider("save every", {counted(every): cost_of_a_step(every) for every in stops})

# %% [markdown]
# Go to the left end: orange, the saves, is nearly all that is added, and kills hardly matter. Go to the right: the
# upper bar grows first. Somewhere between, all three bars are blue with a thin rim; that is where a run should be. The
# bars rescale at every stop, so read the numbers at their ends.
#
# ## When it fails
#
# Not every failure is a kill. A learning rate with a slipped decimal point is a common one. Try the recipe's, a hundred
# times as much, and far too much.

# %%
longer, stories = replace(recipe, epochs=profile.pick(tiny=2, cpu=4, gpu=4)), {}
for factor in (1, 100, 1_000_000):
    rate = factor * recipe.learning_rate
    try:
        wrong = train(new_encoder(0), few, replace(longer, learning_rate=rate), device="cpu", progress=False)
    except FloatingPointError as error:
        print(f"learning rate {rate:g}: {error}")
    else:
        stories[f"learning rate {rate:g}"] = wrong.table()
assert len(stories) == 2
good, bad = (story[["classification", "contrast"]].sum(axis=1) for story in stories.values())
assert not full_size or bad.max() > bad.iloc[-1] > good.iloc[0]
print(f"classification loss of guessing: {sum(math.log(size) for size in WARDROBE.sizes):.1f}")
plots.history(stories)

# %% [markdown]
# The largest raises, and no checkpoint holds what it made. The orange one is worse: every number is finite, the run
# goes to its end, and it ends above where the blue one began. No loop can tell it from a hard problem. You can: ask
# what chance would give. The classification loss of guessing is the sum of the logarithms of the numbers of values.
#
# ## From a folder to embeddings
#
# A trained encoder usually has to look at far more images than it was trained on. They lie in files, the work takes
# hours, and somebody will kill that as well. `extract` writes **shards**, each whole or absent, and the same call makes
# what is missing. Here is half of the work, as the first of two machines would do it.

# %%
from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_images
from adde_lite.errors import InputError
from adde_lite.extraction import extract

photos, out = folder / "photos", folder / "embeddings"
photos.mkdir()
names = throughput.write_jpegs(photos, few.images)
how = {"shard_size": 40, "device": "cpu", "progress": False}
half = extract(model, photos, out, part=(0, 2), **how)
print(f"{half.plan.images} images in {half.plan.shards} shards; missing: {half.missing()}")
try:
    half.load()
except InputError as error:
    print(str(error).replace(str(folder) + "/", ""))

# %% [markdown]
# An incomplete extraction does not load, and says which shards are missing. Now the call without `part`: it keeps what
# stands, and makes the rest. Then one bit of one shard flips, and we make the call once more.

# %%
extract(model, photos, out, **how)
victim = sorted(out.glob("shard-*"))[1] / storage.TENSORS
content = victim.read_bytes()
victim.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    embedded = extract(model, photos, out, **how).load()
print(str(said[0].message).replace(str(folder) + "/", ""))
at_once = model.embed(decode_images(Archive(photos), names, size=64))
assert list(embedded.names) == sorted(names) and torch.allclose(embedded.embeddings, at_once, atol=1e-3)
assert victim.read_bytes() == content
print(f"{len(embedded.names)} embeddings {tuple(embedded.embeddings.shape[1:])}, as made at once; the shard is mended")

# %% [markdown]
# Shards are the unit of everything here: of memory, of what a kill costs, of what one machine of many takes. A cluster
# runs the same shards as a Ray Data job, `extract_with_ray`, and writes the same bytes. What limits such a job? Count
# both sides: how many files does a core decode, and how many images does the device embed?

# %%
decoding = throughput.decoding_rate(photos, names, size=64, effort=effort)
embedding = throughput.extraction_rate(model, few.images, device=device, effort=effort)
limit = "decoding" if decoding.per_second < embedding.per_second else "the model"
print(f"from files of this size, {limit} is what limits one core and this device")
both = {
    f"one core decodes, per {decoding.second}": {"files": decoding.per_second},
    f"the device embeds, per {embedding.second}": {"files": embedding.per_second},
}
plots.rates(both, f"Two bars: how many images a core decodes and how many the device embeds; {limit} is the limit.")

# %% [markdown]
# The shorter bar is the limit. The files here are tiny, and decoding them is cheap. Photos of a shop have a hundred
# times the pixels, and a GPU embeds far faster than a core decodes: there, decoding is what one pays for, and the
# remedy is more cores or smaller files. The loop of this notebook decodes once and keeps bytes.
#
# ## Your machine beside others
#
# The paper's supplementary reports the time to extract features of a thousand images on a V100. Beside it: what this
# machine does *now* in the same shape (AlexNet, 224 px), and the machines on record. To add yours, run
# `python -m adde_lite.throughput`, in profile `gpu` where there is one.

# %%
V100_SECONDS_PER_1000 = 1.9  # supplementary of Hou et al. (2021)
VIEW = "AlexNet 224 px, one view"
side, batch = profile.pick(tiny=64, cpu=224, gpu=224), profile.pick(tiny=2, cpu=8, gpu=512)
alexnet = seeded(lambda: AttributeEncoder(WARDROBE, replace(recipes.PAPER.encoder.model, hidden=340, d=340)), 0)
noise = throughput.random_images(WARDROBE, batch, side).images
own = throughput.extraction_rate(alexnet, noise, device=device, effort=effort, name=VIEW)
entries = throughput.recorded()
others = throughput.by_machine(entries)
shown = {f"here and now, per {own.second}": {VIEW: own.per_second}}
for machine, rates in others.items():
    known = {} if isinstance(rates, str) else {name: rate for name, rate in rates.items() if "small" not in name}
    shown[f"on record: {machine}"] = {VIEW: known[VIEW]} if VIEW in known else "not measured"
    print(f"{machine}:", "; ".join(f"{name} {rate:.1f}" for name, rate in known.items()) or "not measured")
shown["V100, as the paper reports, per second"] = {VIEW: 1000 / V100_SECONDS_PER_1000}
missing = ", ".join(machine for machine, rates in shown.items() if isinstance(rates, str)) or "none"
plots.rates(shown, f"Images a second in the paper's shape on {len(shown)} machines. Not measured: {missing}.")

# %% [markdown]
# Mind the units: a CPU counts CPU seconds of one core, a GPU seconds on the wall, and the batch of this cell is smaller
# than that of a record. Where the legend says "not measured", no such device was at hand; nothing is extrapolated, and
# the printed lines hold what else a record has. The paper's number is for its own code and card, with pictures from
# wherever they lay, so read it as a mark on the wall, not as a race.
#
# ## Exercises
#
# An exercise stands on the first code cell alone: run that, and you can begin here. Write your answer in the place of
# the `...`, run the cell and then the one below it, which says how far you are.
#
# ### Exercise 1, 2 minutes: parts that are not halves
#
# Three images went to one process and one to another, and each has the gradient of the mean loss of *its* images.
# Return the gradient of the whole batch.

# %% [markdown] tags=["hint"]
# Each image counts the same, so a part counts by its number of images. `sizes[:, None]` multiplies row by row.


# %% tags=["stub"]
def whole_gradient(gradients, sizes):
    """Gradient of a batch from those of its parts: gradients (P, n), sizes (P,) images in each; (n,)."""
    ...


# %% tags=["solution"]
def whole_gradient(gradients, sizes):
    """Gradient of a batch from those of its parts: gradients (P, n), sizes (P,) images in each; (n,)."""
    return (gradients * sizes[:, None]).sum(0) / sizes.sum()


# %% tags=["check"]
print(checks.training_on_gpu.whole_gradient(whole_gradient))

# %% [markdown] tags=["instructor"]
# **Ask:** `DistributedDataParallel` takes the *plain* mean over processes. When is that wrong? When the last batch does
# not divide; so the loop leaves the last, smaller batch of an epoch out, and a batch must divide among processes.

# %% tags=["instructor"]
print(checks.training_on_gpu.whole_gradient.on(whole_gradient, [(torch.ones(1, 2), torch.tensor([7]))]))

# %% [markdown]
# ### Exercise 2, 10 minutes: join statistics
#
# Every process knows mean, variance and number of its own images, one column a channel. Return mean and variance of all
# images together, for parts of *any* sizes. The variance is that of batch normalisation: divided by the number of
# images. The package does the same in one exchange; look for it in `distributed` when you are done.

# %% [markdown] tags=["hint"]
# First the mean of all. Then each part adds its own variance *and* the square of how far its mean lies from the mean of
# all, both weighted by its share of the images.


# %% tags=["stub"]
def joined_statistics(means, variances, counts):
    """Mean (C,) and variance (C,) of all images, from means (P, C), variances (P, C) and counts (P,) of P parts."""
    ...


# %% tags=["solution"]
def joined_statistics(means, variances, counts):
    """Mean (C,) and variance (C,) of all images, from means (P, C), variances (P, C) and counts (P,) of P parts."""
    share = (counts / counts.sum())[:, None]
    mean = (share * means).sum(0)
    return mean, (share * (variances + (means - mean) ** 2)).sum(0)


# %% tags=["check"]
print(checks.training_on_gpu.joined_statistics(joined_statistics))

# %% [markdown] tags=["instructor"]
# **Ask:** `accumulate=2` sends the halves of a batch through the model one after another and adds the gradients. Which
# loss terms keep their value, and which do not? Classification does, but for the statistics of batch normalisation,
# which are those of a half; the contrast does not. Let them compare `history.table()` of both.
#
# **No check can see:** mean of squares less square of the mean. It is right on paper and loses its digits where the
# mean is large beside the spread; ask for numbers around a million in float32.

# %% tags=["instructor"]
single = (torch.tensor([[2.0], [5.0]]), torch.zeros(2, 1), torch.tensor([1, 1]))  # parts of one image
print(checks.training_on_gpu.joined_statistics.on(joined_statistics, [single]))

# %% [markdown]
# ### Exercise 3, 30 minutes: count what kills cost
#
# A run has `pieces` to do, each of `piece` seconds of work and `save` seconds of saving. A piece counts once its save
# is done; a kill throws away what is not saved, and the run goes on at once from there. `lives` are the seconds from a
# start to its kill; after the last of them nobody kills. How long does the run take?
#
# Then draw lives as `simulated` above does, take `t` and `C` as measured, keep the whole work the same, and try several
# intervals: a piece is as many steps as lie between two saves. Where is the best, beside $\sqrt{2 C M}$?

# %% [markdown] tags=["hint"]
# Go through the lives and keep two numbers: the time that has passed, and the pieces that are still to do. In a life,
# `int(life // (piece + save))` pieces fit; if all that are left fit, the run ends *within* this life.


# %% tags=["stub"]
def time_to_finish(pieces, piece, save, lives):
    """Seconds until `pieces` of work are saved, through kills after `lives` seconds each."""
    ...


# %% tags=["solution"]
def time_to_finish(pieces, piece, save, lives):
    """Seconds until `pieces` of work are saved, through kills after `lives` seconds each."""
    passed, left = 0.0, pieces
    for life in lives:
        fits = int(life // (piece + save))
        if fits >= left:
            break
        passed, left = passed + life, left - fits
    return passed + left * (piece + save)


# %% tags=["check"]
print(checks.training_on_gpu.time_to_finish(time_to_finish))

# %% [markdown] tags=["instructor"]
# **Ask:** what does the formula leave out that the count could take in? The seconds of a start, kills that come in
# bursts, a machine that is gone for an hour. Which of them moves the best interval? A constant start does not.
#
# **Who is early:** kill a run of two processes, `torchrun --nproc-per-node 2 -m adde_lite.training WARDROBE`, go on
# with one, and compare the weights. Or: find a learning rate for the larger batch on seed zero. Does it hold for the
# others?
#
# **In class:** 15 minutes for half a batch, 15 for the two processes, 15 for the step and its choices, 20 for the kill;
# the rest is for reading at home. Then the first two exercises alone and the third in pairs.

# %% tags=["instructor"]
print(checks.training_on_gpu.time_to_finish.on(time_to_finish, [(3, 2.0, 1.0, [0.5, 0.5, 2.9]), (0, 1.0, 1.0, [5.0])]))

# %% [markdown]
# ## Symbols and summary
#
# | paper | code | meaning |
# |---|---|---|
# | $B$ | `adde_lite.training.TrainingRecipe.batch_size` | images in a step, over all processes |
# | $\eta$ | `adde_lite.training.TrainingRecipe.learning_rate` | the peak of the cycle |
# | $r$ of the whole batch | `adde_lite.distributed.gathered` | embeddings of all processes, with gradient |
# | $\mu, \sigma^2$ of the batch | `adde_lite.distributed.shared_batch_statistics` | mean and variance of a channel |
# | key of (seed, epoch) | `adde_lite.training.batches.epoch_key` | from which order and views are drawn |
# | $t$ | `adde_lite.throughput.step_profile` | seconds of a step |
# | $C$ | `adde_lite.training.checkpoints.Checkpoints.save` | a save; $C$ is what it takes |
# | $k$ | `adde_lite.train(save_every)` | steps between two saves |

# %%
cheaper = profiles["plain"].whole / profiles["the package"].whole
print(f"a step of the package is {cheaper:.1f} times as fast as a plain one, in {profiles['plain'].second}s")
print("kept:", ", ".join(each.rate.name for each in tried[1:] if each.kept) or "nothing")
for name, gaps in paired.items():
    print(f"{name}: {100 * gaps.mean():+.1f} points of accuracy beside float32")
print(f"two processes against one, float64: weights within {max(ends['shared, float64']):.0e}")
print(f"killed after step {killed_after} of {EPOCHS * steps}: equal to the last bit: {same_bits(resumed, unbroken)}")
print(f"a kill an hour: save every {math.sqrt(2 * C * BETWEEN['hour']) / t:,.0f} steps")
