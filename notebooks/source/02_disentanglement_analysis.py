# ---
# jupyter:
#   course:
#     shows: what "disentangled" can mean, who measures what, and why labels are needed
#     cpu_s: 400
#     tiny_cpu_s: 80
#     peak_mb: 3000
# ---

# %% [markdown]
# # Disentanglement analysis
#
# **A model says that it is disentangled. What does the word mean, and who measures it?** Everyone means something
# slightly different, and each meaning has its metric. So two papers can disagree about the same model and both be
# right.
#
# {{budget}}
#
# After this notebook you can
#
# - define and compute every metric of the field, on a table small enough to check by hand,
# - say which metric is fooled by which kind of code,
# - judge whether the objective or the seed decides how a model scores,
# - say why labels are needed.

# %%
import platform
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import kneighbors_graph
from tqdm.auto import tqdm

import adde_lite
from adde_lite import checks, plots, widgets
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.metrics import disentanglement as measures
from adde_lite.models.vae import BetaVAE, BetaVAERecipe
from adde_lite.models.vae.elbo import log_normal
from adde_lite.studies import objectives, relevance
from adde_lite.studies.grids import DRESSES, grid_metrics
from adde_lite.studies.record import recorded
from adde_lite.studies.vae_run import TRAINING
from adde_lite.training import seeded

torch.set_num_threads(1)  # models this small lose more by sharing their work than they gain
profile = adde_lite.profile()
print(f"profile {profile.name}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}")

# %% [markdown]
# ## What could it mean?
#
# Take garments with two **factors**: a colour with four values and a sleeve with five. The grid holds each combination
# once. A **code** is one number that a model gives for a garment. Here are five imagined models. *Scrambled* numbers
# the values in an odd order; *leaky* lets a little of the sleeve into the code for colour.

# %%
factors = np.indices((4, 5)).reshape(2, -1).T
names = ["colour", "sleeve"]
straight = factors - factors.mean(0)
turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
odd = np.stack([np.array([2, 0, 3, 1])[factors[:, 0]], np.array([2, 4, 0, 1, 3])[factors[:, 1]]], axis=1)
models = {
    "perfect": straight,
    "rotated": straight @ turn,
    "duplicated": np.hstack([straight, straight]),
    "scrambled": odd - odd.mean(0),
    "leaky": straight + 0.1 * straight[:, [1]] * [1, 0],
}
alt = "Twenty garments by their first two codes in five models: a grid, a tilted grid, two grids, a leaning grid."
plots.code_scatter({name: codes[:, :2] for name, codes in models.items()}, factors, names, alt)

# %% [markdown]
# Each dot is a garment. Three of the models form the same lattice; only hues and shapes give the odd order away, and
# the copies are not in the picture. Which would you call disentangled? Four readings of the word answer differently.
# **One factor a code**; **one code a factor**; **linear read-out**: a line through all codes reads each factor;
# **intervention**: change one factor, and exactly one code moves.


# %%
def shares(codes):
    """Share of the variance of code j that lies between the values of factor k, (D, F)."""
    means = [pd.DataFrame(codes).groupby(factor).transform("mean").to_numpy() for factor in factors.T]
    return np.stack([mean.var(0) / codes.var(0) for mean in means], axis=1)


def intervention(codes):
    """How often exactly one code moves when one factor is changed."""
    first, second = np.triu_indices(len(codes), 1)
    one_changed = (factors[first] != factors[second]).sum(1) == 1
    moved = (~np.isclose(codes[first], codes[second])).sum(1)
    return (moved[one_changed] == 1).mean()


# %% [markdown]
# `shares` serves the first two readings: along a row, how much of what a code tells belongs to one factor; down a
# column, how much of a factor belongs to one code. The line is fitted to all codes at once. Now each model by each
# reading.

# %%
answers = {}
for name, codes in models.items():
    share, guess = shares(codes), codes @ np.linalg.lstsq(codes, straight, rcond=None)[0]
    answers[name] = {
        "one factor a code": (share.max(1) / share.sum(1)).mean(),
        "one code a factor": (share.max(0) / share.sum(0)).mean(),
        "linear read-out": 1 - ((straight - guess) ** 2).sum() / (straight**2).sum(),
        "intervention": intervention(codes),
    }
ruined = {name: {reading for reading, answer in row.items() if answer < 0.7} for name, row in answers.items()}
assert ruined["rotated"] == set(answers["perfect"]) - {"linear read-out"} and not ruined["perfect"]
assert ruined["duplicated"] == {"one code a factor", "intervention"}
assert ruined["scrambled"] == {"linear read-out"} and ruined["leaky"] == {"intervention"}
plots.number_map(answers, "Five models by four readings; only the perfect one is full in all four.")

# %% [markdown]
# A dark row is a model that all four readings call disentangled. Only the perfect one is. Rotation ruins three readings
# and leaves the linear one whole; copies ruin what counts codes; the odd order ruins only the line; the small leak only
# the intervention. What the map does not say: which reading *you* need.
#
# ## Twenty rows
#
# Real codes are messier. The next table gives the twenty garments three codes: code 0 holds the colour with some noise,
# code 1 the sleeve with part of the colour mixed in, code 2 is noise alone. We compute every metric on it by hand, and
# each must equal the package's.

# %%
draw = np.random.default_rng(0)
mixed = factors @ [[1, 0.6, 0], [0, 1, 0]] + draw.standard_normal((20, 3)) * [0.3, 0.3, 1]
codes, code_names = mixed.round(1) + 0.0, ["code 0", "code 1", "code 2"]  # no minus zero
display(pd.DataFrame(codes, columns=code_names).map("{:.1f}".format).join(pd.DataFrame(factors, columns=names)))
alt = "Three codes against two factors: code 0 rises with colour, code 1 with sleeve, code 2 with neither."
plots.codes_by_value(codes, factors, names, alt)

