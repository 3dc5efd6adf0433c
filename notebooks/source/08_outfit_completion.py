# ---
# jupyter:
#   course:
#     shows: which garment completes an outfit, and whether attention finds the rules that made it
#     cpu_s: 300
#     tiny_cpu_s: 90
#     peak_mb: 3000
# ---

# %% [markdown]
# # Outfit completion
#
# **A shirt, trousers, boots: which bag? And can a model find the rules of taste if nobody tells it any?** Outfits
# follow a rule book that stays closed until the middle of this notebook. All that the models get is pictures, and which
# of them were worn together.
#
# {{budget}}
#
# After this notebook you can
#
# - write the outfit ranking loss, and say at which number it stands when a model has collapsed,
# - build ADDE-O and CSA-Net in a few lines each, and say what their attention can and cannot see,
# - tell "it knows what is worn with what" from "it knows what goes with what",
# - open the rule book and check, line by line, which rules were found.

# %%
import os
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

import adde_lite
from adde_lite import Edit, PrototypeMemory, checks, plots, widgets
from adde_lite.data.outfits import EMPTY, RULE_BOOK, Questions, fill_in_the_blank
from adde_lite.data.outfits.ngnn import category_questions, ngnn_outfits
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, outfit_distance, outfit_ranking
from adde_lite.metrics.category_baselines import category_co_occurrence, category_popularity
from adde_lite.metrics.classification import attribute_accuracy
from adde_lite.metrics.outfits import fill_in_the_blank_accuracy, recall_at_k
from adde_lite.models.outfits import CSANet, PairAttention
from adde_lite.models.outfits.matching import candidate_distances
from adde_lite.retrieval.completion import Completion
from adde_lite.sampling.outfits import LeaveOneOut
from adde_lite.studies import outfits as study
from adde_lite.studies.outfit_run import SHOP, Shop, embedded, encoder_of, judge_of
from adde_lite.studies.outfit_scores import kappa_right, kappa_table
from adde_lite.studies.record import mean_and_range, recorded
from adde_lite.training import seeded
from adde_lite.training.outfits import train_outfits
from adde_lite.widgets.building import Building

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
full_size = profile.name != "tiny"  # tiny proves that every cell runs; claims about training need more outfits
print(f"profile {profile.name}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}")

# %% [markdown]
# ## Outfits that somebody chose
#
# A wardrobe is cut into three parts, by product, so that no garment stands in two of them. From each part outfits are
# put together: an upper and a lower or a dress, shoes, and often an outer, a bag, a hat.

# %%
shop = profile.pick(tiny=Shop(600, 300, 60, 60), cpu=SHOP, gpu=SHOP)
seed = study.SEEDS[0]
train, validation, test = (shop.part(part, seed) for part in ("train", "validation", "test"))
assert not set(train.stock.columns["product"]) & set(test.stock.columns["product"])
sizes = (test.items != EMPTY).sum(1)
print(f"{len(train):,} outfits of {len(train.stock):,} garments to learn from, {len(test):,} to be judged by")
print(f"garments an outfit: {int(sizes.min())} to {int(sizes.max())}")
plots.outfit_boards(train, range(3))

# %% [markdown]
# Look at these three before you read on. Each was put together by rules, and every pair of garments in it keeps the
# rule for its pair, if there is one. What could they be? Colours, patterns, lengths? Three outfits are too few to tell,
# for you as for a model. What the picture does not show is what would have been *wrong*.

# %% [markdown]
# ## A garment in numbers
#
# Nothing here looks at pixels again. Every garment goes once through the encoder of notebook 03 and stays what comes
# out: one block $r_a$ of numbers for each attribute $a$.

# %%
encoder = encoder_of(seed)
r_train, r_validation, r_test = (embedded(part, seed) for part in (train, validation, test))
accuracy = attribute_accuracy(encoder.classify(r_test), test.stock.labels)
read = dict(zip(WARDROBE.names, accuracy.tolist(), strict=True))
A, d = r_test.shape[1:]
print(f"a garment is {A} blocks of {d} numbers; read right: {min(read.values()):.0%} to {max(read.values()):.0%}")

# %% [markdown]
# The blocks are not perfect: where the encoder misreads a pattern, no model that stands on it can know better. Keep the
# range in mind when scores stop short of the oracle, who reads labels.
#
# ## A loss for whole outfits, by hand
#
# A garment is good for an outfit when it is close to *all* of it. Take an outfit of two garments; $p$ is the one that
# was left out, $n_1, n_2, n_3$ are others of its category. These are their distances, made up:

# %%
distances = torch.tensor([[[0.2, 0.9, 0.5, 0.7], [0.4, 0.7, 0.5, 0.9]]])  # outfit, garment, candidate: p, n1, n2, n3
D = distances[0].mean(0)
D_p, D_n = D[0], D[1:]
m = 0.3
hardest = torch.clamp(D_p - D_n.min() + m, min=0)
average = torch.clamp(D_p - D_n.mean() + m, min=0)
print("D(O, s):", [round(value, 2) for value in D.tolist()])
print(f"loss with the hardest negative {hardest:.2f}, with their average {average:.2f}")

# %% [markdown]
# So $D(O, s)$ is the mean distance of a candidate $s$ to the garments of an outfit $O$, and the loss asks that $p$ be
# closer than the others by a margin $m$:
#
# $$L = \max(0,\; D(O, p) - D_N + m)$$
#
# How the negatives become one number $D_N$ is left open by what we could read of the papers. With the **minimum** the
# hardest negative decides. With the **mean** a few easy ones can hide it: here the mean is content and the minimum is
# not. The package has both; outfits differ in size, so it is also told which places hold a garment.

