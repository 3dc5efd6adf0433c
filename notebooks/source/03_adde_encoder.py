# ---
# jupyter:
#   course:
#     shows: one subspace an attribute, and what each of them sees, with floors and controls
#     cpu_s: 300
#     tiny_cpu_s: 80
#     peak_mb: 3000
# ---

# %% [markdown]
# # The ADDE encoder
#
# **What does each subspace see?** The encoder of Hou et al. (ICCV 2021) gives each attribute a block of numbers of its
# own. That the block for *sleeve* knows the sleeve is easy to show. That it knows nothing else is what an edit needs,
# and nobody gets that for free.
#
# {{budget}}
#
# After this notebook you can
#
# - build the encoder from a trunk and small heads, and follow each symbol of the paper into the code,
# - look into one subspace by its neighbours and by a map, and say what such pictures hide,
# - measure what a subspace tells of *other* attributes, with a floor, a ceiling and two controls,
# - say why the same measurement misleads in a shop.

# %%
import platform
from functools import partial

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from sklearn.linear_model import LogisticRegression

import adde_lite
from adde_lite import AttributeEncoder, AttributeSchema, checks, plots, recipes, widgets
from adde_lite.attributes import MISSING
from adde_lite.data.cache import weights_folder
from adde_lite.data.wardrobe import WARDROBE, wardrobe_facts
from adde_lite.losses import attribute_cross_entropy
from adde_lite.metrics import disentanglement as measures
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.subspaces import leakage, neighbour_agreement, principal_codes, turned
from adde_lite.retrieval.evaluation import as_table
from adde_lite.studies import objectives, subspaces
from adde_lite.studies.grids import DRESSES, Grid
from adde_lite.studies.record import mean_and_range, recorded
from adde_lite.training import seeded

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
print(f"profile {profile.name}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}")

# %% [markdown]
# ## One trunk, a softmax for each attribute
#
# We load the encoder of the course and two drawers of garments that it was not trained on: one to *fit* what we measure
# with, one to *judge* by. No choice in this notebook is made on the second.

# %%
training_set = {"n": 8000, "seed": 0}
encoder, _ = adde_lite.train_or_load(
    weights_folder("wardrobe_encoder"),
    partial(AttributeEncoder, WARDROBE, recipes.WARDROBE.model),
    partial(adde_lite.wardrobe, **training_set),
    recipes.WARDROBE.training,
    wardrobe_facts(**training_set),
)
fitted = adde_lite.wardrobe(profile.pick(tiny=320, cpu=subspaces.FITTED, gpu=subspaces.FITTED), subspaces.FITTED_SEED)
judged = adde_lite.wardrobe(profile.pick(tiny=200, cpu=subspaces.JUDGED, gpu=subspaces.JUDGED), subspaces.JUDGED_SEED)
names, A = WARDROBE.names, WARDROBE.A
print(f"{len(fitted):,} garments to fit on, {len(judged):,} to judge by, {A} attributes, {WARDROBE.J} values")

# %% [markdown]
# The plain way to predict many attributes is one **trunk** $g$, a network that turns an image $x$ into one vector of
# features $g(x)$, and a softmax on it for each attribute: logistic regression. Here are the features of our encoder's
# trunk, and such a softmax for three attributes.


# %%
@torch.no_grad()
def trunk_features(images):
    return torch.cat([encoder.trunk(batch / 255) for batch in images.split(256)])


features, features_judged = trunk_features(fitted.images), trunk_features(judged.images)
softmax = {}
for name in ("colour", "sleeve", "fit"):
    a = WARDROBE.index(name)
    rows, rows_judged = (drawer.labels[:, a] != MISSING for drawer in (fitted, judged))
    softmax[name] = LogisticRegression(C=0.01, max_iter=200).fit(features[rows], fitted.labels[rows, a])
    right = softmax[name].score(features_judged[rows_judged], judged.labels[rows_judged, a])
    print(f"{name}: {right:.0%} of held-out garments, from all {features.shape[1]} features")

# %% [markdown]
# The features know these attributes. But which of them *is* the sleeve? Sort the features by how much each softmax uses
# them: how many carry most of its weight, and how many of those do two attributes share?


# %%
def busiest(classifier, part=0.8):
    """The features that carry this part of a softmax's squared weight."""
    use = (classifier.coef_**2).sum(0) * features.numpy().var(0)
    order = use.argsort()[::-1]
    return set(order[: 1 + int(np.searchsorted(use[order].cumsum(), part * use.sum()))].tolist())


used = {name: busiest(classifier) for name, classifier in softmax.items()}
shared = {one: {two: len(used[one] & used[two]) / len(used[one]) for two in used} for one in used}
print(", ".join(f"{name} uses {len(places)} of {features.shape[1]} features" for name, places in used.items()))
most, pair = max((shared[one][two], f"{one} and {two}") for one in used for two in used if one != two)
print(f"{pair} share most: {most:.0%}")
alt = "For three attributes: the share of the features used by one that another uses too, from few to many."
plots.number_map(shared, alt, title="shared features")

# %% [markdown]
# A row is an attribute, a column the one it shares features with. The diagonal is full by definition; look at the rest:
# pairs differ, and the printed one shares most. Some features serve one attribute only, but nobody arranged that, and
# nobody knows which without such a search. The map says which features are *used*; it does not say that they could not
# be spared.