# %% [markdown]
# A panel sets a code against a factor. Code 0 climbs with the colour; code 1 climbs with the sleeve, and a little with
# the colour. Code 2 should do nothing, but with so few dots it is easy to see a trend in it.
#
# ## How much does a code tell?
#
# Most metrics start from the **mutual information** of a code and a factor. Cut the code into bins and count.

# %%
BINS = 4
edges = np.linspace(codes[:, 0].min(), codes[:, 0].max(), BINS + 1)
bin_of = np.digitize(codes[:, 0], edges[:-1]) - 1
counts = pd.crosstab(bin_of, factors[:, 0], rownames=["bin of code 0"], colnames=["colour"])
counts

# %% [markdown]
# A code that tells the colour puts each colour into its own bin: one large number in each row. The **entropy**
# $H = -\sum p \log p$ says how many different cells there are, in a sense. If rows and columns know of one another, the
# joint table has fewer cells than they would have apart. The difference is the information they share:
# $I(z; v) = H(z) + H(v) - H(z, v)$.


# %%
def entropy(counted):
    p = np.asarray(counted).ravel() / np.sum(counted)
    return -np.sum(p[p > 0] * np.log(p[p > 0]))


def information(code, factor):
    bins = np.digitize(code, np.linspace(code.min(), code.max(), BINS + 1)[:-1])
    joint = pd.crosstab(bins, factor).to_numpy()
    return entropy(joint.sum(1)) + entropy(joint.sum(0)) - entropy(joint)


shared = np.array([[information(code, factor) for factor in factors.T] for code in codes.T])
assert np.allclose(shared, measures.mutual_information(measures.equal_width_bins(codes, BINS), factors))

H = measures.entropies(factors)
told = pd.DataFrame(shared / H, index=code_names, columns=names)
assert (shared.argmax(0) == [0, 1]).all() and shared[2].max() > 0.05
alt = "Share of each factor's entropy that each of three codes tells."
plots.number_map(told.to_dict("index"), alt, title="share told")

# %% [markdown]
# Each cell is the share of a factor's entropy that a code tells. The code made for a factor tells most of it. Code 2 is
# noise and tells something all the same: few rows always fit by luck.
#
# **MIG**, the mutual information gap (Chen et al., 2018), asks for *one code a factor*: best code minus second best, as
# a share of the entropy. **Modularity** (Ridgeway and Mozer, 2018) reads the same matrix by rows: *one factor a code*.

# %%
ordered = np.sort(shared, axis=0)
gaps = (ordered[-1] - ordered[-2]) / H
assert np.isclose(gaps.mean(), measures.mig(codes, factors, bins=BINS).score)
squares = shared**2
per_code = 1 - (squares.sum(1) - squares.max(1)) / squares.max(1)  # for two factors: over F - 1, which is one
assert np.isclose(per_code.mean(), measures.modularity(codes, factors, bins=BINS).score)
print("gap of each factor:", gaps.round(2), " MIG:", gaps.mean().round(2))
print("modularity of each code:", per_code.round(2), " mean:", per_code.mean().round(2))

# %% [markdown]
# Modularity gives the noise code a mark like any other: only the ratio within a row counts.
#
# **SAP**, separated attribute predictability (Kumar et al., 2018), is a gap too, but of predictions: of squared
# correlations for ordered factors, of the accuracy of a linear classifier on the single code for classes. The two
# differ so much that the variant must be named.

# %%
correlations = np.corrcoef(codes.T, factors.T)[:3, 3:] ** 2
ordered = np.sort(correlations, axis=0)
by_hand = (ordered[-1] - ordered[-2]).mean()
continuous, classes = (measures.sap(codes, factors, codes, factors, continuous=kind) for kind in (True, False))
assert np.isclose(by_hand, continuous.score)
print(f"SAP continuous {by_hand:.2f}, SAP of classes {classes.score:.2f}")

# %% [markdown]
# **Explicitness** (Ridgeway and Mozer again) asks for the *linear read-out*: fit a logistic regression on all codes,
# and take the area under the ROC curve. How often does a row with the value rank above one without it? Half is chance.
# A fair judge uses rows that the classifier has not seen; twenty cannot be split further, so here it judges itself and
# is too kind.

# %%
scaled, areas = (codes - codes.mean(0)) / codes.std(0), []
for factor in factors.T:
    likely = LogisticRegression().fit(scaled, factor).predict_proba(scaled)
    areas.append(roc_auc_score(factor, likely, multi_class="ovr"))
assert np.isclose(np.mean(areas), measures.explicitness(codes, factors, codes, factors).score)
print("area for each factor:", np.round(areas, 2), " explicitness:", np.mean(areas).round(2))

# %% [markdown]
# **DCI**, for disentanglement, completeness and informativeness (Eastwood and Williams, 2018), lets a classifier look
# at all codes and asks how much it used each: the importance matrix $R$. *Disentanglement* is high when a row of $R$
# has its weight in one place, *completeness* when a column has. How even a row is, its entropy says; *informativeness*
# is how often the classifier is right. Ours is a small forest; the field's gradient boosting takes far longer. Scores
# of different classifiers cannot be compared.


# %%
def concentration(weights):
    return 1 - entropy(weights) / np.log(len(weights))


R = measures.dci(codes, factors, codes, factors).importance
used = R.sum(1) / R.sum()
D = used @ [concentration(row) if row.any() else 0 for row in R]
C = np.mean([concentration(column) for column in R.T])  # columns sum to one, so all weigh the same
assert np.allclose([D, C], [measures.disentanglement(R), measures.completeness(R)])
rows, alt = pd.DataFrame(R, code_names, names), "Importance of three codes for two factors; columns sum to one."
plots.number_map(rows.to_dict("index"), alt, title=f"R: D {D:.2f}, C {C:.2f}")

# %% [markdown]
# *D* and *C* above the map are the two scores. The map shows what this forest used: of two copies it may take either.
#
# **IRS**, the interventional robustness score (Suter et al., 2019), is the *intervention*. Hold one factor and let the
# other change: how far is a code pushed, as a part of the farthest it ever goes? Robust is one minus that. Each code
# counts for its best factor, weighed by its reach.

