"""Wrong answers to the exercises of notebook 03, as students write them, and words that the check must say."""

import pandas as pd
import torch
from torch.nn import functional as F


def last_value_for_the_missing(log_probabilities, codes):
    return -sum(row[int(code)] for row, code in zip(log_probabilities, codes, strict=True)) / len(codes)


def divided_by_everyone(log_probabilities, codes):
    picked = [-row[int(code)] for row, code in zip(log_probabilities, codes, strict=True) if code >= 0]
    return sum(picked) / len(codes)


def summed(log_probabilities, codes):
    return F.nll_loss(log_probabilities, codes, ignore_index=-1, reduction="sum")


def turned_sign(log_probabilities, codes):
    return -F.nll_loss(log_probabilities, codes, ignore_index=-1)


def pairs_of(a, b):
    table = pd.DataFrame({"a": a.tolist(), "b": b.tolist()})
    return table[(table["a"] >= 0) & (table["b"] >= 0)]


def guesses_of(a, b):
    return pairs_of(a, b).groupby("a")["b"].agg(lambda values: values.mode()[0])


def one_guess_for_all(a, b, a_judged, b_judged):
    return (pairs_of(a_judged, b_judged)["b"] == pairs_of(a, b)["b"].mode()[0]).mean()


def judged_by_the_fitted(a, b, a_judged, b_judged):
    pairs = pairs_of(a, b)
    return (pairs["a"].map(guesses_of(a, b)) == pairs["b"]).mean()


def learned_from_the_judged(a, b, a_judged, b_judged):
    pairs = pairs_of(a_judged, b_judged)
    return (pairs["a"].map(guesses_of(a_judged, b_judged)) == pairs["b"]).mean()


def missing_is_wrong(a, b, a_judged, b_judged):
    pairs = pairs_of(a_judged, b_judged)
    return (pairs["a"].map(guesses_of(a, b)) == pairs["b"]).sum() / len(a_judged)


def missing_is_a_value(a, b, a_judged, b_judged):
    table = pd.crosstab(a.numpy(), b.numpy())
    guess = table.loc[a_judged.tolist()].idxmax(axis=1).to_numpy()
    return (guess == b_judged.numpy()).mean()


def the_other_way_round(a, b, a_judged, b_judged):
    pairs = pairs_of(a_judged, b_judged)
    return (pairs["b"].map(guesses_of(b, a)) == pairs["a"]).mean()


def pairs_that_meet(probe, own=False):
    count = len(probe)
    return [(j, k) for j in range(count) for k in range(count) if (own or j != k) and not torch.isnan(probe[j, k])]


def diagonal_too(probe, label, whole):
    pairs = pairs_that_meet(probe, own=True)
    return sum(probe[p] - label[p] for p in pairs) / sum(whole[p] - label[p] for p in pairs)


def ratio_of_each_pair(probe, label, whole):
    ratios = [(probe[p] - label[p]) / (whole[p] - label[p]) for p in pairs_that_meet(probe)]
    return sum(ratios) / len(ratios)


def no_floor(probe, label, whole):
    pairs = pairs_that_meet(probe)
    return sum(probe[p] for p in pairs) / sum(whole[p] for p in pairs)


def floor_above(probe, label, whole):
    pairs = pairs_that_meet(probe)
    return sum(probe[p] - label[p] for p in pairs) / sum(whole[p] for p in pairs)


def not_a_number(probe, label, whole):
    others = 1 - torch.eye(len(probe), dtype=torch.float64)
    return float((others * (probe - label)).sum() / (others * (whole - label)).sum())


PLANTED = {
    "loss_of": [
        (last_value_for_the_missing, "Index -1"),
        (divided_by_everyone, "divided by all"),
        (summed, "This is the sum"),
        (turned_sign, "sign is wrong"),
    ],
    "floor_of": [
        (one_guess_for_all, "for everyone"),
        (judged_by_the_fitted, "learned from. The floor"),
        (learned_from_the_judged, "peeping"),
        (missing_is_wrong, "count as misread"),
        (missing_is_a_value, "value like any other"),
        (the_other_way_round, "guess a from b"),
    ],
    "share_leaked": [
        (diagonal_too, "diagonal is in it"),
        (ratio_of_each_pair, "for each pair"),
        (no_floor, "floor is missing"),
        (floor_above, "above the line only"),
        (not_a_number, "spoils a sum"),
    ],
}
