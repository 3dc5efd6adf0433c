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
# - write the loop in twenty lines, and say which losses may be split among processes,
# - see where a step spends its time, and keep a trick only where it pays,
# - tell a trick that is free from one that changes the model,
# - stop a run by any means and go on as if nothing had happened.

# %%
import math
import platform
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from unittest.mock import patch

import numpy as np
import torch

import adde_lite
from adde_lite import AttributeEncoder, checks, distributed, plots, recipes, storage, throughput, widgets
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.losses import label_contrast
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.models.adde import EncoderRecipe, encoder
from adde_lite.models.fingerprint import fingerprint
from adde_lite.studies.record import mean_and_range
from adde_lite.training import CheckpointError, TrainingRecipe, does_bf16, in_float64, in_processes, seeded, train
from adde_lite.training.batches import epoch_key

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
full_size = profile.name != "tiny"  # tiny proves that every cell runs; claims about training need more steps
print(f"profile {profile.name}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}")

# %% [markdown]
# ## Half a batch, by hand
#
# A line $y = w x$ should become $y = 2 x$. We begin at $w = 1$, with four numbers and the mean of the squared errors.
# The gradient of one number is $2 x (w x - 2 x) = -2 x^2$. Take the gradient of the whole batch, then of its two
# halves.

# %%
x = torch.tensor([1.0, 2, 3, 4])
w = torch.tensor(1.0, requires_grad=True)


def gradient(part):
    loss = ((w * part - 2 * part) ** 2).mean()
    return torch.autograd.grad(loss, w)[0].item()


whole, halves = gradient(x), [gradient(part) for part in x.chunk(2)]
assert whole == -(2 + 8 + 18 + 32) / 4 == sum(halves) / 2
print("gradient of the batch:", whole, " of its halves:", halves, " their mean:", sum(halves) / 2)

# %% [markdown]
# The mean of the halves' gradients is that of the whole, so two processes may each take half a batch, exchange
# gradients, and step as one.
#
# Not every loss is a mean over images, though. The **label contrast**, a loss of the course's encoder, pulls an image
# towards the *others* of its value. Take four embeddings of a single number, all alike, with values $0, 1, 0, 1$: each
# has one partner among three others and pays $\log 3$. A half holds one of each value. What do the halves pay?

# %%
r, values = torch.ones(4, 1, 1), torch.tensor([[0], [1], [0], [1]])
of_batch = label_contrast(r, values).item()
of_halves = [label_contrast(r[half], values[half]).item() for half in ([0, 1], [2, 3])]
assert math.isclose(of_batch, math.log(3), rel_tol=1e-6) and of_halves == [0, 0]
print(f"contrast of the batch: {of_batch:.4f} = log 3; of its halves:", of_halves)

# %% [markdown]
# No partner, no loss: the halves see nothing of it. The cure is to bring the *embeddings* together before the loss, and
# to keep the graph, so that gradients find their way back to each half. With a small linear network and random images:

# %%
torch.manual_seed(0)
network = torch.nn.Linear(6, 4)
images, codes = torch.randn(8, 6), torch.randint(2, (8, 1))


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
# Average what is a mean, join what compares images, put variances together by this rule (Chan, Golub and LeVeque,
# 1979): that is all there is to sharing a batch.
#
# ## What a step sees
#
# First a single process. Garments lie in memory as decoded, a byte a channel. Each epoch shuffles them and shows each a
# little moved or mirrored. All of that randomness has a **key**: the seed, the epoch, and the row.

# %%
drawer = adde_lite.wardrobe(profile.pick(tiny=256, cpu=1024, gpu=8192), seed=0)
aside = adde_lite.wardrobe(profile.pick(tiny=128, cpu=512, gpu=1024), seed=9)
recipe = TrainingRecipe(epochs=profile.pick(tiny=1, cpu=6, gpu=10))