# %%
reach = np.abs(codes - codes.mean(0)).max(0)
robust = np.empty((3, 2))
for k, factor in enumerate(factors.T):
    groups = [codes[factor == value] for value in np.unique(factor)]
    robust[:, k] = 1 - np.mean([np.abs(group - group.mean(0)).max(0) for group in groups], axis=0) / reach
by_hand = reach / reach.sum() @ robust.max(1)
assert np.isclose(by_hand, measures.irs(codes, factors, quantile=1.0).score)
print("robustness, codes by factors:", robust.round(2).tolist(), f" IRS {by_hand:.2f}")

# %% [markdown]
# The **FactorVAE score** (Kim and Mnih, 2018) takes votes. Hold a factor, draw a batch, and see which code moved least
# for its usual spread: that code gets a vote for that factor. Each code then stands for the factor that it got most
# votes from; the score is the share of votes that agree. Our votes and the package's come from different draws, so they
# agree within sampling error only.


# %%
def vote(factor):
    value = draw.choice(factors[:, factor])
    group = codes[factors[:, factor] == value]
    batch = group[draw.integers(len(group), size=64)]
    return (batch.var(0, ddof=1) / codes.var(0, ddof=1)).argmin()


votes = np.zeros((3, 2), dtype=int)
for factor in draw.integers(2, size=2000):
    votes[vote(factor), factor] += 1
by_hand, source = votes.max(1).sum() / votes.sum(), measures.LabelledCodes(codes, factors)
assert abs(by_hand - measures.factor_vae_score(source).score_train) < 0.05
print("votes, codes by factors:", votes.tolist(), f" FactorVAE score {by_hand:.2f}")

# %% [markdown]
# The **beta-VAE score** (Higgins et al., 2017) is its older sister. Two garments share one factor; take the distance in
# each code, averaged over a batch of such pairs. A linear classifier must say which factor was shared. In a good code
# one distance is near zero. But anything that differs between the factors will do, so many entangled codes pass.

# %%
asked = draw.integers(2, size=600)
pairs = [source.pairs(factor, 64, draw) for factor in asked]
points = np.stack([np.abs(left - right).mean(0) for left, right in pairs])
classifier = LogisticRegression().fit(points[:400], asked[:400])
by_hand = classifier.score(points[400:], asked[400:])
assert abs(by_hand - measures.beta_vae_score(source).score) < 0.05
print(f"beta-VAE score {by_hand:.2f}")

# %% [markdown]
# ## Twenty rows are few
#
# Are these numbers good? Shuffle the rows of the codes: each garment gets another one's codes, and all meaning is gone.
# What is left is chance. `metric_table` is the package's one call for all metrics, with the field's settings. It knows
# three more (Hsu et al., 2023), from information estimated without bins: *InfoM* (one factor a code), *InfoC* (one code
# a factor), *InfoE* (read-out). Exercise 2 is about them.


# %%
def all_scores(codes):
    return measures.metric_table(codes, factors, codes, factors).rows


everything = all_scores(codes)
count = range(profile.pick(tiny=2, cpu=12, gpu=40))
chance = pd.DataFrame([all_scores(codes[draw.permutation(20)]) for _ in tqdm(count, desc="shuffles")])
assert chance[["beta-VAE", "FactorVAE"]].mean().min() > 0.5  # two factors: chance would be half
assert chance["InfoM"].mean() > chance["SAP continuous"].mean()
alt = "For each metric the score of the twenty rows as a dot, the range of shuffled rows as a bar, often far from zero."
plots.baseline_ranges(everything, chance.to_dict("list"), alt)

# %% [markdown]
# The blue dot is our table, the grey bar the range of the shuffles, the tick their mean. Where the dot lies in the bar,
# luck would do as well. Chance can be far from zero: no score can be read without its bar.
#
# ## A zoo of codes
#
# Now at full size: six factors. *Perfect* is the oracle: it states the factors. *Random* is chance. Between them:
# *noisy*, each factor with noise and six nearly dead codes; *rotated*, the noisy factors turned in space; *duplicated*,
# each factor twice; *merged*, two factors in one number.


# %%
def standard(rows):
    return (rows - rows.mean(0)) / rows.std(0)


def zoo_of(grid, draw):
    s, noise = standard(grid), draw.uniform(-np.sqrt(3), np.sqrt(3), (len(grid), 12))
    near = s + 0.3 * noise[:, :6]
    return {
        "perfect": grid.astype(float),
        "noisy": np.hstack([near, 0.02 * noise[:, 6:]]),
        "rotated": near @ np.linalg.qr(draw.standard_normal((6, 6)))[0],
        "duplicated": np.hstack([s, s]),
        "merged": np.stack([s[:, 0] + 3 * s[:, 1], s[:, 2], s[:, 3] + 3 * s[:, 4], s[:, 5]], axis=1),
        "random": noise,
    }


# %% [markdown]
# The factors are those of a grid of dresses, every combination once. Each metric judges each animal of this zoo; a
# metric that learns something learns on other rows than it judges.

# %%
grid, results = DRESSES.factors(), []
for seed in tqdm(profile.seeds, desc="zoo"):
    for name, animal in zoo_of(grid, np.random.default_rng(seed)).items():
        results.append({"code": name, **grid_metrics(animal, DRESSES)})
by_code = pd.DataFrame(results).groupby("code", sort=False)
scores = by_code.mean()
alt = "Heat map of six codes by all metrics: the perfect code is dark nearly everywhere, the columns disagree below."
plots.number_map(scores.to_dict("index"), alt)

# %% [markdown]
# Noise and turn are drawn anew for each seed of the profile; each number is the mean. A clean metric would be dark at
# the top and pale at the bottom, with the others ordered between. Few are. A dark cell in the last row is praise for
# noise. The map shows one strength of noise and one choice of bins and classifiers. The next table turns the impression
# into a list.

