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
from functools import partial

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from tqdm.auto import tqdm

import adde_lite
from adde_lite import checks, plots, widgets
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.metrics import disentanglement as measures
from adde_lite.models.vae import BetaVAE, BetaVAERecipe
from adde_lite.models.vae.elbo import gaussian_kl, log_normal
from adde_lite.retrieval.evaluation import as_table
from adde_lite.studies import objectives, relevance
from adde_lite.studies.grids import DRESSES
from adde_lite.studies.record import recorded
from adde_lite.studies.vae_run import ACTIVE_NATS, TRAINING
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
models = {
    "perfect": straight,
    "rotated": straight @ turn,
    "duplicated": np.hstack([straight, straight]),
    "scrambled": np.stack([np.array([2, 0, 3, 1])[factors[:, 0]], np.array([2, 4, 0, 1, 3])[factors[:, 1]]], axis=1),
    "leaky": straight + 0.1 * straight[:, [1]] * [1, 0],
}
alt = "Twenty garments by their first two codes in five models: a grid, a tilted grid, two grids, a leaning grid."
plots.code_scatter({name: codes[:, :2] for name, codes in models.items()}, factors, names, alt)

# %% [markdown]
# Each dot is a garment. *Perfect*, *duplicated* and *scrambled* form the same lattice. The hues give the odd order
# away; the two extra codes are not in the picture. Which of the five would you call disentangled? Four readings of the
# word answer differently. **One factor a code**; **one code a factor**; **linear read-out**: a line through all codes
# reads each factor; **intervention**: change one factor, and exactly one code moves.


# %%
def shares(codes):
    """Share of the variance of code j that lies between the values of factor k, (D, F)."""
    means = [pd.DataFrame(codes).groupby(factor).transform("mean").to_numpy() for factor in factors.T]
    return np.stack([mean.var(0) / codes.var(0) for mean in means], axis=1)


def readings(codes):
    share, first, second = shares(codes), *np.triu_indices(len(codes), 1)
    one_changed = (factors[first] != factors[second]).sum(1) == 1
    moved = (~np.isclose(codes[first], codes[second])).sum(1)
    guess = codes @ np.linalg.lstsq(codes, straight, rcond=None)[0]
    return {
        "one factor a code": (share.max(1) / share.sum(1)).mean(),
        "one code a factor": (share.max(0) / share.sum(0)).mean(),
        "linear read-out": 1 - ((straight - guess) ** 2).sum() / (straight**2).sum(),
        "intervention": (moved[one_changed] == 1).mean(),
    }


# %%
answers = {name: readings(codes - codes.mean(0)) for name, codes in models.items()}
table, line = pd.DataFrame(answers).T, "linear read-out"
others = table.drop(columns=line)
assert np.allclose(table.loc["perfect"], 1)
assert table.loc["rotated", line] > 0.99 and others.loc["rotated"].max() < 0.7
assert table.loc["duplicated", ["one factor a code", line]].min() > 0.99
assert table.loc["duplicated", ["one code a factor", "intervention"]].max() < 0.6
assert others.loc["scrambled"].min() > 0.99 and table.loc["scrambled", line] < 0.2
assert others.loc["leaky", "one factor a code"] > 0.95 and others.loc["leaky", "intervention"] < 0.7
plots.number_map(answers, "Five models by four readings; only the perfect one is full in all four.")

# %% [markdown]
# A dark row would be a model that all four readings call disentangled. Only the perfect one is. Rotation ruins three
# readings and leaves the linear one whole; copies ruin what counts codes; the odd order ruins only the line; the small
# leak is nearly invisible to shares of variance and plain to an intervention. The asserts in the cell say the same.
# What the map does not say: which reading *you* need.

# %% [markdown]
# ## Twenty rows
#
# Real codes are messier. The table below keeps the twenty garments and gives them three codes: code 0 holds the colour
# with some noise, code 1 the sleeve with part of the colour mixed in, code 2 is noise alone. Every metric of this
# notebook is now computed on these rows by hand, a few lines each, and must equal the package's.

# %%
draw = np.random.default_rng(0)
mixed = factors @ [[1, 0.6, 0], [0, 1, 0]] + draw.standard_normal((20, 3)) * [0.3, 0.3, 1]
codes = mixed.round(1) + 0.0  # no minus zero
shown = pd.DataFrame(codes, columns=["code 0", "code 1", "code 2"]).map("{:.1f}".format)
display(shown.join(pd.DataFrame(factors, columns=names)))
alt = "Three codes against two factors: code 0 rises with colour, code 1 with sleeve, code 2 with neither."
plots.codes_by_value(codes, factors, names, alt)

# %% [markdown]
# A panel sets a code against a factor. Code 0 climbs with the colour and ignores the sleeve. Code 1 climbs with the
# sleeve, and a little with the colour. Code 2 should do nothing, but with so few dots it is easy to see a trend in it.
# The metrics will see it too.
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
rows = {f"code {j}": dict(zip(names, row, strict=True)) for j, row in enumerate(shared / H)}
assert (shared.argmax(0) == [0, 1]).all() and shared[2].max() > 0.05
plots.number_map(rows, "Share of each factor's entropy that each of three codes tells.", title="share told")

