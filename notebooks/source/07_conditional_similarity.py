# ---
# jupyter:
#   course:
#     shows: similar in what? one space, spaces under masks, and a block for each question
#     cpu_s: 300
#     tiny_cpu_s: 60
#     peak_mb: 2500
# ---

# %% [markdown]
# # Conditional similarity
#
# **Which of two garments is more like this one, and in what?** A red shirt is like a red skirt to someone who matches
# colours, and like a blue shirt to someone who looks for shirts. Both are right. A model with one distance must side
# with one of them. This notebook builds four models that need not, and one that must.
#
# {{budget}}
#
# After this notebook you can
#
# - draw triplets under a condition, and say what the loss makes of them,
# - write Conditional Similarity Networks (CSN) and ADDE-C in a few lines each, and say in what they differ,
# - show why one space cannot answer two questions, to the last digit,
# - tell a model that separates conditions from one that merely is good on average.

# %%
import platform
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from torch.nn import functional as F

import adde_lite
from adde_lite import Gallery, checks, plots, widgets
from adde_lite.attributes import MISSING
from adde_lite.data.fashion_products import fashion_products
from adde_lite.losses import conditional_triplet
from adde_lite.metrics.conditional import (
    cross_accuracy,
    disentanglement_gap,
    label_blocks,
    pixel_blocks,
    precision_at,
    precision_by_chance,
    triplet_accuracy,
)
from adde_lite.models.conditional import MaskedRecipe, MaskedSpace
from adde_lite.models.conditional.csn import closed_share, disjoint_masks, mask_overlap
from adde_lite.sampling import conditional_triplets
from adde_lite.sampling.in_batch import drawn_triplets
from adde_lite.studies import conditional
from adde_lite.studies.conditional_run import CONDITIONS, TRAINING, K, block_scores, conflicts, garments, held_out
from adde_lite.studies.record import mean_and_range, recorded

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
full_size = profile.name != "tiny"  # tiny proves that every cell runs; claims about training need more steps
print(f"profile {profile.name}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}")

# %% [markdown]
# ## Six questions
#
# The attributes of the Wardrobe become **conditions**: similar in colour, similar in sleeve, and so on. Six of them are
# enough to see what happens. Models are trained on one drawer and judged on another; this is the other, with the
# questions that every model below will be asked.

# %%
clothes, triplets = held_out()
schema, A = clothes.schema, clothes.schema.A
assert schema.names == CONDITIONS
shown = schema.decode(clothes.labels)
print(f"{len(clothes):,} garments, {A} conditions: {', '.join(schema.names)}")
captions = [f"{row}: {shown[row]['category']}\n{shown[row]['colour']}, {shown[row]['pattern']}" for row in range(8)]
alt = f"Eight garments of the drawer, the first a {shown[0]['category']} in {shown[0]['colour']}."
plots.contact_sheet(list(clothes.images[:8]), captions, alt, columns=8)

# %% [markdown]
# What is asked comes as **triplets**: an anchor, a positive that has the anchor's value of the condition, a negative
# that has another. Take the first twelve garments, one condition, one anchor, and look for partners by hand.

# %%
few = clothes.subset(list(range(12)))
c = schema.index("colour")
codes = few.labels[:, c]
anchor = next(row for row in range(12) if ((codes == codes[row]).sum() > 1) and codes[row] != MISSING)
positives = [row for row in range(12) if codes[row] == codes[anchor] and row != anchor]
negatives = [row for row in range(12) if codes[row] not in (codes[anchor], MISSING)]
print(f"anchor {anchor} is {shown[anchor]['colour']}: positives {positives}, negatives {negatives}")
assert positives and negatives and anchor not in positives

# %% [markdown]
# The paper draws one positive and one negative for each garment and each attribute that it has. A missing label takes
# no part: trousers have no sleeve, so nothing is more or less like them in that. A garment that is alone with its value
# has no positive and asks nothing.

# %%
drawn = conditional_triplets(few.labels, schema, seed=0)
of_colour = drawn.under(c)
assert anchor in of_colour.anchor and of_colour.positive[of_colour.anchor == anchor][0] in positives
sleeve = schema.index("sleeve")
without = (few.labels[:, sleeve] == MISSING).nonzero()[:, 0].tolist()
assert not set(without) & set(drawn.under(sleeve).rows.flatten().tolist())
counts = {name: len(drawn.under(a)) for a, name in enumerate(schema.names)}
print(f"{len(drawn)} triplets of twelve garments: {counts}")

# %% [markdown]
# ## When two questions disagree
#
# Here are three garments from a drawer of near misses. The second shares one attribute with the first, and nothing
# else. The third shares everything *but* that one.

# %%
rivals, disputed = conflicts()
at = next(k for k in range(0, len(disputed), 2) if schema.names[disputed.condition[k]] == "colour")
anchor, lone, twin = disputed.rows[at].tolist()
names_of = rivals.schema.decode(rivals.labels[[anchor, lone, twin]])
other_condition = schema.names[disputed.condition[at + 1]]
captions = ["the anchor", "shares the colour only", "all but the colour"]
captions = [f"{text}\n{of['colour']} {of['category']}" for text, of in zip(captions, names_of, strict=True)]
looks = [f"{of['colour']} {of['category']}" for of in names_of]
alt = f"Three garments: a {looks[0]}, a {looks[1]}, and the first one's twin, a {looks[2]}."
plots.contact_sheet([rivals.images[row] for row in (anchor, lone, twin)], captions, alt, columns=3)