# %%
passes = scores.drop(["perfect", "random"]) > scores.loc["perfect"] - 0.03
assert passes.loc["merged", ["MIG", "DCI completeness"]].all()
assert passes.loc["duplicated", ["DCI disentanglement", "modularity", "FactorVAE"]].all()
assert (scores.loc["rotated"] - scores.loc["noisy"])[["explicitness", "InfoE"]].abs().max() < 0.05
assert scores.loc["random", ["modularity", "InfoM"]].min() > 0.3 and scores.loc["perfect", "SAP"] < 0.9
fooled = scores.T[["perfect", "random"]].map("{:.2f}".format)
fooled["range"] = (by_code.max() - by_code.min()).max().map("{:.2f}".format)
fooled["passes for perfect"] = passes.apply(lambda column: ", ".join(column.index[column]) or "none")
fooled.rename_axis(columns=None)

# %% [markdown]
# *Range* is the largest over the seeds. Who asks only for one code a factor takes *merged* for perfect: MIG,
# completeness. Who asks only for one factor a code takes *duplicated*: DCI disentanglement, modularity, FactorVAE. The
# linear read-out does not notice *rotated*. Ratios praise noise: modularity, InfoM. And the perfect code fails the SAP
# of classes. No metric is wrong; each answers its own reading.
#
# ## Move it
#
# Turn a good code slowly: the slider turns two codes, each of which holds one factor and a little noise. Use the mouse,
# or click it once and press the arrow keys.

# %%
SHOWN = ["MIG", "SAP continuous", "DCI disentanglement", "modularity", "explicitness", "IRS", "beta-VAE", "FactorVAE"]
many = draw.permutation(np.tile(factors, (profile.pick(tiny=10, cpu=20, gpu=20), 1)))
upright = standard(standard(many) + 0.15 * draw.uniform(-np.sqrt(3), np.sqrt(3), many.shape))
frames, course = {}, {}
for angle in tqdm(profile.pick(tiny=(0, 18, 45), cpu=range(0, 46, 9), gpu=range(0, 46, 9)), desc="turning"):
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = upright @ [[cos, sin], [-sin, cos]]
    table = measures.metric_table(turned[::2], many[::2], turned[1::2], many[1::2])
    course[angle] = {name: table.rows[name] for name in SHOWN}
    frames[f"{angle} degrees"] = plots.code_portrait(turned, many, names, table.mig.told, course[angle])
start, middle, end = course[0], course[18], course[45]
assert all(end[name] < 0.5 * start[name] for name in ("MIG", "SAP continuous", "DCI disentanglement"))
assert abs(end["explicitness"] - start["explicitness"]) < 0.05
assert min(middle["beta-VAE"], middle["FactorVAE"]) > 0.9 > 2 * middle["DCI disentanglement"]
widgets.edit_slider("turn", frames)

# %% [markdown]
# On the left the dots, turning; in the middle what each code tells of each factor; on the right the scores. Gaps
# shrink, the read-out stands still, and the beta-VAE and FactorVAE scores hold on for long. The picture does not say
# that one end is worse for *you*: at every stop the turn can be undone.
#
# ## When it fails: rows and bins
#
# With few rows, many cells of a count hold one garment or none, and noise looks like information. How many rows are
# enough? We draw ever larger samples of the zoo's factors, and cut the same codes into few, the usual number of, and
# many bins.


# %%
def sampled(rows, bins, seed):
    """From so many garments: what noise seems to tell of their factors, and MIG of a noisy code."""
    own, sizes = np.random.default_rng(seed), tuple(DRESSES.sizes.values())
    drawn = own.integers(sizes, size=(rows, len(sizes)))
    noise = own.uniform(-np.sqrt(3), np.sqrt(3), drawn.shape)
    noisy = standard(drawn) + 0.3 * noise
    return measures.mig(noise, drawn, bins=bins).told.mean(), measures.mig(noisy, drawn, bins=bins).score


# %% [markdown]
# For noise the truth is zero. The noisy code has a MIG of its own, on which the estimate should settle once there are
# rows enough. Five draws for each number of rows and of bins.

# %%
cpu_rows = (50, 150, 500, 1500, 5000, 15000)
row_counts = profile.pick(tiny=cpu_rows[::2], cpu=cpu_rows, gpu=(*cpu_rows, 50000))
luck, gap = {}, {}
for bins in (5, 20, 80):
    pairs = np.array([[sampled(rows, bins, seed) for rows in row_counts] for seed in range(5)])
    luck[f"{bins} bins"], gap[f"{bins} bins"] = pairs[..., 0], pairs[..., 1]
assert luck["5 bins"][:, 0].mean() < luck["20 bins"][:, 0].mean() < luck["80 bins"][:, 0].mean()
assert all(runs[:, 0].mean() < runs[:, -1].mean() for runs in gap.values())
assert gap["5 bins"][:, -1].mean() < gap["20 bins"][:, -1].mean() - 0.05  # neighbouring values share a bin
alt = "Left: what noise seems to tell falls with the number of rows, later with more bins. Right: MIG rises, settles."
plots.score_curves({"random code: share told (truth: 0)": luck, "noisy code: MIG": gap}, row_counts, "rows", alt)

# %% [markdown]
# Lines are means over seeds, bands their range. On the left everything above zero is bias: more with more bins, gone
# only with many rows. On the right the same bias lifts the second best code and so *lowers* MIG, and too few bins cut
# it short for good. More rows remove the bias, and the range over seeds shrinks with them. The curves do not show which
# number of bins is right.
#
# ## From codes to models
#
# Now models make the codes, without seeing a label. They see dresses in every combination of six factors, so that no
# two factors go together by accident.