# %% [markdown]
# Each cell is the share of a factor's entropy that a code tells. The code made for a factor tells more of it than
# others do. Code 2 tells something as well, although it is noise: so few rows always fit a little by luck. Nothing in
# the matrix parts luck from meaning.
#
# **MIG**, the mutual information gap, asks for *one code a factor*: best code minus second best, as a share of the
# entropy. **Modularity** reads the same matrix along the rows and asks for *one factor a code*.

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
# **SAP** is a gap too, but of predictions: of squared correlations for ordered factors, of the accuracy of a linear
# classifier on the single code for classes. The two differ so much that the variant must be named. **Explicitness**
# asks for the *linear read-out*: fit a logistic regression on all codes, and take the area under the ROC curve. How
# often does a row with the value rank above one without it? Half is chance. A fair judge uses rows that the classifier
# has not seen; twenty cannot be split further, so here it judges itself and is too kind.

# %%
correlations = np.corrcoef(codes.T, factors.T)[:3, 3:] ** 2
ordered = np.sort(correlations, axis=0)
by_hand = (ordered[-1] - ordered[-2]).mean()
sap = partial(measures.sap, codes, factors, codes, factors)
assert np.isclose(by_hand, sap(continuous=True).score)
print(f"SAP continuous {by_hand:.2f}, SAP of classes {sap().score:.2f}")

scaled = (codes - codes.mean(0)) / codes.std(0)
areas = []
for factor in factors.T:
    likely = LogisticRegression().fit(scaled, factor).predict_proba(scaled)
    areas.append(roc_auc_score(factor, likely, multi_class="ovr"))
assert np.isclose(np.mean(areas), measures.explicitness(codes, factors, codes, factors).score)
print("area for each factor:", np.round(areas, 2), " explicitness:", np.mean(areas).round(2))

# %% [markdown]
# **DCI** lets a classifier look at all codes and asks how much it used each. That is the importance matrix $R$.
# *Disentanglement* is high when a row of $R$ has its weight in one place, *completeness* when a column has. How even
# a row is, its entropy says. The package's light classifier is a small forest; the field uses gradient boosting, which
# takes far longer. Values of different classifiers cannot be compared.


# %%
def concentration(weights):
    return 1 - entropy(weights) / np.log(len(weights))


R = measures.dci(codes, factors, codes, factors).importance
used = R.sum(1) / R.sum()
disentanglement = used @ [concentration(row) if row.any() else 0 for row in R]
completeness = np.mean([concentration(column) for column in R.T])  # columns sum to one, so all weigh the same
assert np.isclose(disentanglement, measures.disentanglement(R))
assert np.isclose(completeness, measures.completeness(R))
assert (R.argmax(0) == [0, 1]).all()
rows = {f"code {j}": dict(zip(names, row, strict=True)) for j, row in enumerate(R)}
alt = "Importance of three codes for two factors; columns sum to one."
plots.number_map(rows, alt, title=f"R: D {disentanglement:.2f}, C {completeness:.2f}")

# %% [markdown]
# *D* and *C* above the map are the two scores. For each factor the forest leans most on the code that was made for it,
# and a little on the noise. The map shows what this forest used, not what was there to use: of two copies a forest may
# take either.
#
# **IRS** is the *intervention*. Hold one factor and let the other change: how far is a code pushed, as a part of the
# farthest it ever goes? Robust is one minus that. Each code counts for its best factor, weighed by its reach.

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
# The **FactorVAE score** takes votes. Hold a factor, draw a batch, and see which code moved least for its usual spread:
# that code gets a vote for that factor. Each code then stands for the factor that it got most votes from; the score is
# the share of votes that agree. Our votes and the package's come from different draws, so they agree within sampling
# error only.


# %%
def vote(factor):
    value = draw.choice(factors[:, factor])
    group = codes[factors[:, factor] == value]
    batch = group[draw.integers(len(group), size=64)]
    return (batch.var(0, ddof=1) / codes.var(0, ddof=1)).argmin()


votes = np.zeros((3, 2), dtype=int)
for factor in draw.integers(2, size=2000):
    votes[vote(factor), factor] += 1
source = measures.LabelledCodes(codes, factors)
by_hand = votes.max(1).sum() / votes.sum()
assert abs(by_hand - measures.factor_vae_score(source).score_train) < 0.05
print("votes, codes by factors:", votes.tolist(), f" FactorVAE score {by_hand:.2f}")

# %% [markdown]
# The **beta-VAE score** is its older sister. Two garments share one factor; take the distance in each code, averaged
# over a batch of such pairs. A linear classifier must say which factor was shared. In a good code one distance is near
# zero. But anything that differs between the factors will do, so many entangled codes pass.

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
# Are these numbers good? A metric means something only beside its value where there is nothing to find. So shuffle the
# rows of the codes: each garment gets another one's codes, and all meaning is gone. What is left is chance.
# `metric_table` is the package's one call for all metrics, with the field's settings. It knows three more, from
# information estimated without bins: *InfoM* (one factor a code), *InfoC* (one code a factor), *InfoE* (read-out).
# Exercise 2 is about them.

# %%
everything = measures.metric_table(codes, factors, codes, factors).rows
shuffled = []
for _ in tqdm(range(profile.pick(tiny=2, cpu=12, gpu=40)), desc="shuffles"):
    other = codes[draw.permutation(len(codes))]
    shuffled.append(measures.metric_table(other, factors, other, factors).rows)