# %% [markdown]
# Asked for the colour, the second is the right answer; asked for anything else that the first and third share, it is
# the third. The drawer yields many such pairs of questions: the same three garments, in both orders, under two
# conditions. A model with one distance gives both the same answer: "the second is nearer", or "the third is nearer". So
# it is wrong on one of the two, always. Take any distance at all, the pixels for instance:

# %%
first, second = disputed.picked(torch.arange(0, len(disputed), 2)), disputed.picked(torch.arange(1, len(disputed), 2))
assert torch.equal(first.positive, second.negative) and torch.equal(first.negative, second.positive)
assert (first.condition != second.condition).all()
flat = pixel_blocks(rivals.images, 1)[:, 0]
near, far = ((flat[disputed.anchor] - flat[rows]).norm(dim=1) for rows in (disputed.positive, disputed.negative))
share = float((near < far).double().mean() + (near == far).double().mean() / 2)
assert share == 0.5
print(f"{len(disputed):,} conflicting triplets, right by pixels: {share:.1%}, exactly")

# %% [markdown]
# Not "about half": half, for any single space, trained or not. **This is the whole argument for conditions.** What a
# better network, more data or longer training could add to this number is nothing.
#
# How often do questions disagree in ordinary triplets? Take the triplets of one condition and ask another: is the
# *negative* the one that shares its value?

# %%
codes = clothes.labels[triplets.rows]  # (T, 3, A)
known = (codes != MISSING).all(1)
agrees = known & (codes[:, 0] == codes[:, 1]) & (codes[:, 0] != codes[:, 2])
reverses = known & (codes[:, 0] == codes[:, 2]) & (codes[:, 0] != codes[:, 1])
of = F.one_hot(triplets.condition, A).double()
reversed_share = (of.T @ reverses.double() / of.sum(0)[:, None]).T.numpy()
assert np.allclose(reversed_share.diagonal(), 0) and (agrees & reverses).sum() == 0
worst = np.unravel_index(reversed_share.argmax(), reversed_share.shape)
print(f"most often reversed: {schema.names[worst[1]]} by {schema.names[worst[0]]}, {reversed_share[worst]:.0%}")
alt = "A map of how often another condition reverses a triplet: zero on the diagonal, highest where values are few."
sides = ("another condition", "condition of the triplet")
plots.leakage_maps({"share reversed": reversed_share}, schema.names, alt, sides=sides)

# %% [markdown]
# Across are the conditions that triplets are about, down those that would turn them around. Attributes with few values
# do so often: two garments share one of three lengths by chance alone, and one of fourteen categories hardly ever. The
# diagonal is empty because a condition agrees with itself.

# %% [markdown]
# ## The loss, by hand
#
# A triplet $(i, j, l)$ is an anchor, its positive and its negative, as rows. Let $D_c$ be the distance under condition
# $c$. The negative should be farther away than the positive by a margin $m$; what is short of that is the loss:
#
# $$L = \max(0,\; D_c(i, j) - D_c(i, l) + m)$$
#
# Three points, each with a place under two conditions, are enough to see it.

# %%
points = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.1], [3.0, 4.0]], [[0.0, 0.4], [0.0, 1.0]]])
margin = 0.2
distance = torch.cdist(points.transpose(0, 1), points.transpose(0, 1))  # (A, N, N)
by_hand = [float((distance[q, 0, 1] - distance[q, 0, 2] + margin).clamp(min=0)) for q in range(2)]
rows = torch.tensor([[0, 1, 2]])
package = [float(conditional_triplet(points, rows, torch.tensor([q]), margin)) for q in range(2)]
assert np.allclose(by_hand, package, atol=1e-5)
print(f"first condition: {by_hand[0]:.2f}, second: {by_hand[1]:.2f}")

# %% [markdown]
# Under the first condition the negative is far enough, and the loss rests. Under the second the positive is the far
# one. What if a network gives up and puts everything into one point? Then both distances vanish.

# %%
collapsed = torch.zeros(3, 2, 4)
loss = conditional_triplet(collapsed, rows.repeat(2, 1), torch.tensor([0, 1]), margin).item()
assert np.isclose(loss, margin)
print(f"loss of a collapsed space: {loss:.2f}, the margin")

# %% [markdown]
# A loss that stays at the margin is the sign of a collapse: remember it when you watch a run.
#
# And the conflict, seen by the loss? Give one space the two questions of the three garments above, and look at what
# each would have the points do.

# %%
space = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))


def pull(order):
    """The gradient of one question, for a space that knows no conditions."""
    points = space.clone().requires_grad_()
    conditional_triplet(points[:, None], torch.tensor([order]), torch.tensor([0]), 10.0).backward()
    return points.grad


one, other = pull([0, 1, 2]), pull([0, 2, 1])
assert torch.allclose(one, -other, atol=1e-5)
print(f"cosine between the two gradients: {F.cosine_similarity(one.flatten(), other.flatten(), dim=0):.3f}")

# %% [markdown]
# Exactly opposite: what one question builds, the other tears down, and nothing is learned from either. That is how a
# shared net conflicts. There are two ways out: give each question its own **view** of shared numbers, or its own
# **numbers**.