def views(rows, epoch):
    draws = recipe.augmentation.draws(len(drawer), recipe.seed, epoch)
    return recipe.augmentation(drawer.images[rows].float() / 255, draws[rows])


assert torch.equal(views([5], epoch=2)[0], views([1, 9, 5, 40], epoch=2)[2])
shown = [(row, epoch) for row in (5, 9) for epoch in range(6)]
pictures = [(views([row], epoch)[0] * 255).round().byte() for row, epoch in shown]
alt = "Two garments in six epochs each: the same garment, now and then mirrored, and moved by a few pixels."
plots.contact_sheet(pictures, [f"epoch {epoch}" for _, epoch in shown], alt, columns=6)

# %% [markdown]
# A row is a garment, a column an epoch. Only place and side change, and no label depends on either. The picture does
# not show the order of the garments, which is new in every epoch as well.
#
# The assert is the point: the view of garment five in epoch two is the same whatever batch it falls into, and whatever
# was drawn before. It will let a run go on after a kill, and let two processes share a batch without a word.

# %% [markdown]
# ## The loop in twenty lines
#
# Fetch a batch, make views, go forward in bfloat16 where the processor multiplies that in hardware, backward, move the
# weights, and let the learning rate rise and fall once (Smith and Topin, 2019). `channels_last` is an order of numbers
# in memory; more below.


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


# %% [markdown]
# `adde_lite.train` is this loop on Lightning Fabric, and adds what you would miss by tomorrow: several devices,
# checkpoints, early stopping, losses on images kept aside, errors that say what to do. None of that may change a
# weight. So we hold it to the last bit, on the CPU, with a narrow encoder. A `fingerprint` is a digest of all weights
# and statistics of a model.

# %%
WIDTHS = profile.pick(tiny=(4, 8, 8, 16), cpu=(12, 24, 48, 96), gpu=(24, 48, 96, 192))
NARROW = EncoderRecipe(widths=WIDTHS, hidden=32, d=16, contrast=0.3)


def new_encoder(seed):
    return seeded(lambda: AttributeEncoder(WARDROBE, NARROW), seed)


few, brief = drawer.subset(list(range(192))), replace(recipe, epochs=2)
by_hand, by_package = new_encoder(0), new_encoder(0)
plain_loop(by_hand, few, brief)
train(by_package, few, brief, device="cpu", progress=False)
assert fingerprint(by_hand) == fingerprint(by_package) != fingerprint(new_encoder(0))
print("equal to the last bit:", fingerprint(by_hand) == fingerprint(by_package))

# %% [markdown]
# ## Two processes, one batch
#
# Now the sharing, for real. `in_processes` forks this kernel, so functions and data of the notebook are there; the
# forks talk by gloo on a CPU, by NCCL on GPUs. (Fork before you use CUDA; after that, and on Windows, the package names
# the way out, torchrun.) We train a thin encoder and keep its weights after each step. The data are one batch, so an
# epoch is a step.

# %%
THIN = EncoderRecipe(widths=(4, 8, 8, 16), hidden=16, d=8, contrast=0.3)
one_batch = drawer.subset(list(range(32)))
short_run = TrainingRecipe(profile.pick(tiny=8, cpu=20, gpu=20), batch_size=32, learning_rate=1e-4, bf16=False)


def weights_by_step(fabric, seed):
    model, seen = seeded(lambda: AttributeEncoder(WARDROBE, THIN), seed), []

    def keep(epoch):
        seen.append(torch.cat([weights.detach().flatten() for weights in model.parameters()]))

    train(model, one_batch, replace(short_run, seed=seed), fabric=fabric, watch=keep, progress=False)
    return torch.stack(seen)


def all_seeds(fabric):
    return torch.stack([weights_by_step(fabric, seed) for seed in profile.seeds])


# %% [markdown]
# In the package, `distributed.gathered` is the `torch.cat` from above, across processes, and `shared_batch_statistics`
# is our rule for variances. What does each of them do? We replace it for a while, so that every process looks at its
# half alone; forks inherit that. All runs are in float64, where rounding is too small to be taken for a mistake.