chance = {name: [scores[name] for scores in shuffled] for name in everything}
report = pd.DataFrame({"twenty rows": everything, "by chance": {name: np.mean(runs) for name, runs in chance.items()}})
report["shuffles that reach it"] = [np.mean(np.array(chance[name]) >= everything[name]) for name in report.index]
assert report.loc[["beta-VAE", "FactorVAE"], "by chance"].min() > 0.5  # two factors: chance would be half
assert report.loc["InfoM", "by chance"] > report.loc["SAP continuous", "by chance"]
display(report.map("{:.2f}".format))
alt = "For each metric the score of the twenty rows as a dot, the range of shuffled rows as a bar, often far from zero."
plots.baseline_ranges(everything, chance, alt)

# %% [markdown]
# The blue dot is our table, the grey bar the range of the shuffles, the tick their mean. Where the dot lies in the bar,
# the metric saw nothing that luck does not give; the table counts the shuffles that reach the dot. Note how far from
# zero chance can be: a score of this kind cannot be read without its bar. The picture does not show how chance fades
# with more rows; the end of this part does, for MIG.

# %% [markdown]
# ## A zoo of codes
#
# Now at full size: six factors, and as many rows as there are combinations. Six animals. *Perfect* is the oracle: it
# states the factors. *Random* is chance: it knows nothing of them. Between them: *noisy*, each factor with noise and
# six dead codes; *rotated*, the noisy factors turned in space; *duplicated*, each factor twice; *merged*, two factors
# in one number.


# %%
def standard(factors, sizes):
    sizes = np.array(sizes)
    return (factors - (sizes - 1) / 2) / np.sqrt((sizes**2 - 1) / 12)


def noise(draw, rows, count):
    return draw.uniform(-np.sqrt(3), np.sqrt(3), (rows, count))


def zoo_of(grid, sizes, draw):
    s, n = standard(grid, sizes), len(grid)
    near = s + 0.3 * noise(draw, n, 6)
    return {
        "perfect": grid.astype(float),
        "noisy": np.hstack([near, 0.02 * noise(draw, n, 6)]),
        "rotated": near @ np.linalg.qr(draw.standard_normal((6, 6)))[0],
        "duplicated": np.hstack([s, s]),
        "merged": np.stack([s[:, 0] + 3 * s[:, 1], s[:, 2], s[:, 3] + 3 * s[:, 4], s[:, 5]], axis=1),
        "random": noise(draw, n, 12),
    }