# %%
present = torch.ones(1, 2, dtype=torch.bool)
whole = outfit_distance(distances, present)
assert torch.allclose(whole[0], D) and m == OUTFIT_MARGIN
assert torch.isclose(outfit_ranking(whole[:, 0], whole[:, 1:], aggregate="min"), hardest)
assert torch.isclose(outfit_ranking(whole[:, 0], whole[:, 1:], aggregate="mean"), average)
assert torch.equal(outfit_distance(distances.flip(1), present), whole)  # garments of an outfit have no order
assert hardest > 0 == average

# %% [markdown]
# ## The number to watch for
#
# What is the loss of a model that maps every garment to the same point? All distances are zero, and what is left is the
# margin. Such a model is easy to reach: shrink everything and the loss falls to the margin from above, then stays.

# %%
shrink = torch.linspace(0, 2, 41)
badly = torch.tensor([[0.9, 0.5, 0.7, 0.8]])  # a model that has p too far away
losses = {name: [] for name in ("min", "mean")}
for scale in shrink:
    for name, values in losses.items():
        values.append(float(outfit_ranking(scale * badly[:, 0], scale * badly[:, 1:], aggregate=name)))
assert all(np.isclose(values[0], m) and values[-1] > m for values in losses.values())
lines = {"loss": {name: (shrink.tolist(), values) for name, values in losses.items()}}
alt = "Both losses rise from the margin as distances grow: for a model that is wrong, shrinking everything helps."
plots.curves(lines, "all distances times", alt)

# %% [markdown]
# For a model that is wrong, shrinking is the way down, and both lines end at the margin. **A loss that stands at
# exactly the margin says nothing was learned.** The remedy is to forbid shrinking: bring vectors to length one, so that
# they can only turn. Both models below do it, in different places.

# %% [markdown]
# ## Attention that sees categories only
#
# Which attribute matters depends on the pair: perhaps colour between trousers and a hat, length between coat and
# boots. So ADDE-O and CSA-Net have a small network $\kappa$ that looks at two categories, that of the garment that is
# there and that of the one looked for, and hands out weights: in ADDE-O one for each attribute that may matter.

# %%
C, parts = len(WARDROBE.options("category")), len(RULE_BOOK.attributes)
attention = seeded(lambda: PairAttention(C, parts), 0)
first, _, second = attention.layers
boot, hat, bag = (WARDROBE.code("category", name) for name in ("boot", "hat", "bag"))
hot = F.one_hot(torch.tensor([boot, hat]), C).float().flatten()  # [one-hot of what is there; of what is sought]
by_hand = (torch.relu(hot @ first.weight.T + first.bias) @ second.weight.T + second.bias).softmax(0)
weights = attention(torch.tensor(boot), torch.tensor(hat))
assert torch.allclose(by_hand, weights) and torch.isclose(weights.sum(), torch.tensor(1.0))
assert not torch.allclose(weights, attention(torch.tensor(boot), torch.tensor(bag)))
print("boot → hat:", [round(weight, 3) for weight in weights.tolist()])

# %% [markdown]
# The weights are positive and sum to one; before training they are nearly even, and already they differ from pair to
# pair. No picture enters. So the attention of a trained model is nothing but a **table of pairs**, which we can print
# and read. That will be our way to ask the model what it found.

# %%
table = attention.table()
assert table.shape == (C, C, parts) and torch.allclose(table[boot, hat], weights)
assert torch.allclose(table.sum(2), torch.ones(C, C))
print(f"{C} x {C} pairs, {parts} weights each; nearly even: {table.min():.3f} to {table.max():.3f}")

# %% [markdown]
# ## ADDE-O in five lines
#
# ADDE-O takes the blocks of a few attributes (`chosen`). Each goes through a linear map of its own,
# $u_a = \psi_a(r_a)$, and gets length one; then the pair weighs it.
# Length one matters twice: it forbids the collapse, and it makes the weights mean something. A map that could stretch
# its block would make an attribute important behind the back of the attention.

# %%
model = seeded(lambda: study.run(study.MAIN, seed).build(), seed)
columns = model.chosen.tolist()
few, pair = r_test[:5], (torch.tensor(boot), torch.tensor(hat))
with torch.no_grad():
    u = torch.stack([few[:, a] @ W + b for a, W, b in zip(columns, model.weight, model.bias, strict=True)], dim=1)
    u = F.normalize(u, dim=2)
    weighted = model.attention(*pair)[:, None] * u
    f = weighted.flatten(1)
    assert torch.allclose(f, model.represent(few, *pair), atol=1e-6)
print(f"{len(columns)} blocks of {d} become one vector of {f.shape[1]}; its length {f.norm(dim=1).mean():.3f}")

# %% [markdown]
# Here the blocks stay apart, as in the paper's figure: **concatenate**. CSA-Net, from which the idea comes, would add
# them up: **sum**. The text that decides was not at hand, so the package has both, and the study compares them.
#
# ## CSA-Net is a table of masks
#
# CSA-Net keeps one vector $x$ for a garment and five learned masks $m_k$; the pair mixes what the masks let through,
# with weights $w_k$ from a $\kappa$ of its own. Written as in the paper, and then once more:

# %%
csa = seeded(lambda: CSANet(study.models()[study.CSA][0]), seed)
with torch.no_grad():
    x, w = csa.embedding(few.flatten(1)), csa.attention(*pair)
    as_written = sum(w_k * (x * m_k) for w_k, m_k in zip(w, csa.masks, strict=True))
    one_mask = x * (w @ csa.masks)
    assert torch.allclose(as_written, one_mask, atol=1e-6)
    assert torch.allclose(F.normalize(one_mask, dim=1), csa.represent(few, *pair), atol=1e-6)
rank = int(
    torch.linalg.matrix_rank(csa.pair_mask(*torch.meshgrid(*2 * [torch.arange(C)], indexing="ij")).flatten(0, 1))
)
print(f"{C * C} pairs have {C * C} masks, which together have rank {rank}")

# %% [markdown]
# The weights are plain numbers, so they move inside: $x \circ \sum_k w_k m_k$. All that five masks and an attention do
# is to give each *pair* one mask, from a table of rank five. And here every garment is brought to length one at the
# end. A **siamese** net is the same without categories: one mask for all. It is the control.

# %% [markdown]
# ## What a model learns from
#
# Leave one garment out of an outfit; the others are what is given. Beside it stand other garments of its category that
# were *not* chosen. Some of them would have been fine as well: nobody says so, and that is part of the difficulty.

# %%
recipe = replace(study.run(study.MAIN, seed).training, seed=seed)
drawn = LeaveOneOut(train.items, train.categories, recipe.negatives).draw(seed, epoch=0)
given, candidates = drawn.given[:96], drawn.candidates[:96]
assert (train.categories[candidates] == train.categories[candidates[:, :1]]).all()
with torch.no_grad():
    D = candidate_distances(model, r_train, train.categories, given, candidates)
plots.question_board(train, given[0], candidates[0, :4], 0, -D[0, :4])

# %% [markdown]
# Above, what is given; below, in the blue frame, the garment that was left out, and three negatives with it. The
# numbers are minus the distances of a model that has not learned yet: nearly alike, and a dashed frame, if there is
# one, is what it would choose. Every epoch draws anew what is left out and what stands beside it. The distances by
# hand:

# %%
D_hand = torch.zeros(candidates.shape[1])
there = given[0][given[0] != EMPTY]
with torch.no_grad():
    for row in there:
        for k, candidate in enumerate(candidates[0]):
            pair = train.categories[row], train.categories[candidate]
            apart = model.represent(r_train[row], *pair) - model.represent(r_train[candidate], *pair)
            D_hand[k] += apart.norm() / len(there)
assert torch.allclose(D[0], D_hand, atol=1e-6)
print(f"loss before training: {outfit_ranking(D[:, 0], D[:, 1:]):.3f}, margin {OUTFIT_MARGIN}")

# %% [markdown]
# Both garments of a pair are seen through the weights of the *same* pair; otherwise their distance would compare apples
# with attention. The loss begins near the margin: all distances are alike, and so far that is as bad as a collapse. Now
# train three models, each some ten seconds, on the same outfits.

# %%
names = {study.MAIN: "ADDE-O", study.CSA: "CSA-Net", study.SIAMESE: "siamese, no categories"}
nets, histories = {}, {}
for name in names:
    run = study.run(name, seed)
    nets[name] = run.build()
    brief = replace(
        run.training, seed=seed, epochs=profile.pick(tiny=2, cpu=run.training.epochs, gpu=run.training.epochs)
    )
    histories[name] = train_outfits(nets[name], r_train, train, brief).table()["ranking"]

lines = {"ranking loss": {names[name]: (rows.index.tolist(), rows.tolist()) for name, rows in histories.items()}}
lines["ranking loss"]["margin"] = ([0, brief.epochs - 1], 2 * [OUTFIT_MARGIN])
if full_size:
    assert histories[study.MAIN].iloc[-1] < OUTFIT_MARGIN / 2
    assert abs(histories[study.SIAMESE].iloc[-1] - OUTFIT_MARGIN) < 0.03
alt = "Loss over epochs: ADDE-O falls far below the margin, CSA-Net some way, the siamese net stays near it."
plots.curves(lines, "epoch", alt)

# %% [markdown]
# The siamese net hardly leaves the line of the margin: with one space for all pairs, what is close for shirt and
# trousers is close for shirt and bag as well, whether it matters there or not. The curve does not say how good the
# others are; a ranking loss depends on how hard the negatives happen to be. For that we need questions.
#
# ## Fill in the blank
#
# Four options, one of them was worn. Chance is one in four.

# %%
model = nets[study.MAIN]
completion = Completion(model, r_test, test.categories)
asked = fill_in_the_blank(test, distractors="same category", count=shop.questions, seed=seed)
scores = completion.option_scores(asked.given, asked.options)
right = fill_in_the_blank_accuracy(scores, asked.answer, per_question=True)
by_hand = (scores.argmax(1) == asked.answer).double().mean()
assert np.isclose(float(right.mean()), float(by_hand))
wrong = int((right == 0).nonzero()[0])
print(f"ADDE-O, {len(asked)} questions: {right.mean():.1%} right; below, one that was not")
plots.question_board(test, asked.given[wrong], asked.options[wrong], int(asked.answer[wrong]), scores[wrong])

# %% [markdown]
# The numbers are minus the mean distances; the highest is framed, dashed where it is not the garment that was worn. A
# mistake can be the model's or the encoder's, and the picture does not tell which. It never is the question's: each
# wrong option of this kind breaks a rule with what is given.
#
# Where wrong options come from decides how hard a question is. There are three kinds: *random* garments, garments of
# the *same category*, and garments that break *exactly one rule*.