# %% [markdown]
# ## From one vector to A subspaces
#
# So each attribute gets a small network of its own on top of the trunk, and its output is a place of its own: the
# **subspace** of the attribute. In symbols: the trunk turns an image $x$ into features $g(x)$. The *head* of attribute
# $a$, Linear-ReLU-Linear, turns these into $r_a = \phi_a(g(x))$, a block of $d$ numbers. All $A$ blocks together,
# $r = [r_1; \dots; r_A]$, are the **embedding** of the image.

# %%
F, H, d = encoder.trunk.features, encoder.recipe.hidden, encoder.recipe.d
phi = torch.nn.Sequential(torch.nn.Linear(F, H), torch.nn.ReLU(), torch.nn.Linear(H, d))
print("one head:", features.shape[1], "features ->", H, "->", phi(features[:1]).shape[1], "numbers")
print(f"{A} heads: an embedding of {A} x {d} = {A * d} numbers")

# %% [markdown]
# A heads in a row would be a Python loop of small products, slow on every device. All first layers side by side are
# *one* matrix; all second layers are one product in blocks. To prove that this is the same, we cut the trained heads of
# the package into small ones.


# %%
def small_head(batched, a):
    """Head a as a network of its own, with the weights of the batched one."""
    head = torch.nn.Sequential(torch.nn.Linear(F, H), torch.nn.ReLU(), torch.nn.Linear(H, d))
    rows = slice(a * H, (a + 1) * H)
    first = {"0.weight": batched.first.weight[rows], "0.bias": batched.first.bias[rows]}
    head.load_state_dict(first | {"2.weight": batched.second[a].T, "2.bias": batched.bias[a]})
    return head


small = [small_head(encoder.heads, a) for a in range(A)]
with torch.no_grad():
    by_loop = torch.stack([head(features) for head in small], dim=1)
    by_product = encoder.heads(features)
assert torch.allclose(by_loop, by_product, atol=1e-4)
print("largest difference:", f"{(by_loop - by_product).abs().max():.0e}", " largest number:", f"{by_product.max():.0f}")
for part in ("trunk", "heads", "predictor"):
    print(part, f"{sum(weights.numel() for weights in getattr(encoder, part).parameters()):,} weights")

# %% [markdown]
# Equal up to rounding. `AttributeHeads` is the package's name for it; nothing is hidden in it.
#
# ## A loss with holes
#
# What makes block $a$ be about attribute $a$? Only the loss: a linear predictor that may read *only this block* has to
# name the value. Trousers have no sleeve, so many labels are missing, and a missing label must have no say. By hand,
# for three garments with two attributes; the predicted probabilities are given.

# %%
toy = AttributeSchema.of({"colour": ["red", "blue"], "sleeve": ["short", "long"]})
chances = torch.tensor([[0.50, 0.50, 0.80, 0.20], [0.90, 0.10, 0.40, 0.60], [0.25, 0.75, 0.50, 0.50]])
labels = torch.tensor([[0, 1], [0, MISSING], [1, MISSING]])
colour = -(np.log(0.50) + np.log(0.90) + np.log(0.75)) / 3  # the mean over three labelled garments
sleeve = -np.log(0.20)  # only the first has a sleeve
assert np.isclose(attribute_cross_entropy(chances.log(), labels, toy.sizes), colour + sleeve)
print(f"colour {colour:.3f} + sleeve {sleeve:.3f} = {colour + sleeve:.3f}")

# %% [markdown]
# Each attribute is a mean over *its* labelled garments, and the attributes are added: an attribute that few garments
# have weighs as much as one that all have. The same on real garments, written as the formula; and the gradient of a
# prediction without a label must be exactly zero.

# %%
logits = encoder.predictor(by_product).detach().requires_grad_()
total = 0
for block, codes in zip(logits.split(WARDROBE.sizes, 1), fitted.labels.T, strict=True):
    has = codes != MISSING
    total = total - block.log_softmax(1)[has, codes[has]].mean()
assert torch.isclose(total, attribute_cross_entropy(logits, fitted.labels, WARDROBE.sizes))
total.backward()
silent = [
    not gradient[codes == MISSING].any()
    for gradient, codes in zip(logits.grad.split(WARDROBE.sizes, 1), fitted.labels.T, strict=True)
]
assert all(silent)
print(f"loss {total.item():.2f}; {(fitted.labels == MISSING).float().mean():.0%} of labels are missing, and silent")

# %% [markdown]
# Nothing in this loss forbids block $a$ to know attribute $b$ as well. Keep that in mind: it is the question of the
# second half. (The course's encoder adds a contrast between garments of equal value, within each block. It says nothing
# of other blocks either.)
#
# ## Does each block know its own attribute?

# %%
blocks, blocks_judged = encoder.embed(fitted.images), encoder.embed(judged.images)
accuracy = dict(zip(names, attribute_accuracy(encoder.classify(blocks_judged), judged.labels).tolist(), strict=True))
majority = judged.summary()["majority"]
assert all(accuracy[name] > majority[name] for name in names)
guesses = {name: (1 / size, majority[name]) for name, size in zip(names, WARDROBE.sizes, strict=True)}
alt = f"Accuracy of {A} attributes as dots, blind guesses as grey bars; all dots lie right of their bars."
plots.baseline_ranges(accuracy, guesses, alt, what="share of garments read right")

# %% [markdown]
# The dot is what the predictor reads from the attribute's own block on garments it has never seen. The grey bar reaches
# from a guess at random to always saying the most frequent value. All dots lie right of their bars, some farther than
# others. The picture does not say what *else* lies in a block.
#
# ## Look into one subspace
#
# The simplest look: take a garment, and find its nearest neighbours by the distance *within one block*. A garment that
# lacks the attribute has no place there and is left out.