# %%
WAYS = {
    "all shared": nullcontext(),
    "losses of a half": patch.object(encoder, "gathered", lambda values: values),
    "statistics of a half": patch.object(distributed, "shared_batch_statistics", lambda network: nullcontext()),
}
apart = {}
with in_float64():
    alone = in_processes(all_seeds, 1, short_run, device="cpu")
    for name, way in WAYS.items():
        with way:
            two = in_processes(all_seeds, 2, short_run, device="cpu")
        apart[name] = (two - alone).abs().amax(dim=2)  # seeds, steps

# %% [markdown]
# For each way, seed and step we now have the largest difference of a weight between two processes and one. How far
# apart does each way end?

# %%
ROUNDING = 1e-9
for name, runs in apart.items():
    print(f"{name}: {runs[:, -1].min():.0e} to {runs[:, -1].max():.0e} after {short_run.epochs} steps")
    assert (runs.max() < ROUNDING) if name == "all shared" else (runs[:, -1].min() > 1000 * ROUNDING)
alt = f"Two processes against one over {short_run.epochs} steps: close when all is shared, far when each sees its half."
plots.weights_apart({name: runs.median(dim=0).values.tolist() for name, runs in apart.items()}, alt, allowed=ROUNDING)

# %% [markdown]
# Up is worse, and each mark is many times the one below; lines are medians over seeds, and those of the two halves may
# lie on one another. With all shared, only rounding is left: the dashed line is what we allow. The halves train another
# model, and nothing raises: only a comparison shows it. What does the second process buy?

# %%
course = recipes.WARDROBE if full_size else replace(recipes.WARDROBE, model=THIN)


def images_a_second(fabric):
    model, started = seeded(lambda: AttributeEncoder(WARDROBE, course.model), 0), time.perf_counter()
    train(model, drawer, replace(course.training, epochs=1), fabric=fabric, progress=False)
    return len(drawer) / (time.perf_counter() - started)


speeds = {count: in_processes(images_a_second, count, course.training, device="cpu") for count in (1, 2)}
cores = throughput.cores()
print(f"two are {speeds[2] / speeds[1]:.2f} times as fast as one, with {cores} cores, for this model, here and now")
plots.rates({"one process": {"training": speeds[1]}, "two processes": {"training": speeds[2]}})

# %% [markdown]
# If sharing were free and each process had a core of its own, the second bar would be twice the first. One that is no
# longer says that here the sharing costs what it brings. The price is an exchange at each normalisation, that of the
# gradients, and the losses, which every process computes for the whole batch.
#
# ## A run, watched
#
# Back to one process. `train` returns a **history**, a row an epoch, here with the losses of garments kept aside.


# %%
@cache
def run(seed, **changes):
    """Trained by the recipe with changes: encoder, history, and how often it is right on garments kept aside."""
    model, wanted = new_encoder(seed), replace(recipe, seed=seed, **changes)
    looked_at = None if changes else aside
    history = train(model, drawer, wanted, validation=looked_at, device=profile.device, progress=False)
    right = attribute_accuracy(model.classify(model.embed(aside.images)), aside.labels).mean().item()
    return model, history, right


model, history, right = run(0)
print(f"right on garments kept aside: {right:.1%}")
plots.history(history.table())

# %% [markdown]
# Solid lines are the two loss terms on training views, dashed ones the same on garments kept aside; the learning rate
# is beneath. A dashed line that turns up while the solid one falls would be a model that learns by heart. The terms
# have scales of their own: compare a line with itself, not with its neighbour.

# %% [markdown]
# ## Where a step's time goes
#
# What is slow? The clock counts CPU time on a CPU; on a GPU it waits until the device is done, because a call returns
# long before its kernel does. We time each part of a step, as a plain loop would do it and as the package does.