# %%
KINDS = ("random", "same category", "one rule broken")
questions = {kind: fill_in_the_blank(test, distractors=kind, count=shop.questions, seed=seed) for kind in KINDS}
judges = {name: judge_of(name, train, test, seed) for name in study.BASELINES}
judges |= {name: Completion(net, r_test, test.categories) for name, net in nets.items()}
live = {
    judge: {
        kind: fill_in_the_blank_accuracy(by.option_scores(q.given, q.options), q.answer)
        for kind, q in questions.items()
    }
    for judge, by in judges.items()
}
order = ["chance", "category popularity", "category co-occurrence", *nets, "label statistics", "rule oracle"]
order = sorted(order, key=lambda judge: live[judge]["same category"])
alt = "Share of questions right, by kind of wrong options: chance at a quarter, the rule oracle on top, ADDE-O near it."
plots.score_bars({judge: live[judge] for judge in order}, KINDS, alt, ours=study.MAIN)

# %% [markdown]
# Two rows know categories alone: *popularity*, how common each is, and *co-occurrence*, which are worn together. Now
# read the panels one by one. **Random**: co-occurrence is far above chance, because a second pair of boots is never
# right. **Same category**: now categories say nothing, and their rows fall to exactly chance. **One rule broken**: a
# single wrong pair among several right ones, the hardest. The *label statistics* count which values meet in outfits, as
# a classifier reads them; no gradient is involved. It is the simplest rival that could win.

# %%
same = {judge: live[judge]["same category"] for judge in live}
assert same["chance"] == same["category popularity"] == same["category co-occurrence"] == 0.25
assert same["rule oracle"] == live["rule oracle"]["one rule broken"] == 1
if full_size:
    assert same[study.MAIN] > 0.5 < same[study.CSA]
    assert min(same[study.MAIN], same[study.CSA]) > same[study.SIAMESE] + 0.05
pd.DataFrame(live).T.loc[order].map("{:.3f}".format)

# %% [markdown]
# ## Three seeds
#
# The study `outfits` repeats all this for three wardrobes with outfits of their own, three encoders and three
# trainings; `make study` makes its record anew. First: is its row for our seed what we have just seen?

# %%
record = recorded(study.STUDY, study.runs())
by_model = {name: rows.set_index("seed") for name, rows in record.groupby("model")}
apart = {
    judge: max(abs(live[judge][kind] - by_model[judge].loc[seed, f"FITB, {kind}"]) for kind in KINDS) for judge in live
}
if full_size:
    assert max(apart.values()) < 0.03 and max(apart[judge] for judge in study.BASELINES) < 1e-3
    print(f"largest difference from the record of seed {seed}: {max(apart.values()):.4f}")

MEASURES = {f"FITB, {kind}": kind for kind in KINDS} | {"AUC, same category": "AUC", "recall@10": "recall@10"}
pd.DataFrame({title: {name: mean_and_range(by_model[name][key]) for name in order} for key, title in MEASURES.items()})

# %% [markdown]
# A cell is the mean over seeds and half their range. **AUC** asks the same of whole sets: how often does an outfit
# score above one whose garments were exchanged? **recall@10**: among all garments of the category in the shop, is the
# one that was worn among the first ten? Even the oracle misses there, because many garments keep all rules and only one
# of them was worn.

# %%
fitb = {name: rows["FITB, same category"] for name, rows in by_model.items()}
assert all((fitb[name] >= 0.25 + 0.25).all() for name in (study.MAIN, study.CSA))
gains = {name: (fitb[name] - fitb[study.SIAMESE]).mean() for name in (study.MAIN, study.CSA)}
assert min(gains.values()) >= 0.05
lead = (fitb[study.MAIN] - fitb["label statistics"]).mean()
groups = {name: fitb[name].tolist() for name in order}
alt = "Same-category questions right, three dots a row: siamese below CSA-Net below ADDE-O, near label statistics."
print(f"knowing the pair is worth {100 * min(gains.values()):.0f} points and more over the siamese net")
print(f"ADDE-O against counting labels: {100 * lead:+.1f} points")
plots.score_strips(groups, "same-category questions right", alt, baseline="label statistics")

# %% [markdown]
# Both models that know the pair are far above the siamese net, for each seed: knowing *who meets whom* makes the
# difference. The grey row should make you modest. Counting which values meet does nearly as well as learning here,
# because somebody else learned to read the values, and because the rules are about single values.
#
# ## The rule book, opened
#
# Guess now, if you want to: how many rules are there, and about what? This is the book.

# %%
plots.rule_table(RULE_BOOK)

# %% [markdown]
# A cell is a pair of slots; its rule looks at one attribute of both garments. Trousers and shirt must have neighbouring
# colours on a ring; with boots the same shirt must agree in pattern. Every attribute decides for some pairs and is
# noise for the others. So a model that finds the book must have found it *pair by pair*. Here is what $\kappa$ found.

# %%
slots = [f"{rule.slots[0]}, {rule.slots[1]}" for rule in RULE_BOOK.rules]
weights = dict(zip(slots, kappa_table(model).tolist(), strict=True))
rule_of = {slot: rule.relation.attribute for slot, rule in zip(slots, RULE_BOOK.rules, strict=True)}
plots.attention_table(weights, model.recipe.attributes, rule_of)

# %% [markdown]
# A row is a line of the book, the mean over its pairs of categories in both directions; the frame marks what the rule
# looks at. Where frame and dark cell meet, the model found the rule from pictures and outfits alone. The weights say
# what is compared; they do *not* say which values go together. That knowledge sits in the maps $\psi_a$.