# %%
def nearest_in(attribute, row, k=4):
    """The k garments nearest to this one in the subspace of the attribute."""
    a = WARDROBE.index(attribute)
    distances = (blocks_judged[:, a] - blocks_judged[row, a]).norm(dim=1)
    distances[judged.labels[:, a] == MISSING] = torch.inf
    distances[row] = torch.inf
    return judged.subset(distances.topk(k, largest=False).indices)


row = int((judged.labels != MISSING).sum(1).argmax())  # the garment that has most attributes
garment = judged.subset([row])
shown = ("colour", "sleeve")
plots.neighbour_rows(garment, {name: nearest_in(name, row) for name in shown})

# %% [markdown]
# The same garment on the left, twice; each row has other neighbours. A blue frame has the value of the row's
# attribute, a dashed orange one does not. Now look at what *changes* along a row: other kinds of garment, other
# patterns. That is what a subspace promises: only its own attribute counts. One garment proves nothing; the picture
# does not show how often.
#
# ## Move it
#
# Each stop of the slider is another subspace of the same garment. Use the mouse, or click the slider once and press the
# arrow keys.

# %%
has = [name for name, code in zip(names, judged.labels[row].tolist(), strict=True) if code != MISSING][-9:]
widgets.edit_slider("subspace", {name: plots.neighbour_rows(garment, {name: nearest_in(name, row)}) for name in has})

# %% [markdown]
# Watch what stays equal *besides* the attribute of the stop. If the neighbours in the subspace of the waist are all of
# one category, then that block knows the category too. The eye is good at finding such things and bad at counting them.
#
# So count. For each garment take ten neighbours in the sleeve block: how many share its sleeve, how many its length?

# %%
sleeve = WARDROBE.index("sleeve")
rows = judged.labels[:, sleeve] != MISSING
block, codes = blocks_judged[rows, sleeve], judged.labels[rows]
near = torch.cdist(block, block).fill_diagonal_(torch.inf).topk(10, largest=False).indices
agreement = neighbour_agreement(blocks_judged, judged.labels, WARDROBE, k=10)
for name in ("sleeve", "length"):
    b = WARDROBE.index(name)
    by_hand = (codes[near, b] == codes[:, None, b]).double().mean()
    assert torch.isclose(by_hand, agreement.neighbours[sleeve, b])
    print(f"neighbours in the sleeve block share the {name}: {by_hand:.0%}")

# %% [markdown]
# `neighbour_agreement` does this for every block and every attribute, and brings the **floor** along: how often two
# garments with the same *label* of $a$ agree in $b$. Labels go together: only some categories have a collar, so a
# collar already narrows the category, and no code of collars can help telling that.

# %%
maps = {"neighbours in a subspace": agreement.neighbours.numpy(), "any two with its label": agreement.label.numpy()}
others = ~torch.eye(A, dtype=torch.bool)
own, rest, floor = (
    float(part.nanmean())
    for part in (agreement.neighbours.diagonal(), agreement.neighbours[others], agreement.label[others])
)
assert own > rest + 0.2
print(f"neighbours agree in their own attribute {own:.0%}, in others {rest:.0%}, labels alone {floor:.0%}")
alt = f"Two maps of {A} by {A} cells: neighbours agree on the diagonal, elsewhere little more than labels alone."
plots.leakage_maps(maps, names, alt, numbers=False)

# %% [markdown]
# Rows are subspaces, columns the attributes on which neighbours agree; full colour is always. Grey cells are pairs of
# attributes that no garment has together. On the left the framed diagonal stands out; compare the cells beside it with
# the right map, cell by cell. Where the left is darker, another attribute moves the distance in a block. A weak trace
# would not show here: neighbours ask what *dominates* a block.

# %% [markdown]
# ## A map of one subspace
#
# Papers like to draw maps. Here is the subspace of the sleeve, and that of the fit, both coloured by the *sleeve*; by
# PCA, which turns the block and drops all but two directions, and by UMAP, which tries to keep neighbours together.

# %%
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from umap import UMAP

fit = WARDROBE.index("fit")
rows = (judged.labels[:, [sleeve, fit]] != MISSING).all(1).nonzero()[: profile.pick(tiny=120, cpu=400, gpu=400), 0]
placed = {}
for title, a in (("sleeve", sleeve), ("fit", fit)):
    points = blocks_judged[rows, a].numpy()
    placed[f"PCA, {title} subspace"] = PCA(2).fit_transform(points)
    placed[f"UMAP, {title} subspace"] = UMAP(random_state=0, n_jobs=1).fit_transform(points)
torch.set_num_threads(1)  # UMAP has asked for all cores
alt = "Two subspaces by PCA and by UMAP, coloured by the sleeve: groups in the sleeve subspace, a mixture in the other."
plots.maps(placed, judged.labels[rows, sleeve].numpy(), WARDROBE.options("sleeve"), alt)

# %% [markdown]
# In its own subspace the sleeve makes groups, in that of the fit the colours mix. UMAP draws the groups as islands;
# their distances and sizes mean nothing, and another seed moves them. Neither map can show a *leak*: a direction that
# carries little variance is dropped by PCA and ignored by UMAP. How far may one trust the neighbours in a map?

# %%
keeps = {}
for title, points in placed.items():
    block = blocks_judged[rows, fit if "fit" in title else sleeve].numpy()
    shuffled = np.random.default_rng(0).permutation(points)
    kept, by_chance = (trustworthiness(block, places, n_neighbors=10) for places in (points, shuffled))
    assert kept > by_chance + 0.1
    keeps[title] = {"trustworthiness": kept, "rows shuffled": by_chance}