# %%
device = torch.device(profile.device)


def step_with(choices):
    fresh = seeded(lambda: AttributeEncoder(WARDROBE, course.model), 0)
    return throughput.TrainingStep(fresh, drawer, choices, device, course.training)


ways = {"plain": throughput.PLAIN, "the package": throughput.Choices()}
profiles = {name: throughput.step_profile(step_with(choices), steps=5) for name, choices in ways.items()}
for name, parts in profiles.items():
    print(f"{name}: {1000 * parts.whole:.1f} ms, most of it {parts.heaviest}")
plots.step_profile({name: parts.seconds for name, parts in profiles.items()})

# %% [markdown]
# Read the shares in the bars. Going backward is about two forwards, one for the inputs of the layers and one for their
# weights. On a GPU the parts look larger than the whole, because asking for the time keeps the device waiting; the
# printed line has the step that nobody looked into.
#
# ## Which choices leave the mathematics alone?
#
# A byte a pixel instead of four: the same numbers, divided later. **Channels last**: the same numbers in another order
# in memory. **bfloat16**: products of numbers with eight significant bits, sums in float32. What do they do to the loss
# of a first step?

# %%
CHANGES = {"uint8": {"pixels": "uint8"}, "channels last": {"channels_last": True}, "bfloat16": {"bf16": True}}
plain, moved = step_with(throughput.PLAIN)(), {}
for name, change in CHANGES.items():
    losses = step_with(replace(throughput.PLAIN, **change))()
    moved[name] = max(abs(losses[term] / plain[term] - 1).item() for term in plain)
    print(f"{name}: the loss of the first step moves by {moved[name]:.0e} of itself")
assert moved["uint8"] == 0 and moved["channels last"] < 1e-3 and moved["bfloat16"] < 0.05

# %% [markdown]
# The first is exact, the second rounds sums in another order, the third rounds everything (where the device lacks
# bfloat16 in hardware, the package stays with float32, and the line says zero). Now time them, one on top of the other,
# in the order in which they are listed. A change is kept when its median beats *every* repeat without it.

# %%
repeats = profile.pick(tiny=2, cpu=5, gpu=5)
effort = throughput.Effort(batches=profile.pick(tiny=1, cpu=1, gpu=20), repeats=repeats, warmup=1)
larger, compiles = profile.pick(tiny=128, cpu=256, gpu=1024), profile.name == "gpu"
tried = throughput.try_choices(drawer, device=device, effort=effort, larger=larger, compiles=compiles, recipe=course)
for each in tried[1:]:
    print(f"{each.label}: {each.gain:.2f} times as fast as before")
plots.rates({f"this machine, per {tried[0].rate.second}": {each.label: each.rate.per_second for each in tried}})

# %% [markdown]
# Compare a bar with the last *kept* one. The verdicts are this machine's; `uint8` is kept for its memory unless it is
# slower, and compiling is tried in profile `gpu` only. No bar says what is learned, and the last should worry you.
#
# ## Is it the same model?
#
# A faster step is worth nothing if the model gets worse. So train: in float32, in bfloat16, and with a larger batch for
# the same number of epochs. For each of several seeds, the same garments, and the same garments kept aside.

# %%
batch = profile.pick(tiny=128, cpu=256, gpu=256)
kinds = {"float32": {"bf16": False}, "bfloat16": {}, f"a batch of {batch}": {"batch_size": batch}}
accuracies = {name: [run(seed, **changes)[2] for seed in profile.seeds] for name, changes in kinds.items()}
accuracies["chance: the commonest value"] = [aside.summary()["majority"].mean()]
accuracies["oracle: the labels"] = [attribute_accuracy(aside.labels, aside.labels).mean().item()]
for name, runs in accuracies.items():
    print(f"{name}: {mean_and_range(runs)}")