# %%
largest = model.attention.table().argmax(2)
looked_at = RULE_BOOK.looked_at
ruled = looked_at >= 0
share = float((largest == looked_at)[ruled].double().mean())
assert model.recipe.attributes == RULE_BOOK.attributes and np.isclose(share, kappa_right(model)["kappa"])
kappa = {name: by_model[name]["kappa"] for name in by_model if name.startswith(study.MAIN)}
assert kappa[study.MAIN].mean() >= 0.7
print(f"{int(ruled.sum())} ordered pairs of categories have a rule; the largest weight is right in {share:.0%} here")
print(f"by chance it would be {1 / parts:.0%}; over seeds:")
pd.DataFrame({"kappa finds the attribute": {name: mean_and_range(runs) for name, runs in kappa.items()}})

# %% [markdown]
# *All attributes* was not even told which attributes to choose from: it may look at everything that the encoder knows,
# fastenings and pockets included, and has to find out that they never matter.
#
# ## Rule by rule
#
# Is a rule that the attention missed a rule that the model cannot keep? Take the questions whose wrong options break
# exactly one rule, and sort the options by rule: how often does the right one beat a garment that breaks *this* rule?
# Half is chance.

# %%
rules = [str(rule) for rule in RULE_BOOK.rules]
pairs_won = {
    name: [by_model[name][rule].mean() for rule in rules]
    for name in (study.SIAMESE, study.CSA, study.MAIN, "label statistics")
}
found = [by_model[study.MAIN][f"kappa, {rule}"].mean() for rule in rules]
per_rule = pd.DataFrame(pairs_won | {"kappa finds it": found}, index=rules).sort_values(study.MAIN)
alt = f"Pairs won for each rule, by model, and how often kappa finds it; the lowest of ADDE-O is {per_rule.index[0]}."
plots.number_map(per_rule.T.to_dict(), alt)

# %% [markdown]
# A row is a rule, the worst of ADDE-O on top; a column is a model, the last one the share of pairs in which attention
# looks at the right attribute. Read the top rows across: what the attention misses, the model does not keep. How close
# is that link, seed by seed?

# %%
main = by_model[study.MAIN]
won = np.array([main[rule] for rule in rules]).ravel()
seen = np.array([main[f"kappa, {rule}"] for rule in rules]).ravel()
missed, kept = won[seen < 0.5], won[seen >= 0.5]
print(f"{len(kept)} of {len(won)} rules (over {len(main)} seeds) found: pairs won {kept.mean():.2f}")
for rule in rules:
    for at, value in main[rule][main[f"kappa, {rule}"] < 0.5].items():
        print(f"seed {at} missed {rule}: pairs won {value:.2f}")
assert kept.min() > 0.7 and (missed < 0.65).all()

# %% [markdown]
# A rule that attention does not find stays near a coin toss, and the average over all questions hides it: that is why
# the table needs this one below it. Counting labels has no such holes, since it looks at all attributes at once.
#
# ## Minimum or mean, concatenate or sum?
#
# The papers left two choices open. What do they change?

# %%
forms = {
    "concatenate, min": study.MAIN,
    "sum, min": f"{study.MAIN}, sum",
    "concatenate, mean": f"{study.MAIN}, mean",
    "sum, mean": f"{study.MAIN}, sum, mean",
    "CSA-Net, min": study.CSA,
    "CSA-Net, mean": f"{study.CSA}, mean",
    "siamese, min": study.SIAMESE,
    "siamese, mean": f"{study.SIAMESE}, mean",
}
gain = (fitb[study.MAIN] - fitb[f"{study.MAIN}, mean"]).mean()
adding = (fitb[f"{study.MAIN}, sum"] - fitb[study.MAIN]).mean()
masks = (fitb[study.CSA] - fitb[f"{study.CSA}, mean"]).mean()
assert gain > 0 and masks < gain and abs(adding) < 0.03
assert study.FASTER == 4 * study.RATE
print(f"min against mean: ADDE-O {100 * gain:+.1f} points, CSA-Net {100 * masks:+.1f}")
print(f"sum against concatenate: {100 * adding:+.1f} points")
groups = {form: fitb[name].tolist() for form, name in forms.items()}
alt = "Same-category questions right for eight forms, three dots each: ADDE-O with the minimum on top."
plots.score_strips(groups, "same-category questions right", alt)

# %% [markdown]
# For ADDE-O the minimum is worth a lot: the mean is satisfied once *most* negatives are far. CSA-Net does not thank us
# for it: it has to move masks that begin nearly alike, and with the hardest negative alone we had to raise its rate
# fourfold. Concatenating or adding hardly matters. Three dots show large differences; do not read small ones from them.

# %% [markdown]
# ## Complete it from the shop
#
# A shop cannot compare every outfit with every garment anew. It need not: attention sees categories only, so each
# garment is represented *beforehand*, once for each category it may meet. An outfit then looks into one table for each
# of its garments.

# %%
outfit, wanted = asked.given[0], int(test.categories[asked.target[0]])
rows, from_tables = completion.category_scores(outfit, wanted)
brute = -candidate_distances(model, r_test, test.categories, outfit[None], rows[None])[0]
assert torch.allclose(from_tables, brute, atol=1e-5)
assert torch.equal(completion.complete(outfit, wanted, 5), rows[from_tables.argsort(descending=True, stable=True)[:5]])
best = completion.complete(outfit, wanted, 3)
options = torch.cat([best, asked.target[:1]]) if asked.target[0] not in best else completion.complete(outfit, wanted, 4)
place = int((options == asked.target[0]).nonzero())
shown = torch.tensor([float(from_tables[rows == row]) for row in options])
print(f"{len(rows)} garments of the category; the tables agree with brute force")
plots.question_board(test, outfit, options, place, shown)