# %% [markdown]
# ## CSN: one space, a mask for each question
#
# Conditional Similarity Networks (Veit and others, 2017) keep one embedding $f(x)$ and learn a mask for each condition:
#
# $$m_c = \mathrm{ReLU}(\beta_c), \qquad D_c(x, y) = \| f(x) \circ m_c - f(y) \circ m_c \|$$
#
# where $\circ$ multiplies number by number. A mask weighs numbers; it cannot turn or mix them. $\beta_c$ begins as
# draws from $\mathcal N(0.9, 0.7)$, so that some entries start closed. In lines, with random numbers for $f(x)$:

# %%
d = 8
beta = 0.9 + 0.7 * torch.randn(A, d, generator=torch.Generator().manual_seed(0))
f = torch.randn(12, d, generator=torch.Generator().manual_seed(1))
blocks = f[:, None] * beta.relu()  # (N, A, d): where each garment lies for each question
D = torch.cdist(blocks[:, c], blocks[:, c])
assert torch.allclose(D[0, 1], ((f[0] - f[1]) * beta[c].relu()).norm())
print(f"{float((beta <= 0).float().mean()):.0%} of the mask entries begin closed")

# %% [markdown]
# The two penalties of the paper: $\lambda_W \|f\|_2$ keeps the space from growing past the margin, and
# $\lambda_M \|m_c\|_1$ closes what a mask does not need. A closed entry gets no gradient, so it stays closed. The next
# cell shows four triplets to a small net of the package: a batch of anchors, then positives, then negatives.

# %%
recipe = MaskedRecipe(widths=(4, 4, 4, 8), d=d)
csn = MaskedSpace(schema, recipe)
with torch.no_grad():
    csn.beta.copy_(beta)
images = few.images.float() / 255
told = few.labels[drawn.rows[:4].T.flatten()]
terms = csn.loss(images[drawn.rows[:4].T.flatten()], told)
torch.stack(list(terms.values())).sum().backward()
closed = csn.beta <= 0
assert not csn.beta.grad[closed].any() and csn.beta.grad[~closed].any()
print({name: round(term.item(), 4) for name, term in terms.items()})

# %% [markdown]
# ## ADDE-C: a block for each question
#
# ADDE already has one block a condition: $r_c = \varphi_c(g(x))$, a small network of its own on shared features $g$.
# The distance under condition $c$ is the one between blocks, $D_c(x, y) = \| r_c(x) - r_c(y) \|$. That is all: no
# masks, no penalties. Seen from CSN, it is a fixed mask over a longer embedding.

# %%
blocks = torch.randn(12, A, 5, generator=torch.Generator().manual_seed(2))
whole, masks = blocks.flatten(1), disjoint_masks(A, 5 * A)
for q in range(A):
    assert torch.allclose(
        torch.cdist(whole * masks[q], whole * masks[q]), torch.cdist(blocks[:, q], blocks[:, q]), atol=1e-3
    )
print(f"blocks of 5 numbers are {A} disjoint masks over {whole.shape[1]}")

# %% [markdown]
# So *fixed* masks and blocks look alike. The difference lies before them: in CSN a single linear layer makes all
# numbers, in ADDE-C each block has a hidden layer of its own.
#
# The paper leaves two things open, and both matter: whether $r_c$ has **length one** when it is compared, and whether
# the **classification loss** stays on. Here blocks have length one, and no model is told values, only which of two
# garments is alike. ADDE-C with the classification loss is told more than its rivals; it gets a row of its own.

# %% [markdown]
# ## Training
#
# Listing triplets and showing three images for each is honest and slow. A batch of images holds far more triplets than
# that: so we draw, in each batch, one positive and one negative for each image and each attribute. By hand, for one
# batch:

# %%
torch.manual_seed(0)
batch = clothes.labels[:64]
rows, condition = drawn_triplets(batch)
a, p, n = (batch[role, condition] for role in rows.T)
assert torch.equal(a, p) and (a != n).all() and (a != MISSING).all()
print(f"{len(batch)} images hold {len(rows)} triplets; as a list they would take {3 * len(rows)} images")

# %% [markdown]
# Every model below sees the same garments as often, has the same trunk with the same first weights, and draws its
# triplets like this. The study `conditional` trains seven models from three seeds, and its record comes with the
# course. Here we train three of one seed: the plain net, which knows no conditions, CSN with learned masks, and ADDE-C.

# %%
SEED = conditional.SEEDS[0]
drawer = garments({**TRAINING, "n": profile.pick(tiny=192, cpu=TRAINING["n"], gpu=TRAINING["n"])})
LIVE = (conditional.PLAIN, conditional.LEARNED, conditional.ADDE)
models = {}
for name in LIVE:
    run = conditional.run(name, SEED)
    brief = replace(run.training, epochs=profile.pick(tiny=1, cpu=run.training.epochs, gpu=run.training.epochs))
    models[name] = replace(run, training=brief).trained_on(drawer)
embedded = {name: model.embed(clothes.images) for name, model in models.items()}
print({name: tuple(blocks.shape) for name, blocks in embedded.items()})

# %% [markdown]
# All three give an image one vector a condition, $(N, A, d)$. For the plain net the six are the same. Is this what the
# study recorded for this seed?

# %%
record = recorded(conditional.STUDY, conditional.runs())
live = {name: block_scores(blocks, clothes.labels, triplets) for name, blocks in embedded.items()}
kept = record[record["seed"] == SEED].set_index("model")
apart = max(abs(live[name][measure] - kept.loc[name, measure]) for name in LIVE for measure in ("accuracy", "gap"))
if full_size:
    assert apart < 0.03
    print(f"largest difference from the record: {apart:.4f}")