alt = "Accuracy on garments kept aside, a dot a seed: float32, bfloat16 and a larger batch, between chance and oracle."
plots.score_strips(accuracies, "right on garments kept aside", alt, baseline="chance: the commonest value")

# %% [markdown]
# A dot is a seed, a bar the median, grey is chance; the printed lines are means and half their ranges. Runs of one seed
# begin with the same weights. So the fair comparison subtracts float32 of the *same* seed.

# %%
rounded, enlarged = (np.subtract(accuracies[name], accuracies["float32"]) for name in list(kinds)[1:])
print("points beside float32, seed by seed:")
print(f"bfloat16 {(100 * rounded).round(1)}, a batch of {batch} {(100 * enlarged).round(1)}")
if full_size:
    assert min(accuracies["float32"]) > accuracies["chance: the commonest value"][0] + 0.1
    assert abs(rounded.mean()) < 0.04
if profile.name == "cpu":
    assert max(enlarged) < 0

# %% [markdown]
# Rounding to bfloat16 moves the mean by less than four points. The larger batch takes fewer steps in the same epochs,
# and with the same learning rate comes less far, for every seed. It is a new recipe, to be tuned anew. Memory and
# layout are not.
#
# Does the device change the model? Where CUDA is at hand, the next cell trains on both and compares the losses.

# %%
TOLERANCE, short = 0.01, replace(recipe, epochs=1, bf16=False)
if torch.cuda.is_available():
    ends = [train(new_encoder(0), few, short, device=place, progress=False).rows[-1] for place in ("cpu", "cuda")]
    gap = max(abs(ends[1][term] / ends[0][term] - 1) for term in ("classification", "contrast"))
    assert gap < TOLERANCE
    print(f"mean losses of an epoch on CPU and GPU differ by {gap:.0e} of themselves at most")
else:
    print(f"no CUDA here: with it, this cell asserts that the losses of an epoch agree within {TOLERANCE:.0%}")

# %% [markdown]
# ## Kill it
#
# Machines are rebooted, laptops are closed. So we start a run as you would from a terminal, as a process of its own,
# with a checkpoint every other step:
#
# `python -m adde_lite.training WARDROBE --garments 192 --epochs 4 --save-every 2 --device cpu --out run`
#
# It stays on the CPU here: what a GPU adds up in parallel may come in another order in the next run. First the command,
# with folders of its own.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

scratch = tempfile.TemporaryDirectory()  # goes with the kernel
folder = Path(scratch.name)
garments, epochs = profile.pick(tiny=128, cpu=192, gpu=192), 4
words = f"-m adde_lite.training WARDROBE --garments {garments} --epochs {epochs} --save-every 2 --device cpu --out"
command = [sys.executable, *words.split(), str(folder / "run")]
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}

# %% [markdown]
# Now start it, and wait until the second epoch has begun and a checkpoint from its middle is there. Then SIGKILL, which
# a program can neither see nor put off: the process dies wherever it happens to be, in a step or while it saves. The
# last two checkpoints are left, or three, if death came before the oldest was deleted.

# %%
from adde_lite.training.checkpoints import Checkpoints

saved = Checkpoints(folder / "run" / "checkpoints", {})
steps = garments // recipes.WARDROBE.training.batch_size  # in an epoch
process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, **quiet)
while process.poll() is None and max(saved.steps(), default=0) < steps + 1:
    time.sleep(0.005)
process.kill()
_, trouble = process.communicate()
assert process.returncode != 0 and saved.steps(), trouble
killed_after = saved.steps()[-1]
assert killed_after < epochs * steps
print(f"killed; checkpoints of steps {saved.steps()}, out of {epochs * steps}")

# %% [markdown]
# The same command would find them and go on. So does `train` with the same folder: here in the notebook, and with
# weights of another seed to begin with, none of which may remain. Beside it, the same recipe runs without a break.


# %%
stock = adde_lite.wardrobe(garments, seed=0)
wanted = replace(recipes.WARDROBE.training, epochs=epochs)