# %% [markdown]
# Below are the best of the whole category, and the garment that was really worn. If they differ, look whether the
# model's choice is wrong or merely another good one: a list like this has many right answers and the record knows one.
# How often is that one found?

# %%
gallery = {
    name: judges[name].gallery_scores(asked.given, test.categories[asked.target])
    for name in ("chance", study.SIAMESE, study.MAIN, "rule oracle")
}
recalls = {name: {f"recall@{k}": recall_at_k(of, asked.target, k) for k in (1, 10, 30)} for name, of in gallery.items()}
offered = gallery[study.MAIN].isfinite().sum(1).double().mean()
if full_size:
    assert recalls["chance"]["recall@10"] < recalls[study.MAIN]["recall@10"] < recalls["rule oracle"]["recall@10"]
print(f"{offered:.0f} garments to choose from, on average")
pd.DataFrame(recalls).T.map("{:.3f}".format)

# %% [markdown]
# ## Does anything leak?
#
# The target's labels must not help to find it. Exchange the labels of all garments, keeping categories alone, and ask
# again; then exchange the *pictures* of what could be found and see whether the side of the query moves.

# %%
shuffled = test.stock.labels[torch.randperm(len(test.stock), generator=torch.Generator().manual_seed(0))]
shuffled[:, 0] = test.stock.labels[:, 0]
blind = replace(test, stock=replace(test.stock, labels=shuffled))
again = Completion(model, r_test, blind.categories).option_scores(asked.given, asked.options)
assert torch.equal(again, completion.option_scores(asked.given, asked.options))
others = r_test.clone()
others[test.categories == wanted] = others[test.categories == wanted].flip(0)
there = outfit[outfit != EMPTY]
pair = test.categories[there], torch.tensor(wanted)
with torch.no_grad():
    sides = [model.represent(features[there], *pair) for features in (r_test, others)]
assert torch.equal(*sides)
print("not a bit of any score depends on labels, nor the query on what it looks for")

# %% [markdown]
# Only the *category* of the missing garment is known to the query: "which bag?" is a question that a customer asks. In
# published work the description of the target has been used on the side of the query, and the scores were too good.
#
# ## Move it
#
# Put an outfit together, say what is missing, and ask for the best one with one attribute swapped: the prototype of
# notebook 04 goes into its block. Frames are blue where every rule is kept.

# %%
memory = PrototypeMemory.of_means(r_train, train.stock.labels, WARDROBE)
building = Building(model, r_test, test, memory, RULE_BOOK)
SLOTS = ("upper", "lower", "outer", "shoes")
slot_of = RULE_BOOK.slot_of[test.categories]
numbers = {name: number for number, (name, _) in enumerate(RULE_BOOK.slots)}
pieces = {name: (slot_of == numbers[name]).nonzero()[:4, 0].tolist() for name in SLOTS}
swaps = [Edit(name, value) for name in RULE_BOOK.attributes for value in WARDROBE.options(name)]
widgets.outfit_builder(building, pieces, ["bag", "hat", "boot", "sneaker"], swaps)

# %% [markdown]
# Under each garment stands the attribute that weighs most for what you look for; where the pair has no rule, no weight
# is large. Change "looking for" and watch it change. Tab and arrow keys are enough. On a page without a kernel, the
# next slider shows four states, drawn beforehand.

# %%
upper, lower = pieces["upper"][0], pieces["lower"][0]
colour = Edit("colour", "green")
stops = {
    "a bag": ([upper, lower], "bag", None),
    "boots": ([upper, lower], "boot", None),
    "with a coat": ([upper, lower, pieces["outer"][0]], "boot", None),
    "green": ([upper, lower], "bag", colour),
}
widgets.outfit_builder_frames(building, stops)

# %% [markdown]
# ## Categories of real outfits
#
# When `ADDE_LITE_DATA` names a folder with `outfits_polyvore`, the next cell asks what categories alone say about real
# outfits, put together by people. There are no pictures in it, and options are whole categories.

# %%
folder = Path(os.environ.get("ADDE_LITE_DATA", "")) / "outfits_polyvore"
if "ADDE_LITE_DATA" in os.environ and (folder / "ngnn_train.json.gz").exists():
    people = ngnn_outfits(folder)
    ask = category_questions(people.test, seed=0)
    told = {
        "popularity": category_popularity(people.train, ask.options),
        "co-occurrence": category_co_occurrence(people.train, ask.given, ask.options),
    }
    found = {name: fill_in_the_blank_accuracy(scores, ask.answer) for name, scores in told.items()}
    assert found["popularity"] < 0.3 and found["co-occurrence"] > 0.6
    print(
        f"{len(ask.given):,} outfits: popularity {found['popularity']:.3f}, co-occurrence {found['co-occurrence']:.3f}"
    )
else:
    print("Without ADDE_LITE_DATA: here would stand what categories say about real outfits.")

# %% [markdown]
# Wrong options are drawn by how frequent they are, so popularity has nothing to go by, and what is worn with what says
# a lot. Whoever reports a fill-in-the-blank score on questions with random categories reports mostly this.
#
# ## When it fails
#
# Our models never met a question with two hats. Negatives had the category of the right garment, so nothing ever taught
# them which categories go together. On *random* options that shows. Take the questions that ADDE-O gets wrong: how many
# of its answers are garments whose place is already taken?

