"""Wrong answers to the exercises of notebook 08, as students write them, and words that the check must say."""

import math
from collections import Counter

import torch


def average_negative(positive, negatives, margin):
    return torch.clamp(positive - negatives.mean(dim=1) + margin, min=0).mean()


def easiest_negative(positive, negatives, margin):
    return sum(max(0.0, float(p - max(n) + margin)) for p, n in zip(positive, negatives, strict=True)) / len(positive)


def never_cut_off(positive, negatives, margin):
    return sum(float(p - min(n) + margin) for p, n in zip(positive, negatives, strict=True)) / len(positive)


def turned_round(positive, negatives, margin):
    return torch.clamp(negatives.min(dim=1).values - positive + margin, min=0).mean()


def margin_taken_off(positive, negatives, margin):
    return torch.clamp(positive - negatives.min(dim=1).values - margin, min=0).mean()


def _through(garment, w):
    return (garment * w[:, None]).flatten()


def summed(there, candidates, weights):
    return [
        float(sum(torch.dist(_through(o, w), _through(s, w)) for o, w in zip(there, weights, strict=True)))
        for s in candidates
    ]


def one_side(there, candidates, weights):
    seen = torch.stack([_through(o, w) for o, w in zip(there, weights, strict=True)])
    return torch.cdist(seen, candidates.flatten(1)).mean(0)


def added_up(there, candidates, weights):
    sides = (torch.einsum("la,lad->ld", weights, there), torch.einsum("la,kad->lkd", weights, candidates))
    return (sides[0][:, None] - sides[1]).norm(dim=2).mean(0)


def weighs_distances(there, candidates, weights):
    blockwise = torch.stack([(o - candidates).norm(dim=2) for o in there])  # (L, K, A)
    return (blockwise * weights[:, None]).sum(2).mean(0)


def nearest_alone(there, candidates, weights):
    return [
        min(float(torch.dist(_through(o, w), _through(s, w))) for o, w in zip(there, weights, strict=True))
        for s in candidates
    ]


def agreeing(one, other):
    known = (one >= 0) & (other >= 0)
    return ((one == other) & known).sum(0) / known.sum(0)


def _counted(one, other, term, skip_missing=True):
    """Sum over the pairs of values of one attribute after the other; `term` of p(v, v'), p(v) and p(v')."""
    told = []
    for k in range(one.shape[1]):
        pairs = list(zip(one[:, k].tolist(), other[:, k].tolist(), strict=True))
        if skip_missing:
            pairs = [pair for pair in pairs if -1 not in pair]
        n = len(pairs)
        left, right = Counter(v for v, _ in pairs), Counter(w for _, w in pairs)
        told.append(sum(term(c / n, left[v] / n, right[w] / n) for (v, w), c in Counter(pairs).items()))
    return told


def missing_is_a_value(one, other):
    return _counted(one, other, lambda both, v, w: both * math.log(both / (v * w)), skip_missing=False)


def without_chance(one, other):
    return _counted(one, other, lambda both, v, w: both * math.log(both))


def in_bits(one, other):
    return _counted(one, other, lambda both, v, w: both * math.log2(both / (v * w)))


PLANTED = {
    "ranking_loss": [
        (average_negative, "mean of the negatives"),
        (easiest_negative, "farthest negative"),
        (never_cut_off, "pays for others"),
        (turned_round, "are exchanged"),
        (margin_taken_off, "margin is taken off"),
    ],
    "outfit_distances": [
        (summed, "sum over the garments"),
        (one_side, "Only one side"),
        (added_up, "as CSA-Net does"),
        (weighs_distances, "a distance in each block"),
        (nearest_alone, "nearest garment"),
    ],
    "shared_information": [
        (agreeing, "the same value"),
        (missing_is_a_value, "missing label"),
        (without_chance, "against chance"),
        (in_bits, "bits"),
    ],
}