def trained(seed, training=wanted, checkpoint=None):
    model = seeded(lambda: AttributeEncoder(WARDROBE, recipes.WARDROBE.model), seed)
    history = train(model, stock, training, device="cpu", checkpoint=checkpoint, progress=False)
    return fingerprint(model), history


unbroken, _ = trained(wanted.seed)
resumed, story = trained(seed=7, checkpoint=saved.folder)
assert resumed == unbroken
print("killed and resumed, against unbroken: equal to the last bit:", resumed == unbroken)
plots.history(story.table(), resumed=[killed_after / steps - 1])  # epoch 0 is drawn at its end, where one is done

# %% [markdown]
# Equal, not similar. The dotted line is where the notebook took over; losses and learning rate go on as if it were not
# there.
#
# Weights alone would not do: a checkpoint also holds the optimiser's two moments for each weight, the schedule, the
# sums of the running epoch, and the random state for what a model draws by itself. Order and views have their keys. And
# with another recipe? Most loops go on quietly from such a checkpoint.

# %%
try:
    trained(seed=7, training=replace(wanted, learning_rate=1e-3), checkpoint=saved.folder)
except CheckpointError as error:
    print(error.reason)
else:
    raise AssertionError("a checkpoint of another recipe was taken")

# %% [markdown]
# The message names the field and both values.
#
# ## What is in a checkpoint
#
# Three files, in a folder that appears by a rename once all of it is on the disk. So there is never half a checkpoint
# under its name. The manifest, written last, has the sums of the other two and one of its own. And what takes the
# space?

# %%
newest = max(saved.folder.iterdir())
tensors, facts = storage.load(newest)
print("files:", ", ".join(sorted(path.name for path in newest.iterdir())))
print("facts:", ", ".join(facts))
parts = ("network", "optimiser")
held = {part: sum(value.nbytes for name, value in tensors.items() if name.startswith(part)) for part in parts}
shares = {part: {"share of the bytes": held[part] / sum(each.nbytes for each in tensors.values())} for part in parts}
assert round(held["optimiser"] / held["network"]) == 2
alt = "Two bars: the optimiser's moments take most of a checkpoint, the network's weights the rest."
plots.score_bars(shares, ["share of the bytes"], alt, ours="network")

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
# sha256 does not. Each time we go on from the folder and see what happens.

# %%
import warnings

file = newest / storage.TENSORS
unharmed = file.read_bytes()
half = len(unharmed) // 2
flipped = unharmed[:half] + bytes([unharmed[half] ^ 1]) + unharmed[half + 1 :]
for accident, content in {"one bit flipped": flipped, "cut in half": unharmed[:half], "a pickle": bomb}.items():
    file.write_bytes(content)
    with warnings.catch_warnings(record=True, action="always") as said:
        mended, _ = trained(seed=7, checkpoint=saved.folder)
    (warning,) = [str(each.message) for each in said if "checkpoint" in str(each.message)]
    assert mended == unbroken
    print(f"{accident}: {warning.replace(str(saved.folder) + '/', '')}")

# %% [markdown]
# Refused, said so, and the one before was used: a few steps are done twice, and the run ends with the same bits. No
# line was printed by the pickle. Somebody who writes a whole checkpoint, manifest and all, is not stopped by this; even
# then there are only numbers to load.
#
# ## How often to save?
#
# A save costs time, and so does work that a kill throws away. Let a step take $t$ and a save $C$. Measure both:

# %%
kept = Checkpoints(folder / "saves", {})
took = []
for number in range(5):
    started = time.perf_counter()
    kept.save(number, tensors, {})
    took.append(time.perf_counter() - started)
t, C = profiles["the package"].whole, float(np.median(took))
print(f"a step {1000 * t:.0f} ms, a save of {len(unharmed) / 1e6:.0f} MB {1000 * C:.0f} ms")