# %%
random_asked = questions["random"]
slot = RULE_BOOK.slot_of[test.categories]


def place_taken(asked: Questions):
    """Which options stand where a given garment stands, bool (Q, 4)."""
    given = torch.where(asked.given == EMPTY, EMPTY, slot[asked.given.clamp(min=0)])
    return (given[:, :, None] == slot[asked.options][:, None]).any(1)


choice = completion.option_scores(random_asked.given, random_asked.options).argmax(1)
wrong = choice != random_asked.answer
taken = place_taken(random_asked).gather(1, choice[:, None])[:, 0]
absurd = float(taken[wrong].double().mean())
offered_share = float(place_taken(random_asked)[wrong].double().mean())
if full_size:
    assert absurd > offered_share
print(
    f"{wrong.double().mean():.0%} wrong; of these choices {absurd:.0%} are a second garment for a place that is taken"
)
print(f"of the options offered there, {offered_share:.0%} are")

# %% [markdown]
# Many of the mistakes are absurd: two pairs of shoes. A pair of categories that never met in training has whatever
# weights and distances fall out of the network. The remedy costs nothing: add the score that counts categories.
#
# There is a second limit, which no training mends. Both garments of a pair go through the *same* map:

# %%
with torch.no_grad():
    twin = model.represent(r_test[:1], torch.tensor(boot), torch.tensor(bag))
    same_look = (twin - model.represent(r_test[:1], torch.tensor(boot), torch.tensor(bag))).norm()
assert float(same_look) == 0
both = {}
co_occurrence = judges["category co-occurrence"].option_scores(random_asked.given, random_asked.options)
alone = completion.option_scores(random_asked.given, random_asked.options)
for name, scores in (("ADDE-O alone", alone), ("with category co-occurrence", alone + co_occurrence)):
    both[name] = fill_in_the_blank_accuracy(scores, random_asked.answer)
if full_size:
    assert both["with category co-occurrence"] > both["ADDE-O alone"]
print("random options, right:", ", ".join(f"{name} {share:.3f}" for name, share in both.items()))

# %% [markdown]
# The counts of categories mend the first failure, as printed. The second stays: a garment that looks alike is always at
# distance zero, so "never the same pattern twice" cannot be learned. Our book has no such rule; real taste has. It
# takes two different maps, one for each side, or a score that is no distance.

# %% [markdown]
# ## Exercises
#
# An exercise stands on the first code cell alone: run that, and you can begin here. Write your answer in the place of
# the `...`, run the cell and then the one below it, which says how far you are.
#
# ### Exercise 1, 2 minutes: the ranking loss
#
# `positive` of shape `(B,)` holds $D(O, p)$ of each outfit, `negatives` of shape `(B, M)` those of its negatives.
# Return the loss with the hardest negative, the mean over the outfits.

# %% [markdown] tags=["hint"]
# The hardest negative of an outfit is the *nearest*: `negatives.amin(1)`. Cut each outfit off at zero, then average.


# %% tags=["stub"]
def ranking_loss(positive, negatives, margin):
    """Mean over outfits of max(0, D_p - min D_n + m): positive (B,), negatives (B, M)."""
    ...


# %% tags=["solution"]
def ranking_loss(positive, negatives, margin):
    """Mean over outfits of max(0, D_p - min D_n + m): positive (B,), negatives (B, M)."""
    return (positive - negatives.amin(1) + margin).relu().mean()


# %% tags=["check"]
print(checks.outfit_completion.ranking_loss(ranking_loss))

# %% [markdown] tags=["instructor"]
# **Ask:** at which value does this stand when all garments are one point, and does the gradient then show a way out?
# At the margin; distances of zero have no direction, so no. The hidden check is that point.

# %% tags=["instructor"]
collapsed = [(torch.zeros(4), torch.zeros(4, 3), OUTFIT_MARGIN)]
print(checks.outfit_completion.ranking_loss.on(ranking_loss, collapsed))

# %% [markdown]
# ### Exercise 2, 10 minutes: how far from the outfit?
#
# Write the distance of ADDE-O. `there` of shape `(L, A, d)` are the blocks $u_a$ of the garments that are there,
# `candidates` of shape `(K, A, d)` those of the candidates. `weights` of shape `(L, A)` is what $\kappa$ gives the pair
# of each garment's category and the one looked for. Return $D(O, s)$ of every candidate, `(K,)`. Blocks are
# concatenated.

# %% [markdown] tags=["hint"]
# Begin with loops: for one garment and one candidate, weigh both with the garment's weights, `weights[l][:, None]`,
# flatten, subtract, take the norm. At the end, the mean over the garments.


# %% tags=["stub"]
def outfit_distances(there, candidates, weights):
    """Mean weighted distance of each candidate (K, A, d) to the garments there (L, A, d), weights (L, A); (K,)."""
    ...


# %% tags=["solution"]
def outfit_distances(there, candidates, weights):
    """Mean weighted distance of each candidate (K, A, d) to the garments there (L, A, d), weights (L, A); (K,)."""
    mine = weights[:, None, :, None] * there[:, None]
    theirs = weights[:, None, :, None] * candidates
    return (mine - theirs).flatten(2).norm(dim=2).mean(0)


# %% tags=["check"]
print(checks.outfit_completion.outfit_distances(outfit_distances))

# %% [markdown] tags=["instructor"]
# **Ask:** why may the mean not be a sum? Within one question both rank alike; across outfits of different sizes the
# margin would mean something else. Then let them find, in the builder, an outfit for which a swap of the bag's colour
# breaks a rule, and say which attribute each given garment looks at.