# %%
dresses, factor_names = DRESSES.images(), list(DRESSES.sizes)
shown = np.random.default_rng(0).permutation(len(dresses))[:24].tolist()
print(f"{len(dresses):,} dresses; factors: " + ", ".join(f"{name} ({size})" for name, size in DRESSES.sizes.items()))
alt = "Twenty-four small dresses that differ in colour, sleeve, length, fit and place."
plots.contact_sheet(list(dresses.subset(shown).images), [""] * len(shown), alt, columns=12)

# %% [markdown]
# These are the pixels that the models get. What the sheet cannot show is how much each factor changes the picture: a
# model that saves bits will code a change of colour before a change of fit.
#
# ## The study
#
# Locatello et al. (ICML 2019) asked thousands of models whether the objective decides how disentangled a code is. Here
# is a small version: four objectives, two strengths, five seeds; `make study` trains them and records each run.
# Beta-VAE makes the whole price of the code dearer; at strength 1 it is the plain VAE. Beta-TCVAE and FactorVAE charge
# extra for the **total correlation** alone, what the dimensions tell of one another: the one estimates it within the
# batch, the other by a second network. RF-VAE comes below. The number after a name is its strength.

# %%
runs = objectives.runs()
study = recorded(objectives.STUDY, runs)
study["group"] = (study["objective"] + study["strength"].map(" {:g}".format)).str.removesuffix(" 0")
untrained = study[study["group"] == objectives.UNTRAINED]
trained = study.drop(untrained.index)
columns = ["MIG", "FactorVAE", "DCI disentanglement"]
medians = study.groupby("group", sort=False)[columns].median()
table = pd.concat([medians, scores.loc[["random", "perfect"], columns]])
assert (table.iloc[:-1] < 0.9 * table.iloc[-1]).all(axis=None)
assert untrained["FactorVAE"].median() == 0
table.map("{:.2f}".format)

# %% [markdown]
# Medians over the seeds; the last two lines are codes of the zoo, made for the same factors. No model comes near the
# oracle. The codes of untrained models hardly move: the FactorVAE score drops such codes, and without any it is zero.
#
# Can the record be made again? We repeat two runs. Another machine rounds sums otherwise and training drifts apart, but
# the evidence lower bound (ELBO) of notebook 01 must agree.

# %%
two = [("beta-VAE", 4.0, 0), ("beta-TCVAE", 8.0, 1)]
wanted = profile.pick(tiny=two[1:], cpu=two, gpu=two)
chosen = [run for run in runs if tuple(run.name.values()) in wanted]
vaes, rows = [], []
for run in chosen:
    vaes.append(replace(run, steps=profile.pick(tiny=30, cpu=run.steps, gpu=run.steps)).trained())
    rows.append(run.scores(vaes[-1]))
checked = ["ELBO", "MIG", "FactorVAE", "active dimensions"]
record, now = recorded(objectives.STUDY, chosen)[checked], pd.DataFrame(rows)[checked]
assert profile.name == "tiny" or np.allclose(record["ELBO"], now["ELBO"], rtol=0.01)
both = record.compare(now, keep_shape=True, keep_equal=True, result_names=("recorded", "now"))
both.set_axis(["{objective} {strength:g}, seed {seed}".format(**run.name) for run in chosen]).map("{:.3f}".format)

# %% [markdown]
# Compare each pair of columns. In profile `tiny` there is one run, and its "now" is a far shorter training; in the
# others the bound has to agree within one per cent, which the cell asserts.
#
# ## The objective or the seed?
#
# Here is the whole record, a line of dots for each group. The last line has the untrained models: those of the study,
# and some from other seeds, made on the spot.

# %%
groups = {name: group["MIG"].tolist() for name, group in study.groupby("group", sort=False)}
seeds = range(100, profile.pick(tiny=103, cpu=120, gpu=120))
more = [replace(runs[-1], seed=seed).build() for seed in seeds]
groups[objectives.UNTRAINED] += [measures.mig(model.embed(dresses.images), grid).score for model in more]
floor = np.median(groups[objectives.UNTRAINED])
assert (trained["MIG"] > floor).mean() > 0.8
gain = trained["MIG"].median() / floor
print(f"median MIG of the trained models: {gain:.1f} times that of the untrained ones")
alt = "Mutual information gap of five seeds for each objective and strength, and untrained; the groups overlap widely."
plots.score_strips(groups, "mutual information gap (MIG)", alt, baseline=objectives.UNTRAINED)

# %% [markdown]
# A dot is a model, a bar the median of its group. Training helps: most dots lie right of the grey ones. How much is
# less sure: even an untrained network sees the colour, some seeds more than others. Could you tell the groups apart if
# their names were hidden?
#
# Split the variance: the part between objectives, the part between strengths within an objective, and the rest, which
# only the seed can explain.


# %%
def variance_shares(table, score):
    """Shares of the variance of a score: objective, strength within it, seed. They sum to 1."""
    by_objective, by_strength = (table.groupby(level)[score].transform("mean") for level in ("objective", "group"))
    parts = {"objective": by_objective, "strength": by_strength - by_objective, "seed": table[score] - by_strength}
    return {name: part.var(ddof=0) / table[score].var(ddof=0) for name, part in parts.items()}


parts, by_group = variance_shares(trained, "MIG"), trained.groupby("group", sort=False)
assert np.isclose(sum(parts.values()), 1)
print(", ".join(f"{name} {share:.0%}" for name, share in parts.items()))
between = np.ptp(trained.groupby("objective")["MIG"].mean())
within = (by_group["MIG"].max() - by_group["MIG"].min()).median()
print(f"range of MIG between objectives: {between:.2f}; between the seeds of a group: {within:.2f}")

# %% [markdown]
# The second line says the same without variances: how far the means of the objectives lie apart, and the seeds of a
# group in the median. But with so few models, even meaningless groups explain something. So we shuffle the scores among
# the models many times and see what chance alone explains.

# %%
draws, generator = profile.pick(tiny=20, cpu=300, gpu=1000), np.random.default_rng(0)
shuffles = [trained.assign(MIG=generator.permutation(trained["MIG"])) for _ in range(draws)]
by_chance = pd.DataFrame([variance_shares(shuffle, "MIG") for shuffle in shuffles])
for name in ("objective", "strength"):
    print(f"{name}: explains more than in {(by_chance[name] < parts[name]).mean():.0%} of shuffles")