assert torch.equal(embedded[conditional.PLAIN][:, 0], embedded[conditional.PLAIN][:, A - 1])
right = {name: {each: scores[f"accuracy, {each}"] for each in CONDITIONS} for name, scores in live.items()}
rows = {"chance": dict.fromkeys(CONDITIONS, 0.5), **right, "oracle": dict.fromkeys(CONDITIONS, 1.0)}
alt = "A map of shares: rows are chance, three trained models and the oracle, columns the six conditions."
plots.number_map(rows, alt, title="share of held-out triplets right")

# %% [markdown]
# A row is a model, a column a condition; one is the oracle, a half is chance. Compare a model with the plain net in the
# same column: some conditions are easy with no question asked. The map shows one seed, and not why.
#
# ## The same garment, six times
#
# One garment and its nearest neighbours in each block of ADDE-C. Which garment? One that has all six attributes, and of
# these the one in the middle: half of them have more neighbours with the right value, half have fewer.

# %%
FEW = 5


def neighbours(name, row):
    """Rows of the garments nearest to one in each block, of those that have the attribute; not the garment itself."""
    found = {}
    for a, attribute in enumerate(schema.names):
        away = (embedded[name][:, a] - embedded[name][row, a]).norm(dim=1)
        away[row], away[clothes.labels[:, a] == MISSING] = torch.inf, torch.inf
        found[attribute] = away.argsort()[:FEW].tolist()
    return found


def right_of(name, row):
    found = neighbours(name, row)
    return sum(int((clothes.labels[rows, a] == clothes.labels[row, a]).sum()) for a, rows in enumerate(found.values()))