# %% [markdown]
# Let kills come at random, $M$ apart on average. Whoever saves every $k$ steps must get through $k t + C$ seconds in
# one piece. With all failed attempts that takes $M (e^{(k t + C) / M} - 1)$ on average. Young (1974) cut the
# exponential after its square and found the interval that loses least: $\sqrt{2 C M}$. To test the formula, draw kills
# and count: each life of a process does as many whole pieces as fit.


# %%
def lost(interval, between):
    """Time lost to saves and kills, as a share of useful time."""
    return between * math.expm1((interval + C) / between) / interval - 1


def simulated(interval, between, seed, kills=20_000):
    lives = np.random.default_rng(seed).exponential(between, kills)
    return lives.sum() / (interval * np.floor(lives / (interval + C)).sum()) - 1


BETWEEN = {"10 minutes": 600, "hour": 3600, "day": 86400}
for name, M in BETWEEN.items():
    best = math.sqrt(2 * C * M)
    assert np.allclose([simulated(best, M, seed) for seed in (0, 1, 2)], lost(best, M), rtol=0.1)
    assert all(1.1 < lost(factor * best, M) / lost(best, M) < 1.4 for factor in (0.5, 2))
    print(f"a kill every {name}: save every {best:.0f} s, {best / t:,.0f} steps; lost {lost(best, M):.2%}")

# %% [markdown]
# The asserts hold the formula to three seeds of drawn kills, and the valley is wide: twice or half the best interval
# loses a quarter more of a small number. So there is no need to know $M$ well, and no need to fear saving often.
#
# Each stop of the slider is another number of steps between checkpoints; a bar is what *one* useful step costs in the
# end. Use the mouse, or click the slider once and press the arrow keys.


# %%
def cost_of_a_step(every):
    bars = {}
    for name, M in BETWEEN.items():
        save, again = C / every, t * lost(every * t, M) - C / every
        bars[f"a kill every {name}"] = {"the step": t, "its share of saves": save, "work done twice": again}
    told = ", ".join(f"{name}: {1000 * sum(parts.values()):.2f} ms" for name, parts in bars.items())
    return plots.step_profile(bars, f"What a step costs with a checkpoint every {every:,} steps. {told}.")


stops = [2, 5, 20, 50, 200, 500, 2_000, 5_000, 20_000]
widgets.edit_slider("save every", {f"{every:,} steps": cost_of_a_step(every) for every in stops})

# %% [markdown]
# At the left end, orange, the saves, is nearly all that is added. To the right, the upper bar grows first. Between them
# all three bars are blue with a thin rim; there a run should be. The bars rescale at every stop, so read the numbers.
#
# ## When it fails
#
# Not every failure is a kill. Try the recipe's learning rate, a hundred times as much, and far too much.

# %%
longer, stories = replace(recipe, epochs=profile.pick(tiny=2, cpu=4, gpu=4)), {}
for factor in (1, 100, 1_000_000):
    wild = replace(longer, learning_rate=factor * recipe.learning_rate)
    name = f"learning rate {wild.learning_rate:g}"
    try:
        stories[name] = train(new_encoder(0), few, wild, device="cpu", progress=False).table()
    except FloatingPointError as error:
        print(f"{name}: {error}")
good, bad = (story[["classification", "contrast"]].sum(axis=1) for story in stories.values())
assert not full_size or bad.max() > bad.iloc[-1] > good.iloc[0]
for name, story in stories.items():
    first, last = story["classification"].iloc[[0, -1]]
    print(f"{name}: classification from {first:.1f} to {last:.1f}")
print(f"classification loss of guessing: {sum(math.log(size) for size in WARDROBE.sizes):.1f}")
plots.history(stories)

# %% [markdown]
# The largest raises, and no checkpoint holds what it made. The orange one is worse: every number is finite, and the run
# ends above where the blue one began. The picture hides that behind the summit; the printed lines do not. No loop can
# tell such a run from a hard problem. You can: ask what guessing would give.