# %%
sizes = (4, 3, 3, 3, 4, 4)
grid = np.indices(sizes).reshape(len(sizes), -1).T
results = []
for seed in tqdm(profile.seeds, desc="zoo"):
    own = np.random.default_rng(seed)
    order = own.permutation(len(grid))
    train, test = order[: 2 * len(grid) // 3], order[2 * len(grid) // 3 :]
    for name, animal in zoo_of(grid, sizes, own).items():
        halves = animal[train], grid[train], animal[test], grid[test]
        row = measures.metric_table(*halves, source=measures.code_grid(animal, sizes), seed=seed).rows
        results.append({"code": name, **row})
by_code = pd.DataFrame(results).groupby("code", sort=False)
scores = by_code.mean()
labels = {"perfect": "perfect (oracle)", "random": "random (chance)"}
alt = (
    "Heat map of six codes by all metrics: the perfect code is dark nearly everywhere, and the columns disagree below."
)
plots.number_map(scores.rename(index=labels).T.to_dict(), alt)

# %% [markdown]
# Noise, turn and split are drawn anew for each seed of the profile; each number is the mean. Read the columns. A clean
# metric would be dark at the top and pale at the bottom, with the others ordered between. Few are. A dark cell in the
# last row is praise for noise. The map shows one strength of noise and one choice of bins and classifiers. The next
# table turns the impression into a list.


# %%
def as_good_as_perfect(column, margin=0.03):
    rivals = column.drop(["perfect", "random"])
    return ", ".join(rivals.index[rivals >= column["perfect"] - margin]) or "none"


perfect, noisy, rotated, duplicated, merged, random = (scores.loc[name] for name in scores.index)
two_bins = measures.mig(grid, grid, bins=2).score
assert merged[["MIG", "DCI completeness"]].min() > 0.97 and merged[["InfoM", "FactorVAE"]].max() < 0.9
assert duplicated[["DCI disentanglement", "modularity", "FactorVAE"]].min() > 0.97
assert duplicated["MIG"] == 0 and duplicated["InfoC"] < 0.6
assert (rotated - noisy)[["explicitness", "InfoE"]].abs().max() < 0.05 and rotated["MIG"] < 0.5 * noisy["MIG"]
assert random[["modularity", "InfoM"]].min() > 0.3 and random["explicitness"] < 0.6 and random["InfoE"] < 0.1
assert perfect["SAP"] < 0.9 < perfect["SAP continuous"] and two_bins < perfect["MIG"] - 0.2

fooled = scores.T[["perfect", "random"]].map("{:.2f}".format)
fooled["range"] = (by_code.max() - by_code.min()).max().map("{:.2f}".format)
fooled["passes for perfect"] = scores.apply(as_good_as_perfect)
fooled.rename_axis(columns=None)

# %% [markdown]
# *Range* is the largest over the seeds. Who asks only for one code a factor takes *merged* for perfect: MIG,
# completeness. Who asks only for one factor a code takes *duplicated*: DCI disentanglement, modularity, FactorVAE. The
# linear read-out does not notice *rotated*. Ratios praise noise: modularity, InfoM. And the perfect code fails the SAP
# of classes, and MIG when it has more values than there are bins. No metric is wrong; each answers its own reading. The
# asserts hold these sentences to the numbers.

# %% [markdown]
# ## Move it
#
# Turn a good code slowly. Two factors, each with its own code and a little noise; the slider turns the pair of codes.
# Nothing is lost: at every stop the turn can be undone. Use the mouse, or click the slider once and press the arrow
# keys.

# %%
SHOWN = ["MIG", "SAP continuous", "DCI disentanglement", "modularity", "explicitness", "IRS", "beta-VAE", "FactorVAE"]
many = draw.permutation(np.tile(factors, (profile.pick(tiny=10, cpu=20, gpu=20), 1)))
upright = standard(many, (4, 5)) + 0.15 * noise(draw, len(many), 2)
upright -= upright.mean(0)
frames, course, told = {}, {}, {}
for angle in tqdm(profile.pick(tiny=(0, 18, 45), cpu=range(0, 46, 9), gpu=range(0, 46, 9)), desc="turning"):
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = upright @ [[cos, sin], [-sin, cos]]
    result = measures.metric_table(turned[::2], many[::2], turned[1::2], many[1::2])
    told[angle] = result.mig.information / result.mig.entropies
    course[angle] = {name: result.rows[name] for name in SHOWN}
    alt = f"Codes turned by {angle} degrees: " + ", ".join(f"{name} {x:.2f}" for name, x in course[angle].items())
    frames[f"{angle} degrees"] = plots.code_portrait(turned, many, names, told[angle], course[angle], alt=alt)
start, end = course[0], course[45]
assert np.diag(told[0]).min() > told[0][[0, 1], [1, 0]].max() + 0.5 and np.ptp(told[45]) < 0.3
assert all(end[name] < 0.5 * start[name] for name in ("MIG", "SAP continuous", "DCI disentanglement"))
assert abs(end["explicitness"] - start["explicitness"]) < 0.05
assert min(course[18][name] for name in ("beta-VAE", "FactorVAE")) > 0.9 > 2 * course[18]["DCI disentanglement"]
widgets.edit_slider("turn", frames)

# %% [markdown]
# On the left the dots, turning; in the middle what each code tells of each factor; on the right the scores. The map
# goes from two dark cells to four middling ones. Gaps shrink, the read-out stands still, and the beta-VAE and
# FactorVAE scores hold on long after the gaps have gone. The scores do not say that one end is worse for *you*: a
# search by nearest neighbours does not notice a turn, an edit of one code does.
#
# ## When it fails: rows and bins
#
# The field's MIG cuts each code into bins and counts. With few rows, many cells hold one garment or none, and noise
# looks like information. How many rows are enough? We draw ever larger samples of the zoo's factors, over five seeds,
# and cut the same codes into few, the usual number of, and many bins.


# %%
def sampled(rows, seed):
    """A random and a noisy code of garments that are drawn at random."""
    own = np.random.default_rng(seed)
    drawn = own.integers(sizes, size=(rows, len(sizes)))
    random, blur = own.uniform(-np.sqrt(3), np.sqrt(3), (2, rows, len(sizes)))
    return drawn, random, standard(drawn, sizes) + 0.3 * blur


cpu_rows = (50, 150, 500, 1500, 5000, 15000)
row_counts = profile.pick(tiny=cpu_rows[::2], cpu=cpu_rows, gpu=(*cpu_rows, 50000))
luck, gap = {}, {}
for bins in (5, 20, 80):
    luck[bins], gap[bins] = np.empty((2, 5, len(row_counts)))
    for seed, column in np.ndindex(luck[bins].shape):
        drawn, random, noisy = sampled(row_counts[column], seed)
        by_luck = measures.mig(random, drawn, bins=bins)
        luck[bins][seed, column] = (by_luck.information / by_luck.entropies).mean()
        gap[bins][seed, column] = measures.mig(noisy, drawn, bins=bins).score
panels = {
    "random code: share told (truth: 0)": {f"{bins} bins": runs for bins, runs in luck.items()},
    "noisy code: MIG": {f"{bins} bins": runs for bins, runs in gap.items()},
}
alt = "Left: what noise seems to tell falls with the number of rows, later with more bins. Right: MIG rises, settles."
first, last = ({bins: runs[:, column].mean() for bins, runs in luck.items()} for column in (0, -1))
assert all(last[bins] < 0.2 * first[bins] for bins in luck)  # rows heal it
assert first[5] < first[20] < first[80]  # bins make it worse
assert all(runs[:, 0].mean() < runs[:, -1].mean() for runs in gap.values())
assert gap[5][:, -1].mean() < gap[20][:, -1].mean() - 0.05  # too few bins: neighbouring values share one
assert all(np.ptp(runs[:, 0]) > np.ptp(runs[:, -1]) for runs in gap.values())  # and the seeds agree
plots.score_curves(panels, row_counts, "rows", alt)

# %% [markdown]
# Lines are means over seeds, bands their range. On the left the truth is zero, and everything above it is bias: more
# with more bins, gone only with many rows. On the right the same bias lifts the second best code and so *lowers* MIG,
# and too few bins cut it short for good. Compare two models only with the same rows and the same bins. The curves do
# not show which number of bins is right.

# %% [markdown]
# More rows remove the bias, and the range over seeds shrinks with them. Only then does a difference between two models
# mean something. So the trained models below are judged on a full grid of garments.
#
# ## From codes to models
#
# So far we made the codes ourselves. Now models make them, without seeing a label. They see dresses in every
# combination of six factors: four attributes and the place on the table. Because the grid is full, each metric can ask
# for any combination, and no two factors go together by accident.

# %%
grid = DRESSES
dresses, grid_factors = grid.images(), grid.factors()
shuffled = np.random.default_rng(0).permutation(len(dresses))
shown_rows = shuffled[:24].tolist()
factor_names = list(grid.sizes)
print(f"{len(dresses):,} dresses; factors: " + ", ".join(f"{name} ({size})" for name, size in grid.sizes.items()))
plots.contact_sheet(
    list(dresses.subset(shown_rows).images),
    [""] * len(shown_rows),
    "Twenty-four small dresses that differ in colour, sleeve, length, fit and place.",
    columns=12,
)

# %% [markdown]
# These are the pixels that the models get: few, so that a model trains in under a minute. You can still tell the four
# colours, the three sleeves, the three lengths and the three fits apart. What the sheet cannot show is how much each
# factor changes the picture: a model that saves bits will code a change of colour before a change of fit.
#
# ## The study
#
# Locatello et al. (ICML 2019) trained thousands of models and asked whether the objective decides how disentangled a
# code is. Here is a small version: four objectives, two strengths, five seeds. It takes too long for a notebook, so
# `make study` does it and records each run under a hash of its recipe. Should the recipe change, the record is refused.

# %%
runs = objectives.runs()
study = recorded(objectives.STUDY, runs)
trained = study[study["objective"] != objectives.UNTRAINED]
untrained = study[study["objective"] == objectives.UNTRAINED]
by_group = trained.groupby(["objective", "strength"], sort=False)
columns = ["MIG", "FactorVAE", "DCI disentanglement"]
summary = {f"{objective} {strength:g}": group[columns].median() for (objective, strength), group in by_group}
summary["untrained"] = untrained[columns].median()
summary |= {labels[name]: scores.loc[name, columns] for name in ("random", "perfect")}  # the same factors, from the zoo
table = as_table(summary)
assert (table.iloc[:-1] < 0.9 * table.iloc[-1]).all(axis=None)
table.map("{:.2f}".format)

# %% [markdown]
# Medians over the seeds; the last two lines are codes of the zoo, which has the same factors. No model comes near the
# oracle. But a record is only as good as the code that made it. So we do two of the runs again and compare. On the
# machine that made the record the rows agree to the last digit. On another, sums are rounded in another order and
# training drifts apart; the evidence lower bound (ELBO) of notebook 01 must still agree.

# %%
both = [("beta-VAE", 4.0, 0), ("beta-TCVAE", 8.0, 1)]
wanted = profile.pick(tiny=both[1:], cpu=both, gpu=both)
chosen = [run for run in runs if tuple(run.name.values()) in wanted]
live = [replace(run, steps=profile.pick(tiny=60, cpu=run.steps, gpu=run.steps)) for run in chosen]
vaes = [run.trained() for run in live]
rows = [run.scores(vae) for run, vae in zip(live, vaes, strict=True)]

checked = ("ELBO", "MIG", "FactorVAE", "active dimensions")
comparison = {}
for run, row in zip(chosen, rows, strict=True):
    record = recorded(objectives.STUDY, [run]).iloc[0]
    label = "{objective} {strength:g}, seed {seed}".format(**run.name)
    comparison[f"{label}: recorded"] = {name: record[name] for name in checked}
    comparison[f"{label}: now"] = {name: row[name] for name in checked}
    assert profile.name == "tiny" or abs(row["ELBO"] / record["ELBO"] - 1) < 0.01
as_table(comparison).map("{:.3f}".format)

# %% [markdown]
# Compare the lines of a pair. In profile `tiny` there is one pair, and its second line is a far shorter training; in
# the others the bound has to agree within one per cent, which the cell asserts.
#
# What did the last model learn? A traversal moves one dimension of its code at a time and decodes.

# %%
vae = vaes[-1]
means, log_variances = vae.posterior(dresses.images)
kl = gaussian_kl(means, log_variances)
used = kl.argsort(descending=True)[: min(5, max(3, int((kl > ACTIVE_NATS).sum())))].tolist()
told = measures.mig(means.numpy(), grid_factors)
share_told = told.information / told.entropies
best = {latent: factor_names[int(share_told[latent].argmax())] for latent in used}
plots.traversals(
    vae.decode,
    means[int(shuffled[0])],
    {latent: f"{latent}: {best[latent]}?" for latent in used},
    np.linspace(-2, 2, 7).round(1).tolist(),
    f"A dress decoded while one of {len(used)} dimensions moves from -2 to 2, a row each.",
)

# %% [markdown]
# Each row is one dimension; the word beside it is the factor that it tells most about, by mutual information. Follow a
# row from left to right and say what changes. Often it is more than one thing, and often two rows change the same
# thing. The picture starts from one dress. It does not show whether the row does the same to another one; the metrics
# do.
#
# ## The objective or the seed?

# %%
groups = {f"{objective} {strength:g}": group["MIG"].tolist() for (objective, strength), group in by_group}
groups["untrained"] = untrained["MIG"].tolist()
times = trained["MIG"].median() / untrained["MIG"].median()
assert (trained["MIG"] > untrained["MIG"].median()).mean() > 0.8
print(f"median MIG of the trained models: {times:.1f} times that of the untrained ones of the same seeds")
others = [replace(runs[-1], seed=seed).build() for seed in range(100, profile.pick(tiny=103, cpu=120, gpu=120))]
floor = [measures.mig(other.embed(dresses.images), grid_factors).score for other in others]
print(f"and {trained['MIG'].median() / np.median(floor):.1f} times that of {len(floor)} untrained ones of other seeds")
alt = "Mutual information gap of five seeds for each objective and strength, and untrained; the groups overlap widely."
plots.score_strips(groups, "mutual information gap (MIG)", alt, baseline="untrained")

# %% [markdown]
# A dot is a model, a bar the median of its group. Training helps: most dots lie right of the grey ones. How much it
# helps is less sure: even an untrained network sees the colour, some seeds more than others, so the two printed ratios
# differ. Now look at one group: five models that differ in nothing but the seed. Could you tell the groups apart if
# their names were hidden? The picture shows one metric on one grid.
#
# How much of the spread is the objective, how much the strength, how much the seed? Split the variance: the part
# between objectives, the part between strengths within an objective, and the rest, which only the seed can explain.


# %%
def variance_shares(table, score):
    """Shares of the variance of a score: objective, strength within it, seed. They sum to 1."""
    overall, whole = table[score].mean(), table[score].var(ddof=0)
    by_objective = table.groupby("objective")[score].transform("mean")
    by_group = table.groupby(["objective", "strength"])[score].transform("mean")
    parts = [(by_objective - overall) ** 2, (by_group - by_objective) ** 2, (table[score] - by_group) ** 2]
    return np.array([part.mean() / whole for part in parts])


explained = variance_shares(trained, "MIG")
assert np.isclose(explained.sum(), 1)
print(
    ", ".join(f"{name} {share:.0%}" for name, share in zip(("objective", "strength", "seed"), explained, strict=True))
)

# %% [markdown]
# With so few models, even meaningless groups explain something: shuffle the scores among the models, and the
# shares of objective and strength do not become zero. So we shuffle many times and see what chance alone explains.

# %%
draws = profile.pick(tiny=20, cpu=300, gpu=1000)
generator = np.random.default_rng(0)
shuffles = (trained.assign(MIG=generator.permutation(trained["MIG"])) for _ in range(draws))
by_chance = np.array([variance_shares(table, "MIG") for table in shuffles])
parts = dict(zip(("objective", "strength", "seed"), explained.tolist(), strict=True))
more = {name: (chance < share).mean() for (name, share), chance in zip(parts.items(), by_chance.T, strict=True)}
print(
    f"the objective explains more than in {more['objective']:.0%} of shuffles, the strength in {more['strength']:.0%}"
)
means_of = trained.groupby("objective")["MIG"].mean()
between = means_of.max() - means_of.min()
within = by_group["MIG"].agg(lambda scores: scores.max() - scores.min())
print(
    f"range between the means of objectives: {between:.2f}; between seeds of one group: {within.median():.2f} (median)"
)
alt = "Shares of variance of objective, strength and seed, each beside the range that shuffled scores give."
plots.baseline_ranges(
    parts, {name: by_chance[:, at] for at, name in enumerate(parts)}, alt, what="share of the variance"
)

# %% [markdown]
# A blue dot inside its grey bar is a share that shuffled scores reach as well. Compare the dot of the seed with that of
# the objective, and the two printed ranges, which say the same without variances. All this is about MIG; the last
# exercise asks for another metric.
#
# ## Can one choose a model without labels?
#
# If the seed counts for this much, train several and keep the best. But which is the best, when there are no labels?
# The candidates are what training itself reports: the bound and its parts, how dependent the codes are, how many are in
# use. We ask for the rank correlation of each with MIG. Its interval comes from the bootstrap: the models of each group
# are drawn anew, with replacement, many times. A criterion is of use only if the interval keeps off zero.


# %%
def redrawn(table):
    """As many models of each group, drawn with replacement."""
    places = table.groupby(["objective", "strength"]).indices.values()
    return table.iloc[np.concatenate([generator.choice(place, len(place)) for place in places])]


criteria = {
    "ELBO": "ELBO",
    "reconstruction": "reconstruction",
    "KL": "KL",
    "total correlation": "TC of samples",
    "total correlation of means": "TC of means",
    "active dimensions": "active dimensions",
}
ranked = {}
for column, label in criteria.items():
    resampled = [redrawn(trained)[[column, "MIG"]].corr("spearman").iloc[0, 1] for _ in range(draws)]
    estimate = trained[[column, "MIG"]].corr("spearman").iloc[0, 1]
    ranked[label] = (estimate, *np.nanquantile(resampled, (0.025, 0.975)))
sure = [label for label, (_, low_end, high_end) in ranked.items() if low_end * high_end > 0]
asked = [*criteria, "MIG"]
centred = trained[asked] - by_group[asked].transform("mean")
inside = centred.corr("spearman")["MIG"].drop("MIG").rename(criteria)
print("keeps off zero:", ", ".join(sure) or "none")
print("within a group:", ", ".join(f"{label} {value:+.2f}" for label, value in inside.items()))
alt = f"Rank correlation of {len(ranked)} label-free criteria with MIG, with intervals and a line at zero."
plots.correlation_intervals(ranked, "rank correlation with MIG", alt)

# %% [markdown]
# Blue intervals keep off the dashed line. Even those may say little: a criterion can tell strong from weak
# regularisation and still not tell two seeds of one group apart, which is what we need. The printed line asks for that:
# there the mean of each group is taken off first. Near zero the criterion picks no better than a coin.
#
# ## How many factors are there?
#
# RF-VAE adds a question: how many dimensions does the code need? Each has a relevance $r$ between 0 and 1. Its KL
# counts $\lambda(r) = \lambda_{max} - (\lambda_{max} - \lambda_{min})\, r$ times: cheap when relevant, dear when not.
# One more term asks for few relevant dimensions, another for answers near 0 or 1. Let two, four or six factors vary,
# all others frozen, and count the dimensions whose relevance ends above one half. The factors here are ones that a
# single number can say, such as a place, a length or the light.

# %%
counts = recorded(relevance.STUDY, relevance.runs())
medians = counts.groupby("factors")["relevant dimensions"].median()
print(", ".join(f"{int(truth)} factors: {median:g}" for truth, median in medians.items()), "(median over seeds)")
assert (medians - medians.index).abs().max() <= 1
idle = (counts["relevant dimensions"] - counts["relevant and used"]).sum()
print(f"relevant dimensions that carry next to nothing: {idle:g} in {len(counts)} models")
print(
    "median MIG:", ", ".join(f"{int(n)} factors {group['MIG'].median():.2f}" for n, group in counts.groupby("factors"))
)
alt = (
    "Number of factors that vary against the number of relevant dimensions; the medians lie on or beside the diagonal."
)
plots.counted(
    counts["factors"].tolist(),
    counts["relevant dimensions"].tolist(),
    ("factors that vary", "relevant dimensions"),
    alt,
)

# %% [markdown]
# A dot is a trained model, the dashed line is the right answer, the grey band allows one too many or too few. So a
# model without labels can count. It does not follow that each relevant dimension is one factor: their MIG is printed
# above. And we helped: with a colour among the factors, which needs two or three numbers, the count would be of
# numbers.
#
# ## A map is not a metric
#
# UMAP draws codes as a map in which neighbours stay together. Such maps are in many papers, and clusters are read off
# them. Beside it stands PCA, which only turns the code and drops dimensions. We draw the last model's codes by both,
# UMAP twice, with two seeds.

# %%
from umap import UMAP

every = profile.pick(tiny=8, cpu=1, gpu=1)
codes = means.numpy()[::every]
placed = {"PCA": PCA(2).fit_transform(codes)}
for seed in tqdm((0, 1), desc="UMAP"):
    placed[f"UMAP, seed {seed}"] = UMAP(random_state=seed, n_jobs=1).fit_transform(codes)
colours = list(grid.attributes["colour"])
alt = "The codes of a third of the dresses in three maps, coloured by colour: PCA, and UMAP with two seeds."
drawn = {title: points[::3] for title, points in placed.items()}  # a third of the dots: all would hide each other
plots.maps(drawn, grid_factors[:: 3 * every, factor_names.index("colour")], colours, alt)

# %% [markdown]
# Compare the two UMAPs: the islands have other places, and sometimes other shapes. Distances between islands mean
# nothing. PCA looks duller and is the same each time. None of the three says which dimension holds which factor. How
# far can a map be trusted? Count how many of a dress's nearest neighbours are the same in two maps.


# %%
def neighbours(points, k=15):
    """The k nearest other rows of each row, int (N, k)."""
    return NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(return_distance=False)[:, 1:]


def overlap(left, right, k=15):
    """Share of the k nearest neighbours that two maps of the same rows have in common."""
    pairs_of = zip(neighbours(left, k), neighbours(right, k), strict=True)
    return np.mean([len(set(one) & set(other)) / k for one, other in pairs_of])


first, second = placed["UMAP, seed 0"], placed["UMAP, seed 1"]
noise = np.random.default_rng(0).permutation(len(first))
kept = {
    "chance: two UMAPs, rows shuffled": overlap(first, second[noise]),
    "two seeds of UMAP": overlap(first, second),
    "UMAP and the code": np.mean([overlap(first, codes), overlap(second, codes)]),
    "PCA and the code": overlap(placed["PCA"], codes),
    "oracle: the code and itself": overlap(codes, codes),
}
assert kept["two seeds of UMAP"] > kept["chance: two UMAPs, rows shuffled"]
print("nearer to the code:", "UMAP" if kept["UMAP and the code"] > kept["PCA and the code"] else "PCA")
as_table({"neighbours kept": kept}).T.map("{:.2f}".format)

# %% [markdown]
# Here is the number that belongs beside every such picture. The printed line says which of the two keeps more of the
# code's own neighbourhoods. What UMAP changes from seed to seed is small things and everything large. Use it to look,
# not to prove.
#
# ## In a shop, attributes come together
#
# In the grid every colour comes with every sleeve. In a shop it does not: coats are long and dark, summer dresses
# are short and bright. The Wardrobe has a knob for it. First the simplest case: *perfect* codes, the labels themselves,
# on garments whose values are more and more correlated.

# %%
stops, always = (0.0, 0.25, 0.5, 0.75, 1.0), [WARDROBE.index(name) for name in ("category", "colour", "pattern")]
amount = profile.pick(tiny=300, cpu=3000, gpu=3000)
perfect = {name: np.zeros((len(profile.seeds), len(stops))) for name in ("MIG", "modularity")}
for at, seed in enumerate(profile.seeds):
    for stop, correlation in enumerate(stops):
        labels = np.array([label_row(k, seed, correlation, 1) for k in range(amount)])[:, always]
        perfect["MIG"][at, stop] = measures.mig(labels.astype(float), labels).score
        perfect["modularity"][at, stop] = measures.modularity(labels.astype(float), labels).score
fall = perfect["MIG"][:, 0] - perfect["MIG"][:, -1]
assert (fall > 0).all()
print(f"perfect codes lose {fall.mean():.2f} of MIG ({fall.min():.2f} to {fall.max():.2f} over seeds)")
plots.score_curves(
    {"perfect codes": perfect},
    stops,
    "correlation of the Wardrobe",
    "Metrics of perfect codes as the correlation between attributes rises; MIG falls.",
    log=False,
)

# %% [markdown]
# The codes have not changed; they are perfect at every stop. What fell is the score: when colour tells about category,
# the code for category tells about colour, and the gap closes. These metrics assume independent factors. So on real
# labels a low score may be the data's fault.
#
# And what does a *model* learn from correlated data? We keep those dresses of the grid whose sleeve goes with their
# colour, and train on them; the rival trains on as many dresses drawn at random. Both are judged on the full grid.

# %%
colour, sleeve = (grid_factors[:, factor_names.index(name)] for name in ("colour", "sleeve"))
together = np.flatnonzero(sleeve == np.minimum(colour, 2))
apart = np.sort(shuffled[: len(together)])
short = profile.pick(tiny=20, cpu=700, gpu=2000)
leaks = {"drawn at random": [], "sleeve goes with colour": []}
for seed in profile.seeds:
    for kind, kept_rows in zip(leaks, (apart, together), strict=True):
        part = dresses.subset(kept_rows.tolist())
        recipe = replace(TRAINING, seed=seed, epochs=max(1, short * TRAINING.batch_size // len(part)))
        pupil = seeded(lambda: BetaVAE(BetaVAERecipe(beta=4.0)), seed)
        adde_lite.train(pupil, part, recipe)
        seen = measures.mig(pupil.embed(dresses.images).numpy(), grid_factors)
        leaks[kind].append((seen.information / seen.entropies)[:, factor_names.index("sleeve")].max())

gaps = np.array(leaks["drawn at random"]) - np.array(leaks["sleeve goes with colour"])
print(
    f"lost by correlation: {gaps.mean():+.2f} on average, {gaps.min():+.2f} to {gaps.max():+.2f} over {len(gaps)} seeds"
)
plots.score_strips(
    leaks,
    "share of the sleeve that the best dimension tells, on the full grid",
    "How much the best dimension tells of the sleeve, for models trained on random and on correlated dresses.",
)

# %% [markdown]
# Each dot is one trained model, each bar a median. Where two factors always came together, a model has no reason to
# give each its own dimension; whether it does so anyway is decided by how the factors look. The picture says nothing
# about the other factors, and six short trainings are few.
#
# ## Why no objective can know
#
# The reason is not that the models are small. Take a code that is perfect, with dimensions drawn from the prior, and
# turn it. The turned code is just as likely under the prior, and a decoder that turns back first makes the same
# pictures. So every term of the bound that such models maximise is the same; only the labels can tell the two apart.

# %%
z = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
turn = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=torch.float64) / 2
turned = z @ turn  # every new dimension holds an equal part of every old one
assert torch.equal(turn @ turn.T, torch.eye(4, dtype=torch.float64))
true_factors = torch.bucketize(z, torch.tensor([-0.67, 0.0, 0.67], dtype=torch.float64))
picture_of = lambda code: torch.tanh(code @ torch.ones(4, 5, dtype=torch.float64))  # noqa: E731 - any decoder will do

assert torch.allclose(log_normal(z, 0.0, 0.0).sum(1), log_normal(turned, 0.0, 0.0).sum(1))
assert torch.allclose(picture_of(z), picture_of(turned @ turn.T))
both = {"perfect": measures.mig(z, true_factors).score, "turned": measures.mig(turned, true_factors).score}
print("same prior density, same pictures; MIG: " + ", ".join(f"{name} {score:.2f}" for name, score in both.items()))
assert both["turned"] < both["perfect"] / 2

# %% [markdown]
# This is the core of the theorem of Locatello et al.: without further assumptions, for every disentangled model there
# are endlessly many entangled ones that fit the data equally well. What breaks the tie in practice is the network's
# taste, the order of the data and the seed. A student who wants *sleeve* has to say *sleeve*: labels, or pairs of
# images that share something. The next notebook gives each attribute a label and a place of its own.

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
print(f"training raises the median MIG {times:.1f} times over untrained models")
print(", ".join(f"{name} {share:.0%}" for name, share in parts.items()), "of the variance of MIG")
print(f"label-free criteria that keep off zero: {len(sure)} of {len(criteria)}")
print("RF-VAE counts", ", ".join(f"{median:g} for {int(truth)}" for truth, median in medians.items()))
stable, luck_of_maps = kept["two seeds of UMAP"], kept["chance: two UMAPs, rows shuffled"]
print(f"two UMAPs share {stable:.0%} of neighbours, by chance {luck_of_maps:.1%}")
print(f"turned by a rotation that no objective sees, MIG goes from {both['perfect']:.2f} to {both['turned']:.2f}")
assert times > 1