as_table(keeps).map("{:.2f}".format)

# %% [markdown]
# Trustworthiness is one when all neighbours in the map are neighbours in the block as well, and about a half for a map
# of shuffled rows. It is the number that belongs beside such a picture. For what a block *hides* we need something that
# looks into every direction.

# %% [markdown]
# ## A probe, by hand
#
# A **linear probe** is a classifier that may read one block and has to name *another* attribute. What it gets right can
# be read there by anyone. But beware of the floor: sometimes the label alone says it. Eight garments, where red ones
# tend to be short:

# %%
pairs = torch.tensor([[0, 0], [0, 0], [0, 0], [0, 1], [1, 1], [1, 1], [1, 1], [1, 0]])
table = pd.crosstab(pairs[:, 0], pairs[:, 1]).to_numpy()
floor = table.max(1).sum() / table.sum()  # for each colour the most frequent sleeve
blind = table.sum(0).max() / table.sum()
pure = pairs[:, :, None].double()  # each subspace holds its label, and nothing else
told = leakage(pure, pairs, pure, pairs, toy)
assert told.label[0, 1] == floor and told.majority[0, 1] == blind
assert told.probe[0, 1] == floor and told.own == 1 and told.leaked == 0
print(f"sleeve: blind {blind:.0%}, from the label of the colour {floor:.0%}, from the block {told.probe[0, 1]:.0%}")

# %% [markdown]
# The block for colour holds the colour and nothing else, and still the sleeve can be guessed from it better than
# blindly. That is the shop's doing, not the encoder's. Now a *leaky* block: beside the colour it holds a very small
# number for the sleeve. Standardised, the small number counts as much as the large one: a probe asks what is *there*,
# not how much room it takes.

# %%
leaky = torch.cat([pure, torch.zeros_like(pure)], dim=2)
leaky[:, 0, 1] = 0.01 * pairs[:, 1]  # a second number, a hundred times smaller
mixed = leakage(leaky, pairs, leaky, pairs, toy)
assert mixed.probe[0, 1] == 1 and mixed.probe[1, 0] == told.label[1, 0]
assert np.isclose(mixed.leaked, (1 + 0) / 2)  # all of the sleeve in one block, none of the colour in the other
print(f"from the leaky block {mixed.probe[0, 1]:.0%} of sleeves; share leaked {mixed.leaked:.2f}")

# %% [markdown]
# *Share leaked* compares three things: zero means that blocks tell of other attributes what labels tell, one that they
# tell as much as all blocks together. Now a real probe: what does the block of the waist tell of the category? One
# probe for each block and each attribute makes a matrix. `leakage` fits all of them in one batch, because they share no
# weight, and brings the floor and the ceiling along.

# %%
a, b = WARDROBE.index("waist"), WARDROBE.index("category")
rows, rows_judged = ((drawer.labels[:, [a, b]] != MISSING).all(1) for drawer in (fitted, judged))
mean, spread = blocks[rows, a].double().mean(0), blocks[rows, a].double().std(0, correction=0)
inputs, inputs_judged = (
    ((part.double() - mean) / spread).numpy() for part in (blocks[rows, a], blocks_judged[rows_judged, a])
)
probe = LogisticRegression(max_iter=1000).fit(inputs, fitted.labels[rows, b])
by_hand = probe.score(inputs_judged, judged.labels[rows_judged, b])

# %%
read = leakage(blocks, fitted.labels, blocks_judged, judged.labels, WARDROBE)
few = 3 / int(read.images[a, b])  # garments on the border, where two solvers stop a hair apart
assert abs(by_hand - read.probe[a, b]) <= few
guess, ceiling = float(read.label[a, b]), float(read.whole[a, b])
print(f"category from the waist's block {by_hand:.0%}; from its label {guess:.0%}; from all blocks {ceiling:.0%}")
alt = f"{A} by {A} cells: how often a probe on a subspace names an attribute, in per cent; the diagonal is darkest."
plots.leakage_maps({"linear probes, per cent right": read.probe.numpy()}, names, alt)

# %% [markdown]
# Rows are the blocks that are read, columns the attributes asked for; the framed cells read their own. Follow a column:
# the framed cell should be by far the darkest. Pale is not zero, though: with few values, blind guesses are often
# right. So a cell means nothing without its floor, and this map does not show the floors. The next picture does.

# %%
beyond = (read.probe - read.label).masked_fill(~others | read.probe.isnan(), -1)
order = beyond.flatten().argsort(descending=True)[:5].tolist()
worst = {f"{names[at // A]} tells of {names[at % A]}": at for at in order}
cells = {name: (read.label.flatten()[at], read.probe.flatten()[at]) for name, at in worst.items()}
display(pd.DataFrame(cells, index=["labels alone", "the subspace"]).T.map("{:.0%}".format))
together = read.whole.diagonal().numpy()
alt = f"For {A} attributes: accuracy from the own subspace, from every other one, from labels alone, from all together."
plots.reading_strips(read.probe.numpy(), read.label.numpy(), together, names, alt)

# %% [markdown]
# A line is an attribute that is asked for. Blue: its own block. Orange: every other block. The grey bar is the range of
# the floor, what labels alone tell; the black tick all blocks together. Orange dots right of the grey bar are leaks:
# the blocks are not sealed. Whether a leak *matters* for a search, the neighbours above said.
#
# The table has the largest leaks. Look for the category on either side: what a sleeve or a collar looks like depends on
# the kind of garment. But the largest of many cells is always a little lucky.