# %% [markdown]
# ## From a folder to embeddings
#
# A trained encoder usually looks at far more images than it was trained on. They lie in files, the work takes hours,
# and somebody will kill that as well. `extract` writes **shards**, each whole or absent. Here is half of the work, as
# the first of two machines would do it, then the same call for all of it.

# %%
from adde_lite.extraction import extract

photos, out = folder / "photos", folder / "embeddings"
photos.mkdir()
names = throughput.write_jpegs(photos, few.images)
half = extract(model, photos, out, shard_size=40, part=(0, 2), progress=False)
print(f"{half.plan.images} images in {half.plan.shards} shards; missing: {half.missing()}")
whole = extract(model, photos, out, shard_size=40, progress=False).load()
assert half.missing() == [] and list(whole.names) == names
print(f"then {len(whole.names)} embeddings {tuple(whole.embeddings.shape[1:])}")

# %% [markdown]
# The second call kept what stood and made the rest. Shards are the unit of everything here: of memory, of what a kill
# costs, of what one machine of many takes; a cluster runs the same ones as a Ray Data job, `extract_with_ray`. What
# limits such a job? Count the files that a core decodes, and the images that the device embeds.

# %%
decoding = throughput.decoding_rate(photos, names, size=64, effort=effort)
embedding = throughput.extraction_rate(model, few.images, device=device, effort=effort)
limit = "decoding" if decoding.per_second < embedding.per_second else "the model"
print(f"from files of this size, {limit} is what limits one core and this device")
decodes, embeds = f"one core decodes, per {decoding.second}", f"the device embeds, per {embedding.second}"
plots.rates({decodes: {"files": decoding.per_second}, embeds: {"files": embedding.per_second}})

# %% [markdown]
# The shorter bar is the limit. The files here are tiny. Photos of a shop have a hundred times the pixels, and a GPU
# embeds far faster than a core decodes: there, decoding is what one pays for.
#
# ## Your machine beside others
#
# The paper's supplementary reports the time to extract features of a thousand images on a V100. Beside it: what this
# machine does *now* in the same shape (AlexNet, 224 px), and the machines on record. To add yours, run `python -m
# adde_lite.throughput`.

# %%
V100_SECONDS_PER_1000 = 1.9  # supplementary of Hou et al. (2021)
VIEW = "AlexNet 224 px, one view"
side, count = profile.pick(tiny=64, cpu=224, gpu=224), profile.pick(tiny=2, cpu=8, gpu=512)
alexnet = seeded(lambda: AttributeEncoder(WARDROBE, recipes.PAPER.encoder.model), 0)
noise = throughput.random_images(WARDROBE, count, side).images
own = throughput.extraction_rate(alexnet, noise, device=device, effort=effort, name=VIEW)
shown = {f"here and now, per {own.second}": {VIEW: own.per_second}}
shown |= throughput.by_machine(throughput.recorded(), name=VIEW)
shown["V100, as the paper reports, per second"] = {VIEW: 1000 / V100_SECONDS_PER_1000}
plots.rates(shown)

# %% [markdown]
# Mind the units: a CPU counts CPU seconds of one core, a GPU seconds on the wall, and the batch of this cell is smaller
# than that of a record. Where the legend says "not measured", no such device was at hand. The paper's number is for its
# own code and card, so read it as a mark on the wall, not as a race.
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
print("kept:", ", ".join(each.label for each in tried[1:] if each.kept) or "nothing")
print(f"bfloat16: {100 * rounded.mean():+.1f} points beside float32, a batch of {batch}: {100 * enlarged.mean():+.1f}")
print(f"two processes against one: weights within {apart['all shared'].max():.0e}")
print(f"killed after step {killed_after} of {epochs * steps}: equal to the last bit: {resumed == unbroken}")
print(f"a kill an hour: save every {math.sqrt(2 * C * BETWEEN['hour']) / t:,.0f} steps")