having_all = (clothes.labels != MISSING).all(1).nonzero()[:, 0]
ordered = sorted(having_all.tolist(), key=lambda row: right_of(conditional.ADDE, row))
garment = ordered[len(ordered) // 2]
found = neighbours(conditional.ADDE, garment)
print({name: f"{right_of(name, garment)} of {FEW * A} right" for name in LIVE})
plots.neighbour_rows(clothes.subset([garment]), {name: clothes.subset(rows) for name, rows in found.items()})

# %% [markdown]
# Read a row at a time. Each has another idea of what is alike, and all come from one pass of one network. A blue frame
# has the garment's value, a dashed one another, so frames say whether the condition was met; look at what else varies
# within a row. A block that had learned only its own attribute would return garments that differ freely in all others.
# One garment proves nothing: the tables below have the whole drawer.
#
# Now count for all three models, on the same garment and on all.

# %%
by_chance = precision_by_chance(clothes.labels)
told = {"chance": {name: f"{share:.2f}" for name, share in zip(schema.names, by_chance, strict=True)}}
precise = {name: precision_at(blocks, clothes.labels, K) for name, blocks in embedded.items()}
precise = {"pixels": precision_at(pixel_blocks(clothes.images, A), clothes.labels, K)} | precise
precise["label oracle"] = precision_at(label_blocks(clothes.labels, schema), clothes.labels, K)
assert (precise["label oracle"] == 1).all()
for name, shares in precise.items():
    told[name] = {attribute: f"{share:.2f}" for attribute, share in zip(schema.names, shares, strict=True)}
print(f"share of the {K} nearest that have the value of the condition, seed {SEED}")
pd.DataFrame(told).T

# %% [markdown]
# Chance is high where values are few, so read a column, not a row. **Pixels** are the simplest model that could win:
# look at what they have above chance, and for which condition. Then compare the plain net with them: a space for
# everything leans to what many triplets agree on.

# %% [markdown]
# ## Masks and blocks
#
# Which numbers does each question look at? On the left the learned masks, sorted by the condition that weighs a number
# most; on the right the blocks, which nobody had to learn.

# %%
masks = models[conditional.LEARNED].masks.detach()
shared_by = (masks > masks.max(0).values / 2).sum(
    0
)  # conditions that weigh a number at least half as much as the first
overlap = mask_overlap(masks)[~torch.eye(A, dtype=torch.bool)]
print(f"closed entries: {closed_share(masks):.0%}; mean cosine between two masks {overlap.mean():.2f} (blocks: 0)")
print(f"numbers that serve one condition: {int((shared_by == 1).sum())} of {masks.shape[1]}")
alt = f"Left, the masks of six conditions over {masks.shape[1]} numbers. Right, six blocks without any overlap."
plots.masks_beside_blocks(masks.numpy(), models[conditional.ADDE].recipe.d, schema.names, alt)

# %% [markdown]
# A learned mask may share a number between conditions. Where two attributes go together that saves numbers; where they
# do not, whatever is written there for one is noise to the other. The penalty on masks pushes entries shut, and the
# printed share says how far it got in a run this short. Blocks need no such push.

# %% [markdown]
# ## Every block asked for every condition
#
# The test that shows separation: take block $c$ and ask it the triplets of $c'$. Its own should be all right, those of
# the others a coin toss.

# %%
accuracy = {name: cross_accuracy(blocks, triplets) for name, blocks in embedded.items()}
q, wrong = schema.index("colour"), schema.index("category")
some = triplets.under(wrong)
block = embedded[conditional.ADDE][:, q]
near, far = ((block[some.anchor] - block[rows]).norm(dim=1) for rows in (some.positive, some.negative))
assert np.isclose(float((near < far).double().mean()), float(accuracy[conditional.ADDE][q, wrong]), atol=1e-3)
accuracy["label oracle"] = cross_accuracy(label_blocks(clothes.labels, schema), triplets)
print(f"the colour block on triplets of category: {accuracy[conditional.ADDE][q, wrong]:.2f}")
alt = "Accuracy of each block on each condition's triplets: equal rows for the plain net, diagonals for the others."
plots.leakage_maps({name: matrix.numpy() for name, matrix in accuracy.items()}, schema.names, alt)

# %% [markdown]
# The plain net has equal rows, because its blocks are one. CSN and ADDE-C have a diagonal. The oracle, whose blocks are
# the labels themselves, shows what could be had: full marks on the diagonal and, beside it, whatever labels tell of one
# another. That is not always a half, since a garment's category decides whether it has a sleeve at all.
#
# The **disentanglement gap** is that picture in a number: a block's share on its own triplets, less its mean share on
# those of each other condition.

# %%
matrix = accuracy[conditional.ADDE]
by_hand = torch.stack([matrix[a, a] - matrix[a, torch.arange(A) != a].mean() for a in range(A)])
assert torch.allclose(by_hand, disentanglement_gap(matrix))
assert abs(float(disentanglement_gap(accuracy[conditional.PLAIN]).mean())) < 1e-6
for name, each in accuracy.items():
    print(f"{name}: own {each.diagonal().mean():.3f}, gap {disentanglement_gap(each).mean():+.3f}")

# %% [markdown]
# For the plain net the mean gap is zero, not by luck: its rows are equal, so in the mean over blocks each condition has
# the same weight as own and among the others. So a gap rewards separation alone, and accuracy rewards being right.
# Neither implies the other, and a table needs both.

# %% [markdown]
# ## Three seeds
#
# The record has all seven models. New are CSN with *fixed* masks, CSN *as published*, one separate net for each
# condition, and ADDE-C that is told the values. All are asked the same held-out triplets, one for each garment and
# condition that it has. The rows for chance, pixels and the oracle need no training.

# %%
MEASURES = ("accuracy", "gap", "conflicting", f"precision@{K}")
by_model = dict(list(record.groupby("model")))


def bound(of):
    """What blocks that need no training score: of a data set, float (N, A, d)."""
    scored = block_scores(of(clothes), clothes.labels, triplets)
    scored["conflicting"] = float(triplet_accuracy(of(rivals), disputed).nanmean())
    return {measure: f"{scored[measure]:.3f}" for measure in MEASURES}, scored


pixels, pixel_scores = bound(lambda part: pixel_blocks(part.images, A))
oracle, oracle_scores = bound(lambda part: label_blocks(part.labels, schema))
chance = dict(zip(MEASURES, ("0.500", "0.000", "0.500", f"{by_chance.mean():.3f}"), strict=True))
table = {"chance": chance, "pixels": pixels}
for model in conditional.MODELS:
    table[model] = {measure: mean_and_range(by_model[model][measure]) for measure in MEASURES}
assert oracle_scores["accuracy"] == oracle_scores["conflicting"] == 1
pd.DataFrame(table | {"label oracle": oracle}).T

# %% [markdown]
# A cell is the mean over seeds and half their range. *Conflicting* are the triplets in both orders: the mean over
# conditions, so that a single space is near one half and not exactly at it, as conditions are asked unequally often.
# What do the seeds allow us to say?


# %%
def mean_of(model, column="accuracy"):
    return by_model[model].set_index("seed")[column]


for model in (conditional.ADDE, conditional.LEARNED):
    ahead = mean_of(model) - mean_of(conditional.PLAIN)
    assert len(ahead) >= 3 and ahead.mean() >= 0.05
    print(f"{model} and the plain net: {100 * ahead.mean():+.1f} points, at least {100 * ahead.min():+.1f}")
gap = mean_of(conditional.ADDE, "gap")
assert gap.mean() >= 0.15
between = mean_of(conditional.ADDE) - mean_of(conditional.LEARNED)
assert between.mean() >= -0.02
for model in (conditional.ADDE, conditional.LEARNED):
    print(f"gap of {model}: {100 * mean_of(model, 'gap').mean():.1f} points")
print(f"ADDE-C and CSN with learned masks: {100 * between.mean():+.1f} points")
groups = {model: mean_of(model).tolist() for model in conditional.MODELS}
alt = "Triplet accuracy of seven models, three dots each; the plain net is lowest."
plots.score_strips(groups, "triplet accuracy, mean over six conditions", alt, baseline=conditional.PLAIN)

# %% [markdown]
# Look at who is beside whom. The plain net is behind every model that is told the question; that much needs no
# statistics. CSN *as published* compares vectors of any length and lets masks learn as slowly as weights. Together that
# costs it what you see in a run this short; we say nothing about long ones. The row "told the values" shows what the
# classification loss adds. It knows more, so it is no argument for blocks.
#
# **One net each** shares nothing, at six times the price, and is often called the upper bound. See whether it is one:
# nets that share a trunk also learn from the triplets of the other conditions.

# %%
separate = mean_of(conditional.SEPARATE)
rank = sorted(conditional.MODELS, key=lambda model: -mean_of(model).mean())
above = [model for model in rank if mean_of(model).mean() > separate.mean() and model != conditional.SEPARATE]
print(f"ahead of one net each: {', '.join(above) or 'none'}")
best = {}
for name in CONDITIONS:
    of_each = {model: mean_of(model, f"accuracy, {name}").mean() for model in conditional.MODELS}
    best[name] = max(of_each, key=of_each.get)
told = {
    model: {name: f"{mean_of(model, f'accuracy, {name}').mean():.2f}" for name in CONDITIONS}
    for model in conditional.MODELS
}
told = {
    "chance": dict.fromkeys(CONDITIONS, "0.50"),
    "pixels": {n: f"{pixel_scores[f'accuracy, {n}']:.2f}" for n in CONDITIONS},
} | told
pd.DataFrame(told | {"label oracle": dict.fromkeys(CONDITIONS, "1.00")}).T

# %% [markdown]
# Some conditions are hard for all: what is small in a picture of this size, or looks different on every category.
# Others any space gets partly right, since they decide many of the pixels. A mean over conditions hides this; so does a
# mean over garments.

# %% [markdown]
# ## The wrong question
#
# Does the condition matter at all to a model that has one? Ask each block the questions of the others. If masks were
# decoration, the wrong mask would do as well as the right one.

# %%
rows = []
for model in (conditional.PLAIN, conditional.FIXED, conditional.LEARNED, conditional.ADDE):
    crossed = [f"{b} asked for {c}" for b in CONDITIONS for c in CONDITIONS if b != c]
    wrong = by_model[model][crossed].mean(axis=1)
    rows.append({"model": model, "own": mean_of(model).mean(), "another's": wrong.mean()})
wrong_oracle = oracle_scores["accuracy"] - oracle_scores["gap"]
rows = [
    {"model": "chance", "own": 0.5, "another's": 0.5},
    *rows,
    {"model": "label oracle", "own": 1.0, "another's": wrong_oracle},
]
asked = pd.DataFrame(rows).set_index("model")
assert asked.loc[conditional.ADDE, "own"] - asked.loc[conditional.ADDE, "another's"] >= 0.15
display(asked.map("{:.3f}".format))
assert asked["own"].drop("label oracle").idxmax() == conditional.ADDE
alt = "Bars: on its own questions ADDE-C is highest of the models, on those of others it falls to near a half."
plots.score_bars(asked.T.to_dict(), ("own", "another's"), alt, ours=conditional.ADDE)

# %% [markdown]
# The nearer the right panel is to the oracle's, the less a block tells of what it was not asked. What it has above that
# is leakage: notebook 03 looked for the same with probes.
#
# ## Move it
#
# Similar in what? Choose. A slider an attribute says how much it counts; the search weighs the blocks of the query and
# leaves the gallery as it is. "=" is the garment's value, "≠" another. Tab and the arrow keys are enough.

# %%
gallery = Gallery(embedded[conditional.ADDE], clothes.labels, schema)
some = having_all[:5].tolist()
found = gallery.search(gallery.embeddings[some[0]], 6, {"colour": 1.0})
away = (embedded[conditional.ADDE][:, c] - embedded[conditional.ADDE][some[0], c]).norm(dim=1)
assert torch.allclose(away[found], away.sort().values[:6], atol=1e-3)  # equal distances may stand either way round
widgets.condition_sliders(gallery, clothes.images, some, start={"colour": 1.0}, k=4)

# %% [markdown]
# Give two attributes weight and watch which results hold both. A weighted search needs blocks of equal length: a block
# that is longer than the others counts more, whatever its slider says. The next slider goes from condition to condition
# without a kernel.

# %%
widgets.condition_frames(gallery, clothes.images, some[0], k=4)

# %% [markdown]
# It shows one garment, so do not judge a condition by it. What it does show: neighbours change completely from stop to
# stop. If they hardly changed, the blocks would hold the same thing.
#
# ## Real photos
#
# When `ADDE_LITE_DATA` names a folder that holds `fashion_products`, the next cell trains ADDE-C and CSN on the train
# part alone, briefly, and asks triplets of the gallery part. Numbers only: the pictures are not ours to show.

# %%
photos = fashion_products()
photo_rows = {}
if photos is None:
    print("Without ADDE_LITE_DATA: here would stand the triplet accuracy on real photos.")
else:
    train_part, shop = photos.where(split="train"), photos.where(split="gallery")
    train_part = train_part.subset(slice(profile.pick(tiny=128, cpu=len(train_part), gpu=len(train_part))))
    ways = {"pixels": pixel_blocks(shop.images, shop.schema.A)}
    for name in (conditional.LEARNED, conditional.ADDE):
        run = conditional.run(name, SEED)
        brief = replace(run.training, epochs=profile.pick(tiny=1, cpu=3, gpu=8))
        ways[name] = replace(run, training=brief).trained_on(train_part).embed(shop.images)
    ways["label oracle"] = label_blocks(shop.labels, shop.schema)
    asked_of = conditional_triplets(shop.labels, shop.schema, seed=0)
    photo_rows = {name: triplet_accuracy(blocks, asked_of) for name, blocks in ways.items()}
    assert (photo_rows["label oracle"] == 1).all()
    if full_size:
        assert photo_rows[conditional.ADDE].mean() > photo_rows["pixels"].mean() > 0.5
    told = {"chance": [0.5] * shop.schema.A} | {name: shares.tolist() for name, shares in photo_rows.items()}
    alt = "Bars, one panel a headline attribute: chance at a half, pixels, CSN and ADDE-C above, the oracle at one."
    bars = pd.DataFrame(told, index=shop.schema.names)
    display(plots.score_bars(bars.to_dict(), shop.schema.names, alt, ours=conditional.ADDE))

# %% [markdown]
# Labels of a shop are sometimes wrong, and then a right answer counts as a miss. Colours on photos are a matter of the
# light as well. `make bench BENCH=conditional_photos` trains longer, with the plain net beside.
#
# Papers compare on UT-Zappos50k, shoes with four conditions. Its images are for academic use, so nothing of it is here.
# Who has fetched them reads them with `adde_lite.data.zappos`, and trains any model above on its listed triplets with
# `train(..., examples=triplets.rows, example_labels=triplets.told(images.labels))`.

# %% [markdown]
# ## When it fails: a question that does not apply
#
# Ask for garments with a similar sleeve to a pair of trousers. No triplet ever said anything about that. The block has
# numbers all the same, and numbers have neighbours.

# %%
q = schema.index("sleeve")
has = clothes.labels[:, q] != MISSING
block = embedded[conditional.ADDE][:, q]
lacking = int((~has).nonzero()[0])
away = (block - block[lacking]).norm(dim=1)
away[lacking] = torch.inf
answers = away.argsort()[:5]
answered = [f"{shown[row]['category']}\n{shown[row]['sleeve'] or 'no sleeve'}" for row in answers.tolist()]
alt = f"A {shown[lacking]['category']}, which has no sleeve, and its five neighbours in the sleeve block."
captions = [f"asked: {shown[lacking]['category']}", *answered]
plots.contact_sheet([clothes.images[row] for row in (lacking, *answers.tolist())], captions, alt, columns=6)

# %% [markdown]
# The answer looks as sure as any. Does the distance to the nearest neighbour give the question away?

# %%
near = torch.cdist(block, block).fill_diagonal_(torch.inf).min(1).values
asked_wrongly, asked_rightly = near[~has], near[has]
outscored = float((asked_wrongly[:, None] > asked_rightly).double().mean())
for what, each in (("does", asked_rightly), ("does not", asked_wrongly)):
    print(f"mean distance of the nearest neighbour where the question {what} apply: {each.mean():.3f}")
print(f"the meaningless question has the farther neighbour in {outscored:.0%} of pairs; half would be a coin")
warns = outscored > 0.9
print("a threshold on the distance would warn:", "yes" if warns else "no")
sides = {"the question applies": asked_rightly, "it does not": asked_wrongly}
climbs = {name: (each.sort().values.tolist(), torch.linspace(0, 1, len(each)).tolist()) for name, each in sides.items()}
alt = "Two rising curves: the share of garments with a neighbour within a distance, with and without a sleeve."
plots.curves({"share with a neighbour that near": climbs}, "distance in the sleeve block", alt)

# %% [markdown]
# At a threshold, the gap between the curves is what it would tell apart; where they run together, it would warn as
# often of a good question. The curves are of one model. A triplet loss teaches order, not whether a question makes
# sense. Whoever builds a search on blocks needs another guard: the labels, or a classifier that may say "not
# applicable".

# %% [markdown]
# ## Exercises
#
# An exercise stands on the first code cell alone: run that, and you can begin here. Write your answer in the place of
# the `...`, run the cell and then the one below it, which says how far you are.
#
# ### Exercise 1, 2 minutes: a distance under a mask
#
# Return the CSN distance between two vectors `f_x` and `f_y` of shape `(d,)`, as the condition with the mask parameters
# `beta` of shape `(d,)` sees it: $D_c(x, y) = \| f(x) \circ m_c - f(y) \circ m_c \|$.

# %% [markdown] tags=["hint"]
# The mask is not `beta` itself: $m_c = \mathrm{ReLU}(\beta_c)$, in torch `beta.relu()`.


# %% tags=["stub"]
def masked_distance(f_x, f_y, beta):
    """Distance of two vectors (d,) under the mask of beta (d,)."""
    ...


# %% tags=["solution"]
def masked_distance(f_x, f_y, beta):
    """Distance of two vectors (d,) under the mask of beta (d,)."""
    mask = beta.relu()
    return (f_x * mask - f_y * mask).norm()


# %% tags=["check"]
print(checks.conditional_similarity.masked_distance(masked_distance))

# %% [markdown] tags=["instructor"]
# **Ask:** what does a mask of zeros say about two garments? That they are equal, whatever they are: a condition that
# closed all its entries has collapsed, and its loss stands at the margin. The hidden check has such a mask.

# %% tags=["instructor"]
all_closed = [(torch.ones(3), torch.zeros(3), -torch.ones(3))]
print(checks.conditional_similarity.masked_distance.on(masked_distance, all_closed))

# %% [markdown]
# ### Exercise 2, 10 minutes: ask every block
#
# `blocks` has shape `(N, A, d)`. Triplet `t` has anchor, positive and negative in `rows[t]` and is about condition
# `condition[t]`. Return an `(A, A)` tensor: in row `q` and column `c`, the share of the triplets of `c` that block `q`
# gets right. Right is a positive nearer than the negative; equal distances count one half.

# %% [markdown] tags=["hint"]
# `blocks[rows[:, 0]]` are the anchors with all their blocks, `(T, A, d)`, and `norm(dim=2)` of a difference gives the
# distances in all blocks at once. A mean over the triplets of `c` then is a whole column.


# %% tags=["stub"]
def block_accuracy(blocks, rows, condition):
    """Share right of each block on the triplets of each condition, (A, A): blocks (N, A, d), rows (T, 3)."""
    ...


# %% tags=["solution"]
def block_accuracy(blocks, rows, condition):
    """Share right of each block on the triplets of each condition, (A, A): blocks (N, A, d), rows (T, 3)."""
    anchor, positive, negative = (blocks[role] for role in rows.T)
    near, far = (anchor - positive).norm(dim=2), (anchor - negative).norm(dim=2)
    right = (near < far).double() + (near == far).double() / 2
    return torch.stack([right[condition == c].mean(0) for c in range(blocks.shape[1])], dim=1)


# %% tags=["check"]
print(checks.conditional_similarity.block_accuracy(block_accuracy))

# %% [markdown] tags=["instructor"]
# **Ask:** what would a collapsed model score if equal distances counted as right? Everything. And why must the columns
# of the plain net be constant? Then let pairs train CSN with ten times the `mask_penalty` and with none, a few epochs
# each, and say what happens to closed entries, overlap and gap.
#
# The hidden check has a condition without a triplet: its column is NaN, not zero and not an error.

# %% tags=["instructor"]
without_second = [(torch.eye(3)[:, :2, None], torch.tensor([[0, 1, 2], [2, 1, 0]]), torch.tensor([0, 0]))]
print(checks.conditional_similarity.block_accuracy.on(block_accuracy, without_second))

# %% [markdown]
# ### Exercise 3, 30 minutes: where the answer turns
#
# Two questions at once: order garments by `first + w * second`, their distances to a query under two conditions, each
# of shape `(N,)`. At `w = 0` the first answer is the nearest under the first condition. Return the smallest weight `w`
# at which another garment draws level with it; `inf` if none ever does.
#
# Then ask it of ADDE-C: for a garment of `having_all`, the distances in its colour and pattern blocks (without itself).
# Is the weight the same for other garments, and the other way round?

# %% [markdown] tags=["hint"]
# Two garments draw level where two straight lines in `w` cross. Only one that is nearer under the second condition can
# catch up; write down at which `w` it does. The first to arrive decides.


# %% tags=["stub"]
def turning_weight(first, second):
    """Smallest w at which first + w * second, (N,), has another nearest than first alone; inf if there is none."""
    ...


# %% tags=["solution"]
def turning_weight(first, second):
    """Smallest w at which first + w * second, (N,), has another nearest than first alone; inf if there is none."""
    best = first.argmin()
    lacks, gains = first - first[best], second[best] - second
    catching_up = gains > 0
    return (lacks[catching_up] / gains[catching_up]).min() if catching_up.any() else torch.inf


# %% tags=["check"]
print(checks.conditional_similarity.turning_weight(turning_weight))

# %% [markdown] tags=["instructor"]
# **Ask:** is there one weight that is right for all garments? No: it depends on how near the neighbours of each query
# are, which is why the builder has a slider and not a constant. Trying weights on a grid passes no check; it is a
# good first idea, so ask what it would miss.
#
# **In class:** ten minutes for the conflict and the loss, fifteen for CSN and ADDE-C, ten for the tables; the first
# exercise alone, the second in pairs, the third at home. For a project: ADDE-C without length one,
# `SubspaceRecipe(normalised=False)`, from three seeds, and a judgement whether the paper's silence matters.

# %% tags=["instructor"]
print(checks.conditional_similarity.turning_weight.on(turning_weight, [(torch.ones(1), torch.ones(1))]))

# %% [markdown]
# ## Symbols and summary
#
# | paper | code | meaning |
# |---|---|---|
# | $(i, j, l)$ | `adde_lite.sampling.ConditionalTriplets.rows` | anchor, positive and negative of a triplet |
# | $c$ | `adde_lite.sampling.ConditionalTriplets.condition` | the condition: the attribute that decides |
# | $L$ | `adde_lite.losses.conditional_triplet` | the triplet loss under conditions, with the distances $D_c$ |
# | $m$ | `adde_lite.losses.conditional_triplet(margin)` | margin; the CSN paper writes $h$ |
# | $f(x)$ | `adde_lite.models.conditional.MaskedSpace.features` | CSN's one vector of an image |
# | $\beta_c$ | `adde_lite.models.conditional.MaskedSpace.beta` | what CSN learns for a condition |
# | $m_c$ | `adde_lite.models.conditional.MaskedSpace.masks` | its mask, never below zero |
# | $\lambda_W$ | `adde_lite.models.conditional.MaskedRecipe.embedding_penalty` | price of long vectors |
# | $\lambda_M$ | `adde_lite.models.conditional.MaskedRecipe.mask_penalty` | price of open masks |
# | $r_c$ | `adde_lite.models.conditional.Subspaces.embed` | ADDE-C's block of a condition |

# %%
print(f"conflicting triplets, one space: {share:.0%} right, whatever it has learned")
print(f"triplet accuracy, mean of {len(conditional.SEEDS)} seeds (chance 50 %, oracle 100 %):")
for model in rank:
    print(f"  {model}: {mean_of(model).mean():.1%}, gap {100 * mean_of(model, 'gap').mean():.1f} points")
print(f"ahead of one net each: {', '.join(above) or 'none'}")
hardest = min(CONDITIONS, key=lambda name: mean_of(conditional.ADDE, f"accuracy, {name}").mean())
print(f"hardest for ADDE-C: {hardest}; best model by condition: {best}")
for name, shares in photo_rows.items():
    print(f"photos, {name}: {shares.mean():.3f}")
print(f"distance warns of a question that does not apply: {'yes' if warns else 'no'} ({outscored:.0%} of pairs)")