# %% tags=["instructor"]
alone = [(torch.eye(3)[None], torch.eye(3)[None], torch.ones(1, 3) / 3)]
print(checks.outfit_completion.outfit_distances.on(outfit_distances, alone))

# %% [markdown]
# ### Exercise 3, 30 minutes: find the rule book by counting
#
# `one` and `other`, int64 of shape `(n, A)`, are the labels of two garments worn together in `n` outfits; -1 is
# missing. For each attribute, over the pairs that have it on both sides, return the **mutual information** in nats,
# $\sum p(v, v') \log \frac{p(v, v')}{p(v)\, p(v')}$, where $p$ are shares of those pairs; zero where no pair has it.
# Then read the book from `train`, one pair of slots after the other, with what this gives for both of them:
#
# ```python
# slots = [name for name, _ in RULE_BOOK.slots]
# place = RULE_BOOK.slot_of[train.categories[train.items.clamp(min=0)]].where(train.items != EMPTY, EMPTY)
#
# def worn(slot):
#     at = place == slots.index(slot)
#     garment = train.items.gather(1, at.int().argmax(1, keepdim=True))[:, 0]
#     return train.stock.labels[garment].where(at.any(1, keepdim=True), EMPTY)
# ```
#
# Is the largest number always that of the rule? For dress and outer, two are large. Why?

# %% [markdown] tags=["hint"]
# For the labelled pairs of one attribute, `F.one_hot(v).double().T @ F.one_hot(w).double()` counts how often each two
# values meet. Divide by the number of pairs; row sums and column sums are $p(v)$ and $p(v')$. What was never seen adds
# nothing.


# %% tags=["stub"]
def shared_information(one, other):
    """Mutual information of each attribute of two garments worn together, nats: codes (n, A) twice; (A,)."""
    ...


# %% tags=["solution"]
def shared_information(one, other):
    """Mutual information of each attribute of two garments worn together, nats: codes (n, A) twice; (A,)."""
    told = torch.zeros(one.shape[1], dtype=torch.float64)
    for a in range(one.shape[1]):
        known = (one[:, a] != EMPTY) & (other[:, a] != EMPTY)
        if known.any():
            v, w = F.one_hot(one[known, a]).double(), F.one_hot(other[known, a]).double()
            p = v.T @ w / known.sum()
            by_chance = p.sum(1, keepdim=True) * p.sum(0)
            told[a] = (p * (p / by_chance).log())[p > 0].sum()
    return told


# %% tags=["check"]
print(checks.outfit_completion.shared_information(shared_information))

# %% [markdown] tags=["instructor"]
# **Ask:** why do dress and outer share the length as well? No rule of theirs says so: both have to agree with the
# shoes. Counting cannot tell a rule from its shadow, and neither can $\kappa$. And why is the number of colours never
# quite zero? A table of many cells and few outfits has information by accident; shuffle one side to see how much.
#
# **In class:** ten minutes for the loss and its collapse, fifteen for attention, ten for the opened book; the first
# exercise alone, the second in pairs, the third at home. For a project: a rule that *forbids* what is alike. Train on
# outfits whose upper and shoes differ in pattern, show that no rate helps, then give each side its own $\psi_a$.

# %% tags=["instructor"]
never_labelled = [(torch.tensor([[0, -1], [1, -1]]), torch.tensor([[1, 0], [0, 0]]))]
print(checks.outfit_completion.shared_information.on(shared_information, never_labelled))

# %% [markdown]
# ## Symbols and summary
#
# | paper | code | meaning |
# |---|---|---|
# | $O$ | `adde_lite.data.outfits.Outfits.items` | an outfit: rows of its garments |
# | $D(O, s)$ | `adde_lite.losses.outfit_ranking.outfit_distance` | mean distance of a candidate to an outfit |
# | $L$ | `adde_lite.losses.outfit_ranking.outfit_ranking` | the outfit ranking loss |
# | $D_N$ | `adde_lite.losses.outfit_ranking.outfit_ranking(aggregate)` | how the negatives become one number |
# | $m$ | `adde_lite.losses.outfit_ranking.OUTFIT_MARGIN` | the margin |
# | $\kappa$ | `adde_lite.models.outfits.PairAttention` | attention: two categories to weights |
# | $w$ | `adde_lite.models.outfits.PairAttention.table` | the weights of every pair |
# | $u_a$ | `adde_lite.models.outfits.ADDEO.project` | a block through its map $\psi_a$, of length one |
# | $f$ | `adde_lite.models.outfits.ADDEO.represent` | a garment as a pair sees it |
# | $x$ | `adde_lite.models.outfits.CSANet.embedding` | CSA-Net's one vector of a garment |
# | $m_k$ | `adde_lite.models.outfits.CSANet.masks` | its masks, mixed by the pair |

# %%
print(f"same-category questions right, mean of {len(main)} seeds:")
for name in order:
    print(f"  {name} {fitb[name].mean():.3f}")
print(f"knowing the pair of categories: {100 * min(gains.values()):.0f} points or more over the siamese net")
print(
    f"kappa looks at the attribute of the rule in {kappa[study.MAIN].mean():.0%} of the pairs, chance {1 / parts:.0%}"
)
print(f"hardest rule to keep: {per_rule.index[0]} ({per_rule.iloc[0][study.MAIN]:.2f} of its pairs won)")
print(f"min against mean {100 * gain:+.1f} points, sum against concatenate {100 * adding:+.1f}")
print(f"ADDE-O against counting labels: {100 * lead:+.1f} points")