alt = "Shares of variance of objective, strength and seed, each beside the range that shuffled scores give."
plots.baseline_ranges(parts, by_chance.to_dict("list"), alt, what="share of the variance")

# %% [markdown]
# A blue dot inside its grey bar is a share that shuffled scores reach as well. The seed has what the other two leave:
# its dot lies the further left, the more they explain.
#
# ## Can one choose a model without labels?
#
# Which of several seeds is the best, when there are no labels? The candidates are what training reports. We take the
# rank correlation of each with MIG, with an interval from the **bootstrap**: each group's models are drawn anew, with
# replacement, many times.

# %%
criteria = ["ELBO", "reconstruction", "KL", "total correlation", "total correlation of means", "active dimensions"]


def rank_correlations(table):
    return table[[*criteria, "MIG"]].corr("spearman")["MIG"].drop("MIG")


resampled = [by_group.sample(frac=1, replace=True, random_state=generator) for _ in range(draws)]
low, high = pd.DataFrame([rank_correlations(table) for table in resampled]).quantile([0.025, 0.975]).to_numpy()
ranked = dict(zip(criteria, zip(rank_correlations(trained), low, high, strict=True), strict=True))

sure = [name for name, (_, low_end, high_end) in ranked.items() if low_end * high_end > 0]
numbers = [*criteria, "MIG"]
inside = rank_correlations(trained[numbers] - by_group[numbers].transform("mean"))
print("keeps off zero:", ", ".join(sure) or "none")
print("within a group:", ", ".join(f"{name} {value:+.2f}" for name, value in inside.items()))
alt = f"Rank correlation of {len(ranked)} label-free criteria with MIG, with intervals and a line at zero."
plots.correlation_intervals(ranked, "rank correlation with MIG", alt)

# %% [markdown]
# Blue intervals keep off the dashed line. Even those may only tell strong from weak regularisation. We need to tell two
# seeds of one group apart; the second line asks for that: the mean of each group is taken off first. Near zero the
# criterion picks no better than a coin.
#
# ## How many factors are there?
#
# RF-VAE (Kim et al., 2019) asks how many dimensions the code needs. Each has a relevance $r$ between 0 and 1. Its KL
# counts $\lambda(r) = \lambda_{max} - (\lambda_{max} - \lambda_{min})\, r$ times: cheap when relevant, dear when not.
# Let two, four or six factors vary, all others frozen, and count the dimensions whose relevance ends above one half.

# %%
counts = recorded(relevance.STUDY, relevance.runs())
medians = counts.groupby("factors")[["relevant dimensions", "relevant and used", "MIG"]].median()
assert (medians["relevant dimensions"] - medians.index).abs().max() <= 1
display(medians.map("{:.2g}".format))
truth, answers = counts["factors"].tolist(), counts["relevant dimensions"].tolist()
alt = "Factors that vary against the number of relevant dimensions; the medians lie on or beside the diagonal."
plots.counted(truth, answers, ("factors that vary", "relevant dimensions"), alt)

# %% [markdown]
# A dot is a trained model, the dashed line is the right answer, the grey band allows one too many or too few. So a
# model without labels can count. It does not follow that each relevant dimension is one factor: see their MIG. And we
# helped: these factors are such as a single number can say. A colour may take three numbers to say, and then the count
# would be of numbers.
#
# ## A map is not a metric
#
# UMAP draws codes as a map in which neighbours stay together, and papers read clusters off it. PCA only turns the code
# and drops dimensions. We draw the codes of the last model by both, UMAP with two seeds.

# %%
from sklearn.decomposition import PCA
from umap import UMAP

every = profile.pick(tiny=8, cpu=3, gpu=3)
codes, colours = vaes[-1].embed(dresses.images)[::every].numpy(), grid[::every, factor_names.index("colour")]
placed = {"PCA": PCA(2).fit_transform(codes)}
for seed in tqdm((0, 1), desc="UMAP"):
    placed[f"UMAP, seed {seed}"] = UMAP(random_state=seed, n_jobs=1).fit_transform(codes)
alt = "The codes of a part of the dresses in three maps, coloured by colour: PCA, and UMAP with two seeds."
plots.maps(placed, colours, list(DRESSES.attributes["colour"]), alt)

# %% [markdown]
# Compare the two UMAPs: islands shift and change their shape. Distances between islands mean nothing. PCA is the same
# each time. None of the three says which dimension holds which factor, and clusters need not be values of a factor. How
# far can a map be trusted? Count how many of a dress's nearest neighbours are the same in two maps.


# %%
def overlap(left, right, k=15):
    """Share of the k nearest neighbours that two maps of the same rows have in common."""
    return kneighbors_graph(left, k).multiply(kneighbors_graph(right, k)).sum() / (k * len(left))


first, second = placed["UMAP, seed 0"], placed["UMAP, seed 1"]
kept = {
    "chance: two UMAPs, rows shuffled": overlap(first, generator.permutation(second)),
    "two seeds of UMAP": overlap(first, second),
    "UMAP and the code": (overlap(first, codes) + overlap(second, codes)) / 2,
    "PCA and the code": overlap(placed["PCA"], codes),
    "oracle: the code and itself": overlap(codes, codes),
}
assert kept["two seeds of UMAP"] > kept["chance: two UMAPs, rows shuffled"]
pd.Series(kept, name="neighbours kept").map("{:.2f}".format).to_frame()

# %% [markdown]
# The second line belongs beside every such picture; the third and fourth say which map keeps more of the code's own
# neighbourhoods. Use a map to look, not to prove.
#
# ## In a shop, attributes come together
#
# In the grid every colour comes with every sleeve. In a shop it does not: coats are long and dark, summer dresses
# are short and bright. The Wardrobe has a knob for it. First the simplest case: *perfect* codes, the labels themselves,
# on garments whose values are more and more correlated.