# %% [markdown]
# ## Two controls
#
# Is a leak of this size much? Two controls answer. An **untrained** encoder: same layers, random weights. And the
# trained embedding **turned**: all its numbers rotated at random. Nothing is lost by a turn; only the blocks lose their
# meaning.

# %%
draw = torch.randn(A * d, A * d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
rotation = torch.linalg.qr(draw).Q.float()  # any random square matrix has a rotation inside
around = (blocks_judged.flatten(1) @ rotation).reshape(blocks_judged.shape)
assert torch.allclose(around, turned(blocks_judged, seed=0))
before, after = (torch.cdist(whole, whole) for whole in (blocks_judged.flatten(1), around.flatten(1)))
assert torch.allclose(before, after, atol=0.05 * float(before.mean()))
print(f"largest change of a distance by the turn: {(before - after).abs().max() / before.mean():.1%} of the mean")

untrained = seeded(partial(AttributeEncoder, WARDROBE, recipes.WARDROBE.model), 0)
raw, raw_judged = untrained.embed(fitted.images), untrained.embed(judged.images)
control = {
    "trained": read,
    "turned": leakage(turned(blocks, 0), fitted.labels, around, judged.labels, WARDROBE),
    "untrained": leakage(raw, fitted.labels, raw_judged, judged.labels, WARDROBE),
}
alt = "Three maps of probe accuracy: trained with a dark diagonal, turned evenly dark, untrained evenly pale."
plots.leakage_maps({name: result.probe.numpy() for name, result in control.items()}, names, alt, numbers=False)

# %% [markdown]
# The turned map is dark everywhere: any block tells nearly everything, its own attribute no better than others. The
# untrained one is paler everywhere. Only on the left is there a diagonal. So training buys two things: the information,
# which both left maps have, and its *place*, which only the first has. The maps show means over garments, not what one
# edit would move.

# %%
scores = {
    name: {"own": result.own, "all together": float(result.whole.diagonal().nanmean()), "leaked": result.leaked}
    for name, result in control.items()
}
assert scores["trained"]["own"] > scores["untrained"]["own"] + 0.2
assert scores["trained"]["leaked"] < scores["turned"]["leaked"] - 0.2
assert abs(scores["trained"]["all together"] - scores["turned"]["all together"]) < 0.05
as_table(scores).map("{:.2f}".format)

# %% [markdown]
# ## Over seeds
#
# One encoder is one draw. `make study` trains the same encoder from three seeds, shorter and on fewer garments, and
# measures each as above; three more are trained in a correlated *shop*, of which later; three stay untrained. We read
# the record.

# %%
runs = subspaces.runs()
study = recorded(subspaces.STUDY, runs)
kinds = study.groupby("encoder", sort=False)
leaks = {f"{kind}": group["leaked"].tolist() for kind, group in kinds}
leaks["trained, turned"] = study.loc[study["encoder"] == subspaces.TRAINED, "turned: leaked"].tolist()
assert all(list(one_seed) == sorted(one_seed) for one_seed in zip(*leaks.values(), strict=True))
columns = ["own", "others", "whole", "leaked", "turned: own", "turned: leaked", "neighbours: own", "neighbours: others"]
assert (kinds["own"].median()[subspaces.TRAINED] - kinds["own"].median()[subspaces.UNTRAINED]) > 0.1
display(kinds[columns].agg(partial(mean_and_range, digits=2)).T.rename_axis(columns=None))
alt = "Share leaked, three seeds each: it grows from trained to trained in a shop, untrained, and trained and turned."
plots.score_strips(leaks, "share leaked (0: as labels, 1: as all subspaces)", alt, baseline=subspaces.UNTRAINED)

# %% [markdown]
# In the picture each dot is one encoder, each bar a median; the table has the mean, plus or minus half the range. In
# every seed the four kinds come in the same order, which the cell asserts: the seed decides little. Read the picture
# with the table, because an encoder that knows nothing has nothing to leak: an untrained one tells little of *any*
# attribute, so its share is a share of little.

# %% [markdown]
# A record is only as good as the code that made it, so we do some of it again, here and now: the untrained encoder, and
# in the larger profiles a trained one. On the machine that made the record they agree; on another, sums are rounded in
# another order and training drifts, so a tolerance is asserted.

# %%
trained_run, untrained_run = runs[0], runs[-len(subspaces.SEEDS)]
live = profile.pick(tiny=[untrained_run], cpu=[trained_run, untrained_run], gpu=[trained_run, untrained_run])
both = {}
for run in live:
    model = run.trained()
    now = subspaces.subspace_scores(
        (model.embed(fitted.images), model.embed(judged.images)), (fitted.labels, judged.labels)
    )
    past = recorded(subspaces.STUDY, [run]).iloc[0]
    for when, scored in (("recorded", past), ("now", now)):
        both[f"{run.name['encoder']}: {when}"] = {name: scored[name] for name in ("own", "others", "leaked")}
    assert profile.name == "tiny" or all(abs(now[name] - past[name]) < 0.05 for name in ("own", "others", "leaked"))
as_table(both).map("{:.3f}".format)

# %% [markdown]
# In profile `tiny` there are fewer garments, so the lines of a pair may differ; in the others the cell asserts that
# they agree.
#
# ## The metrics of notebook 02, on blocks
#
# Notebook 02 measured codes of single numbers on a grid of dresses: four attributes and the place on the table. A
# subspace is a *block* of numbers. Two ways to ask: reduce each block to one number, its first principal component; or
# let DCI's forest look at all numbers and add up the importance by block.

# %%
grid = profile.pick(tiny=Grid(DRESSES.attributes, {"x": 2, "y": 2}), cpu=DRESSES, gpu=DRESSES)
dresses, factors = subspaces.dresses(grid), grid.factors()
on_grid = {"trained": encoder.embed(dresses.images), "untrained": untrained.embed(dresses.images)}
on_grid["turned"] = turned(on_grid["trained"], seed=0)

block = on_grid["trained"][:, sleeve].double().numpy()
by_hand = (block - block.mean(0)) @ np.linalg.svd(block - block.mean(0), full_matrices=False)[2][0]
component = principal_codes(on_grid["trained"])[:, sleeve].numpy()
assert np.allclose(np.abs(by_hand), np.abs(component), atol=1e-6)  # the sign is anybody's
told = np.corrcoef(component, factors[:, list(grid.sizes).index("sleeve")])[0, 1] ** 2
print(f"{len(dresses):,} dresses; the first component of the sleeve block shares {told:.0%} of variance with its order")

# %%
codes = {name: principal_codes(embedding).numpy() for name, embedding in on_grid.items()}
labels_as_codes = dresses.labels.double().numpy()
metrics = {"labels (oracle)": subspaces.grid_metrics(labels_as_codes, grid)}
metrics |= {name: subspaces.grid_metrics(code, grid) for name, code in codes.items()}
vaes = recorded(objectives.STUDY, objectives.runs())
vaes = vaes[vaes["objective"] != objectives.UNTRAINED].drop(columns=["objective", "strength", "seed"])
metrics |= {"VAEs, median": vaes.median(), "VAEs, best in each": vaes.max()}
columns = ["MIG", "SAP continuous", "DCI disentanglement", "modularity", "explicitness", "IRS", "FactorVAE"]
report = as_table(metrics)[columns]
assert report.loc["labels (oracle)", "MIG"] > report.loc["trained", "MIG"] > report.loc["turned", "MIG"] + 0.1
report.map("{:.2f}".format)

# %% [markdown]
# The last lines are the VAEs of notebook 02 on the same dresses, drawn smaller: their median, and for each metric the
# best of all of them. Even the oracle is not perfect: no label says where the dress lies, so two of the six factors
# have no code of their own, while a VAE codes what fills pixels. And the labels that stay the same on all dresses count
# as codes without any modularity. What has no label gets no place. And one component is not a block: what the other
# numbers of the block say does not count here.

# %%
importance = {name: subspaces.block_importance(embedding, grid) for name, embedding in on_grid.items()}
told = measures.disentanglement(importance["trained"])
rows = {
    name: dict(zip(grid.sizes, row.tolist(), strict=True))
    for name, row in zip(names, importance["trained"], strict=True)
}
alt = "Importance of each subspace for six factors: four attributes point to their own subspace, the place to none."
plots.number_map(rows, alt, title=f"disentanglement {told:.2f}")

# %% [markdown]
# A column is a factor and sums to one; a row is a block. Each attribute leans on its own block; the place, `x` and `y`,
# is spread over all of them: every block still knows a little where the dress lies, although nobody asked. A forest
# takes what is handiest, so a pale cell does not prove that nothing can be read there; the probes asked that.

# %%
named = [names.index(factor) for factor in grid.attributes]
assert (importance["trained"][:, : len(named)].argmax(0) == named).all()
by_block = {
    name: {"disentanglement": measures.disentanglement(part), "completeness": measures.completeness(part)}
    for name, part in importance.items()
}
assert by_block["trained"]["disentanglement"] > 2 * max(
    by_block[name]["disentanglement"] for name in ("turned", "untrained")
)
recorded_blocks = kinds["blocks: disentanglement"].median()
print("over seeds:", ", ".join(f"{kind} {value:.2f}" for kind, value in recorded_blocks.items()))
as_table(by_block).map("{:.2f}".format)

# %% [markdown]
# ## When it fails: the shop
#
# So far the attributes were drawn independently. In a shop they are not: styles put colours with patterns and fits with
# categories. First without any encoder: how well does the *label* of one attribute tell another, as the correlation of
# the Wardrobe rises?

# %%
stops = profile.pick(tiny=(0.0, 1.0), cpu=(0.0, 0.25, 0.5, 0.75, 1.0), gpu=(0.0, 0.25, 0.5, 0.75, 1.0))
amount = profile.pick(tiny=400, cpu=2000, gpu=2000)
floors = np.empty((len(profile.seeds), len(stops)))
for at, seed in enumerate(profile.seeds):
    for stop, correlation in enumerate(stops):
        floors[at, stop] = subspaces.told_by_labels(amount, 10 + seed, correlation)
assert (floors[:, -1] > floors[:, 0] + 0.05).all()
alt = "What labels tell of other labels rises with the correlation of the Wardrobe."
plots.score_curves({"what labels tell of one another": {"labels alone": floors}}, stops, "correlation", alt, log=False)

# %% [markdown]
# The line is the mean over the seeds, the band their range. No code of an attribute can stay below this line, not even
# the perfect one. So a probe that reads the pattern from the colour's block of a shop proves nothing yet. Now our
# encoder, the same weights as before, on garments of such a shop.

# %%
shop = adde_lite.wardrobe(profile.pick(tiny=240, cpu=1600, gpu=1600), seed=3, correlation=1.0)
cut = 5 * len(shop) // 8
in_shop = encoder.embed(shop.images)
halves = in_shop[:cut], shop.labels[:cut], in_shop[cut:], shop.labels[cut:]
shopped = leakage(*halves, WARDROBE)
rest = len(shop) - cut
equal = leakage(blocks[:cut], fitted.labels[:cut], blocks_judged[:rest], judged.labels[:rest], WARDROBE)
where = {}
for name, result in {"independent": equal, "shop": shopped}.items():
    told, alone = (float(accuracies[others].nanmean()) for accuracies in (result.probe, result.label))
    where[name] = {"others": told, "labels alone": alone, "leaked": result.leaked}
assert all(where["shop"][name] > where["independent"][name] + 0.05 for name in ("others", "labels alone"))
display(as_table(where).map("{:.2f}".format))
together = shopped.whole.diagonal().numpy()
alt = "In the shop: grey bars, what labels alone tell, are long and reach far right, under most orange dots."
plots.reading_strips(shopped.probe.numpy(), shopped.label.numpy(), together, names, alt)

# %% [markdown]
# *Others* is the mean of what blocks tell of other attributes, as it would stand in a paper without floors. It rises
# with the shop, and so does what labels alone tell. Compare with the same picture further up: the grey bars have grown,
# the orange dots have moved right, and the encoder has not changed. Who has only shop data and no floor would call it
# leaky. Rare values make the floor itself uncertain, which the picture does not show.

# %% [markdown]
# ## When it fails: trained in the shop
#
# What if the encoder is *trained* in such a shop? Then colour helps to guess the pattern, and nothing punishes a block
# that uses it. The record has three such encoders; like the others they are judged on independent garments.

# %%
medians = kinds[["own", "leaked", "blocks: disentanglement"]].median()
changed = medians.loc[subspaces.SHOP] - medians.loc[subspaces.TRAINED]
print("trained in a shop:", ", ".join(f"{name} {change:+.2f}" for name, change in changed.items()))
own = {kind: group["own"].tolist() for kind, group in kinds}
assert min(own[subspaces.TRAINED]) > max(own[subspaces.SHOP]) and changed["blocks: disentanglement"] < 0
alt = "Mean accuracy from the own subspace, three seeds each: highest when trained on independent garments."
plots.score_strips(own, "own attribute, on independent garments", alt, baseline=subspaces.UNTRAINED)

# %% [markdown]
# A dot is an encoder. Those of the shop know their own attributes less well on independent garments, and the printed
# line says what became of their blocks: they leak more, and are used for more than one factor. Values that are rare in
# the shop and short cuts over other attributes both have a part in it; the picture cannot tell them apart, and one shop
# is one draw of styles.
#
# ## When it fails: a garment misread
#
# And a failure of the plain kind. Take the attribute that is read worst, and of its misread garments the one that the
# predictor is surest about.

# %%
weakest = min(accuracy, key=accuracy.get)
a = WARDROBE.index(weakest)
chance = encoder.predict(blocks_judged).split(WARDROBE.sizes, 1)[a].max(1)
wrong = (judged.labels[:, a] != MISSING) & (chance.indices != judged.labels[:, a])
mistaken = int(chance.values.masked_fill(~wrong, -1).argmax())
said = WARDROBE.values[a][int(chance.indices[mistaken])]
sure = float(chance.values[mistaken])
labelled = int((judged.labels[:, a] != MISSING).sum())
print(f"{weakest}: read as {said!r}, {sure:.0%} sure; {int(wrong.sum())} of {labelled:,} garments are misread")
plots.neighbour_rows(judged.subset([mistaken]), {weakest: nearest_in(weakest, mistaken)})

# %% [markdown]
# Count the dashed frames: its neighbours in this subspace tend to have other values than the garment. The block is
# clear, and wrong. A probability says how clear a block is, not how right. Look at the garment: would you have seen it
# at this size? The picture shows the surest mistake, not a typical one.

# %% [markdown]
# ## Exercises
#
# An exercise stands on the first code cell alone: run that, and you can begin here. Write your answer in the place of
# the `...`, run the cell and then the one below it, which says how far you are.
#
# ### Exercise 1, 2 minutes: a label that is missing
#
# `log_probabilities` has a row for each of `N` garments and a column for each value of one attribute; `codes` are its
# labels, -1 where missing. Return the cross-entropy: minus the log probability of the true value, averaged over the
# garments that have one.

# %% [markdown] tags=["hint"]
# `has = codes != MISSING` picks the rows; `log_probabilities[has, codes[has]]` picks one number in each.


# %% tags=["stub"]
def loss_of(log_probabilities, codes):
    """Mean cross-entropy of one attribute over its labelled garments, from (N, J_a) and codes (N,)."""
    ...


# %% tags=["solution"]
def loss_of(log_probabilities, codes):
    """Mean cross-entropy of one attribute over its labelled garments, from (N, J_a) and codes (N,)."""
    has = codes != MISSING
    return -log_probabilities[has, codes[has]].mean()


# %% tags=["check"]
print(checks.adde_encoder.loss_of(loss_of))

# %% [markdown] tags=["instructor"]
# **Ask:** what does Python make of index -1? The last value: a garment without a sleeve would learn the last sleeve of
# the list, and no error is raised. Let someone leave the mask out and look at the gradient.

# %% tags=["instructor"]
chances = torch.tensor([[0.2, 0.8], [0.9, 0.1]])
print(checks.adde_encoder.loss_of.on(loss_of, [(chances.log(), torch.tensor([0, -1]))]))

# %% [markdown]
# ### Exercise 2, 10 minutes: the floor
#
# What does the label of one attribute tell of another? For each value of `a`, learn from the fitted garments which
# value of `b` is the most frequent. Then guess `b` for the judged garments and return the share that is right. A
# garment that lacks either label takes no part.

# %% [markdown] tags=["hint"]
# Count the pairs of the fitted garments in a table with a row for each value of `a`; `argmax` along a row is the guess.
# `pd.crosstab` counts, or two `torch.nn.functional.one_hot` and a product.


# %% tags=["stub"]
def floor_of(a, b, a_judged, b_judged):
    """Share of judged b that is right when guessed from a; codes (N,) twice to learn from, (M,) twice to judge by."""
    ...


# %% tags=["solution"]
def floor_of(a, b, a_judged, b_judged):
    """Share of judged b that is right when guessed from a; codes (N,) twice to learn from, (M,) twice to judge by."""
    known = (a != MISSING) & (b != MISSING)
    guess = {int(value): int(b[known & (a == value)].mode().values) for value in a[known].unique()}
    asked = ((a_judged != MISSING) & (b_judged != MISSING)).nonzero()[:, 0].tolist()
    return sum(guess[int(a_judged[n])] == int(b_judged[n]) for n in asked) / len(asked)


# %% tags=["check"]
print(checks.adde_encoder.floor_of(floor_of))

# %% [markdown] tags=["instructor"]
# **Ask:** may a probe on a block lie below this floor? Yes: it is fitted on few garments and judged on others, and a
# penalty holds it back. And is a probe that lies on the floor proof of a clean block? Of a line, yes; a probe by
# neighbours (`sklearn.neighbors.KNeighborsClassifier`) may find what a line does not.

# %% tags=["instructor"]
seen = torch.tensor([0, 0, 1, 1]), torch.tensor([1, 1, 0, 0])
print(checks.adde_encoder.floor_of.on(floor_of, [(*seen, torch.tensor([0, -1, 1]), torch.tensor([1, 0, 1]))]))

# %% [markdown]
# ### Exercise 3, 30 minutes: one number for all leaks
#
# Three matrices say how often the attribute of a column is read right: from the block of the row (`probe`), from the
# label of the row (`label`), from all blocks (`whole`). Return the share leaked: what the blocks tell beyond labels,
# summed over all pairs of *different* attributes, divided by the sum of what all blocks together tell beyond labels.
# Pairs that no garment has together are NaN, and take no part.
#
# Then make the blocks tighter: train an encoder with a smaller `d`, or with more `contrast`, on part of the training
# set, cut `fitted` in two and hand the matrices of `leakage` to your function. What does the own attribute pay?

# %% [markdown] tags=["hint"]
# `torch.eye(len(probe), dtype=torch.bool)` is the diagonal, `~` turns it round, and `isnan` finds the pairs that never
# meet. One mask for both sums.


# %% tags=["stub"]
def share_leaked(probe, label, whole):
    """Share leaked from three matrices (A, A) of accuracies: 0 as labels, 1 as all blocks together."""
    ...


# %% tags=["solution"]
def share_leaked(probe, label, whole):
    """Share leaked from three matrices (A, A) of accuracies: 0 as labels, 1 as all blocks together."""
    pairs = ~torch.eye(len(probe), dtype=torch.bool) & ~probe.isnan()
    return ((probe - label)[pairs].sum() / (whole - label)[pairs].sum()).item()


# %% tags=["check"]
print(checks.adde_encoder.share_leaked(share_leaked))

# %% [markdown] tags=["instructor"]
# **Ask:** which encoder has a share of zero and is useless? One whose blocks hold nothing, not even their own: read the
# share beside the own accuracy. Then: move the slider for another garment, `row`; in which subspace do the neighbours
# share most besides the attribute itself?
#
# **In class:** 30 minutes for trunk, heads and loss, 20 for the neighbours and the map, 45 for the probes and their
# controls, 20 for the shop; exercises 1 and 2 in the room, the third at home.

# %% tags=["instructor"]
never = torch.tensor([[1.0, torch.nan], [0.5, 1.0]])
print(checks.adde_encoder.share_leaked.on(share_leaked, [(never, torch.full((2, 2), 0.25), torch.ones(2, 2))]))

# %% [markdown]
# ## Symbols and summary
#
# | paper | code | meaning |
# |---|---|---|
# | $g$ | `adde_lite.AttributeEncoder.trunk` | the trunk: an image to $F$ features |
# | $\phi_a$ | `adde_lite.models.adde.AttributeHeads` | the heads: Linear-ReLU-Linear for each attribute, in one batch |
# | $r_a$ | `adde_lite.AttributeEncoder.embed` | block $a$ of an image's embedding, $d$ numbers |
# | $d$ | `adde_lite.models.adde.EncoderRecipe.d` | dimensions of a subspace |
# | $A$ | `adde_lite.AttributeSchema.A` | number of attributes |
# | $J$ | `adde_lite.AttributeSchema.J` | number of values of all attributes |
# | $L_{cls}$ | `adde_lite.losses.attribute_cross_entropy` | cross-entropy over labelled garments, attributes summed |

# %%
better = sum(accuracy[name] > majority[name] for name in names)
print(f"read better than a blind guess from their own subspace: {better} of {A} attributes")
trained, rolled = scores["trained"], scores["turned"]
print(f"own subspace {trained['own']:.0%}, all together {trained['all together']:.0%}; turned {rolled['own']:.0%}")
print(f"share leaked: trained {trained['leaked']:.2f}, turned {rolled['leaked']:.2f}")
low, high = min(leaks[subspaces.TRAINED]), max(leaks[subspaces.TRAINED])
print(f"over {len(subspaces.SEEDS)} seeds, trained shorter: {low:.2f} to {high:.2f}")
apart = where["shop"]["labels alone"] - where["independent"]["labels alone"]
print(f"in a shop the labels alone tell {100 * apart:.0f} points more of one another")
assert better == A and trained["leaked"] > 0
