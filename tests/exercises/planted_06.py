"""Wrong answers to the exercises of notebook 06, as students write them, and words that the check must say."""

import math

import torch

from adde_lite.retrieval.weighting import WEIGHTS


def as_it_is(relevance):
    places = [1 / math.log(place + 1) for place in range(1, len(relevance) + 1)]
    return sum(r * p for r, p in zip(relevance.tolist(), places, strict=True)) / sum(places)


def by_own_best(relevance):
    gains = [2**r - 1 for r in relevance.tolist()]
    best = sorted(gains, reverse=True)
    found, ideal = (sum(g / math.log2(j + 2) for j, g in enumerate(each)) for each in (gains, best))
    return found / ideal if ideal else 0.0


def not_divided(relevance):
    return sum((2**r - 1) / math.log(j + 2) for j, r in enumerate(relevance.tolist()))


def no_discount(relevance):
    return float(torch.exp2(relevance).sub(1).mean())


def ends_apart(ours, theirs, draws):
    levels = torch.tensor([0.025, 0.975], dtype=torch.float64)
    (low, high), (their_low, their_high) = (torch.quantile(each[draws].mean(1), levels) for each in (ours, theirs))
    return torch.stack([low - their_high, high - their_low])


def wrong_way(ours, theirs, draws):
    gaps = torch.stack([(theirs[rows] - ours[rows]).mean() for rows in draws])
    return torch.quantile(gaps, torch.tensor([0.025, 0.975], dtype=torch.float64))


def single_queries(ours, theirs, draws):
    gaps = torch.cat([ours[rows] - theirs[rows] for rows in draws])
    return torch.quantile(gaps, torch.tensor([0.025, 0.975], dtype=torch.float64))


def one_in_ten(ours, theirs, draws):
    gaps = ours[draws].mean(1) - theirs[draws].mean(1)
    return torch.quantile(gaps, torch.tensor([0.05, 0.95], dtype=torch.float64))


def first_results(sought, offered, edited, labels, weight):
    blocks = sought.view(len(sought), labels.shape[1], -1).clone()
    blocks[edited] *= weight
    return labels[(blocks.flatten(1) @ offered.T).argmax(1)]


def one_weight(sought, offered, edited, target, labels):
    best, most = 1.0, -1
    for weight in WEIGHTS:
        count = int((first_results(sought, offered, edited, labels, weight) == target).all(1).sum())
        if count > most:
            best, most = weight, count
    return torch.tensor([best] * labels.shape[1])


def new_value_only(sought, offered, edited, target, labels):
    chosen = []
    for a in range(labels.shape[1]):
        counts = []
        for weight in WEIGHTS:
            found = first_results(sought, offered, edited, labels, weight)
            counts.append(int((found[edited[:, a], a] == target[edited[:, a], a]).sum()))
        chosen.append(WEIGHTS[counts.index(max(counts))])
    return torch.tensor(chosen)


def latest(sought, offered, edited, target, labels):
    chosen, most = torch.ones(labels.shape[1]), torch.zeros(labels.shape[1])
    for weight in WEIGHTS:
        right = (first_results(sought, offered, edited, labels, weight) == target).all(1)
        for a in range(labels.shape[1]):
            count = right[edited[:, a]].sum()
            if count >= most[a]:
                chosen[a], most[a] = weight, count
    return chosen


def whole_query(sought, offered, edited, target, labels):
    chosen = []
    for a in range(labels.shape[1]):
        asks = edited[:, a]
        right = [(labels[(w * sought[asks] @ offered.T).argmax(1)] == target[asks]).all(1).sum() for w in WEIGHTS]
        chosen.append(WEIGHTS[right.index(max(right))])
    return torch.tensor(chosen)


PLANTED = {
    "ranking_score": [
        (as_it_is, "relevance as it is"),
        (by_own_best, "best order"),
        (not_divided, "divided by Z"),
        (no_discount, "not discounted"),
    ],
    "difference_interval": [
        (ends_apart, "interval for each"),
        (wrong_way, "wrong way round"),
        (single_queries, "single queries"),
        (one_in_ten, "one draw in ten"),
    ],
    "weight_of_each": [
        (one_weight, "best for all queries"),
        (new_value_only, "new value has come"),
        (latest, "took the last"),
        (whole_query, "every block"),
    ],
}