# %%
def perfect_mig(correlation, seed):
    """MIG of category, colour and pattern as their own codes: every garment has these three."""
    rows = [label_row(k, seed, correlation, 1) for k in range(profile.pick(tiny=300, cpu=3000, gpu=3000))]
    labels = np.array(rows)[:, [WARDROBE.index(name) for name in ("category", "colour", "pattern")]]
    return measures.mig(labels.astype(float), labels).score


stops = (0.0, 0.25, 0.5, 0.75, 1.0)
perfect = np.array([[perfect_mig(stop, seed) for stop in stops] for seed in profile.seeds])
fall = perfect[:, 0] - perfect[:, -1]
print(f"perfect codes lose {fall.mean():.2f} of MIG ({fall.min():.2f} to {fall.max():.2f} over seeds)")
alt = "MIG of perfect codes falls as the correlation between attributes rises."
plots.score_curves({"perfect codes": {"MIG": perfect}}, stops, "correlation of the Wardrobe", alt, log=False)

# %% [markdown]
# The codes have not changed; they are perfect at every stop. What fell is the score: when colour tells about category,
# the code for category tells about colour, and the gap closes. So on real labels a low score may be the data's fault.
#
# And what does a *model* learn from correlated data? We keep the dresses whose sleeve goes with their colour; the rival
# trains on as many drawn at random. Both are judged on the full grid.


# %%
def sleeve_told(rows, seed):
    """Share of the sleeve that the best dimension tells, on the full grid, when a model has seen these rows alone."""
    part, steps = dresses.subset(rows.tolist()), profile.pick(tiny=20, cpu=700, gpu=2000)
    recipe = replace(TRAINING, seed=seed, epochs=max(1, steps * TRAINING.batch_size // len(part)))
    pupil = seeded(lambda: BetaVAE(BetaVAERecipe(beta=4.0)), seed)
    adde_lite.train(pupil, part, recipe)
    return measures.mig(pupil.embed(dresses.images), grid).told[:, factor_names.index("sleeve")].max()


colour, sleeve = (grid[:, factor_names.index(name)] for name in ("colour", "sleeve"))
together = np.flatnonzero(sleeve == np.minimum(colour, 2))
apart = np.sort(np.random.default_rng(0).permutation(len(grid))[: len(together)])
subsets = {"drawn at random": apart, "sleeve goes with colour": together}
leaks = {name: [sleeve_told(rows, seed) for seed in profile.seeds] for name, rows in subsets.items()}
lost = -np.subtract(leaks["sleeve goes with colour"], leaks["drawn at random"])
print(f"lost by correlation: {lost.mean():+.2f} on average, {lost.min():+.2f} to {lost.max():+.2f} over the seeds")
alt = "How much the best dimension tells of the sleeve, for models trained on random and on correlated dresses."
plots.score_strips(leaks, "share of the sleeve that the best dimension tells, on the full grid", alt)

# %% [markdown]
# Each dot is one trained model, each bar a median. Where two factors always came together, a model has no reason to
# give each its own dimension; whether it does so anyway is decided by how the factors look. Six short trainings are
# few.
#
# ## Why no objective can know
#
# Take a code that is perfect, with dimensions drawn from the prior, and turn it. The turned code is just as likely
# under the prior, and a decoder that turns back first makes the same pictures. So every term of the bound that such
# models maximise is the same; only the labels can tell the two apart.

# %%
z = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
turn = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=torch.float64) / 2
turned = z @ turn  # every new dimension holds an equal part of every old one
assert torch.equal(turn @ turn.T, torch.eye(4, dtype=torch.float64))
assert torch.allclose(log_normal(z, 0.0, 0.0).sum(1), log_normal(turned, 0.0, 0.0).sum(1))
true_factors = torch.bucketize(z, torch.tensor([-0.67, 0.0, 0.67], dtype=torch.float64))
before, after = measures.mig(z, true_factors).score, measures.mig(turned, true_factors).score
print(f"same prior density, and the turn can be undone; MIG of the perfect code {before:.2f}, turned {after:.2f}")

# %% [markdown]
# So says the theorem of Locatello et al.: without further assumptions, every disentangled model has endlessly many
# entangled twins that fit the data as well. What breaks the tie is the network's taste (an encoder with one variance a
# dimension cannot state every turned posterior), the order of the data and the seed. Who wants *sleeve* has to say
# *sleeve*, by labels or by pairs of images that share something. The next notebook gives each attribute a label and a
# place of its own.

# %% [markdown]
# ## Exercises
#
# An exercise stands on the first code cell alone: run that, and you can begin here. Write your answer in the place of
# the `...`, run the cell and then the one below it, which says how far you are.
#
# ### Exercise 1, 2 minutes: the gap
#
# `information` is a matrix of `D` codes by `F` factors, `entropies` has one number for each factor. Return MIG: for
# each factor the best code minus the second best, as a share of the factor's entropy; then the mean over factors.

# %% [markdown] tags=["hint"]
# `np.sort(information, axis=0)` sorts each column, smallest first. The best code is then in row -1.


# %% tags=["stub"]
def gap_score(information, entropies):
    """MIG from the mutual information (D, F) and the entropies of the factors (F,), nats."""
    ...


# %% tags=["solution"]
def gap_score(information, entropies):
    """MIG from the mutual information (D, F) and the entropies of the factors (F,), nats."""
    ordered = np.sort(information, axis=0)
    return ((ordered[-1] - ordered[-2]) / entropies).mean()


# %% tags=["check"]
print(checks.disentanglement_analysis.gap_score(gap_score))

# %% [markdown] tags=["instructor"]
# **Ask:** which of the five models of the first part has a gap of zero, and is it a bad model? *Duplicated*: it says
# each factor twice. Whoever edits a code by hand minds; whoever trains a classifier on it does not.

# %% tags=["instructor"]
print(checks.disentanglement_analysis.gap_score.on(gap_score, [(np.ones((2, 3)), np.ones(3))]))

# %% [markdown]
# ### Exercise 2, 10 minutes: InfoM
#
# InfoM asks for *one factor a code*. Take each code's largest information as a share of its row, and average the shares
# over the codes. An even row has the share `1 / F`, so rescale: even becomes 0, all in one place becomes 1. A code
# that tells nothing of any factor counts as even. What the package calls InfoC is the same of the columns.

# %% [markdown] tags=["hint"]
# A number that runs from `low` to 1 runs from 0 to 1 after `(number - low) / (1 - low)`. A row of zeros cannot be
# divided by its sum: give it the share of an even row.


# %% tags=["stub"]
def info_m(information):
    """InfoM of a matrix of information, (D, F) with F at least 2, 0 or more."""
    ...


# %% tags=["solution"]
def info_m(information):
    """InfoM of a matrix of information, (D, F) with F at least 2, 0 or more."""
    even = 1 / information.shape[1]
    shares = [row.max() / row.sum() if row.any() else even for row in information]
    return (np.mean(shares) - even) / (1 - even)


# %% tags=["check"]
print(checks.disentanglement_analysis.info_m(info_m))

# %% [markdown] tags=["instructor"]
# **Ask:** why does InfoM praise noise? The estimate of each cell is a little wrong, the errors of a row differ, and a
# ratio does not see how small they are. Compute InfoM of small random numbers, then of their mean over many draws.

# %% tags=["instructor"]
print(checks.disentanglement_analysis.info_m.on(info_m, [(np.zeros((2, 4)),), (np.eye(3),)]))

# %% [markdown]
# ### Exercise 3, 30 minutes: what is a criterion worth?
#
# Of each group of models keep the one with the largest criterion. How much of the possible gain does that bring?
# Divide *score of the kept one minus mean score of its group* by *best score minus mean score*, each averaged over the
# groups first. The oracle gets 1, a random choice 0 on average.
#
# Then ask it of the study: the groups are `by_group.ngroup().to_numpy()`, the criterion `trained["ELBO"].to_numpy()`,
# the scores `trained["MIG"].to_numpy()`. Which criterion is worth most? And replace `"MIG"` by another metric in the
# variance shares: does the seed weigh as much?

# %% [markdown] tags=["hint"]
# Loop over `np.unique(groups)`. In each group, `scores[groups == g]` and `criterion[groups == g].argmax()` are enough
# for both differences; collect them in two lists and divide the means.


# %% tags=["stub"]
def worth(groups, criterion, scores):
    """Share of the possible gain in score when each group keeps its model of largest criterion; three arrays (N,)."""
    ...


# %% tags=["solution"]
def worth(groups, criterion, scores):
    """Share of the possible gain in score when each group keeps its model of largest criterion; three arrays (N,)."""
    gained, possible = [], []
    for group in np.unique(groups):
        own = groups == group
        kept = scores[own][criterion[own].argmax()]
        gained.append(kept - scores[own].mean())
        possible.append(scores[own].max() - scores[own].mean())
    return np.mean(gained) / np.mean(possible)


# %% tags=["check"]
print(checks.disentanglement_analysis.worth(worth))

# %% [markdown] tags=["instructor"]
# **Ask:** why are the means taken before the division? A group whose models are equal has nothing to gain, and its own
# ratio would be zero by zero. And is one number enough? With five seeds a group it needs the bootstrap, as above.
#
# For a project: AnnealedVAE pulls the KL towards a capacity that grows while it trains. Write it as a file beside
# `beta_vae.py`, add its runs to `adde_lite/studies/objectives.py`, and run `make study`.
#
# **In class:** 60 minutes for the metrics by hand, 30 for the zoo and the slider, 45 for the study, 15 for the proof.

# %% tags=["instructor"]
equal_and_not = np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 5.0, 4.0]), np.array([0.3, 0.3, 0.1, 0.5])
print(checks.disentanglement_analysis.worth.on(worth, [equal_and_not]))

# %% [markdown]
# ## Symbols and summary
#
# | paper | code | meaning |
# |---|---|---|
# | $I(z_j; v_k)$ | `adde_lite.metrics.disentanglement.mutual_information` | nats that code $j$ tells of factor $k$ |
# | $H(v_k)$ | `adde_lite.metrics.disentanglement.entropies` | nats that factor $k$ has |
# | MIG | `adde_lite.metrics.disentanglement.MIG.score` | gap of the best two codes, mean over factors |
# | $R_{jk}$ | `adde_lite.metrics.disentanglement.DCI.importance` | how much a classifier of factor $k$ uses code $j$ |
# | $D$ | `adde_lite.metrics.disentanglement.disentanglement` | how concentrated the rows of $R$ are |
# | $C$ | `adde_lite.metrics.disentanglement.completeness` | how concentrated its columns are |
# | $\beta$ | `adde_lite.models.vae.BetaVAERecipe.beta` | strength of an objective |
# | $r$ | `adde_lite.models.vae.RFVAE.relevance` | relevance of each dimension, 0 to 1 |
# | $\lambda(r)$ | `adde_lite.models.vae.RFVAE.kl_weights` | what the KL of each dimension counts |

# %%
print(f"training raises the median MIG {gain:.1f} times over untrained models")
print(", ".join(f"{name} {share:.0%}" for name, share in parts.items()), "of the variance of MIG")
print(f"label-free criteria that keep off zero: {len(sure)} of {len(criteria)}")
print("RF-VAE counts", ", ".join(f"{found:g} for {truth}" for truth, found in medians["relevant dimensions"].items()))
stable, luck_of_maps = kept["two seeds of UMAP"], kept["chance: two UMAPs, rows shuffled"]
print(f"two UMAPs share {stable:.0%} of neighbours, by chance {luck_of_maps:.1%}")
print(f"turned by a rotation that no objective sees, MIG goes from {before:.2f} to {after:.2f}")
