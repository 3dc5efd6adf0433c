"""Wrong answers to the exercises of notebook 09, as students write them, and words that the check must say."""

import torch


def old_stays(scores, table, old, new, w):
    return torch.stack([s + w * t for s, t in zip(scores, table[new], strict=True)])


def other_way(scores, table, old, new, w):
    return scores - w * table[new] + w * table[old]


def all_weighted(scores, table, old, new, w):
    return scores * w + table[new] * w - table[old] * w


def no_weight(scores, table, old, new, w):
    return scores.sub(table[old]).add(table[new])


def places_not_rows(rough, points, asked, n, k):
    found = []
    for codes, query in zip(rough, asked, strict=True):
        exact = points[codes.argsort(descending=True)[:n]] @ query
        found.append(exact.argsort(descending=True)[:k])
    return torch.stack(found)


def as_coded(rough, points, asked, n, k):
    return rough.argsort(dim=1, descending=True)[:, :n][:, :k]


def read_all(rough, points, asked, n, k):
    return torch.stack([(points @ query).argsort(descending=True)[:k] for query in asked])


def worst_first(rough, points, asked, n, k):
    found = []
    for codes, query in zip(rough, asked, strict=True):
        rows = codes.argsort(descending=True)[:n]
        found.append(rows[(points[rows] @ query).argsort()][-k:])
    return torch.stack(found)


def once_sorted(asked, centres, home, answers, enough):
    order = torch.sort(asked @ centres.T, dim=1, descending=True).indices
    needed = []
    for places, rows in zip(order, answers, strict=True):
        needed.append(sorted(int(places[home[row]]) for row in rows)[enough - 1] + 1)
    return torch.tensor(needed)


def visits_of(query, centres):
    return (centres @ query).argsort(descending=True).tolist()


def from_zero(asked, centres, home, answers, enough):
    needed = []
    for query, rows in zip(asked, answers, strict=True):
        order = visits_of(query, centres)
        needed.append(sorted(order.index(int(home[row])) for row in rows)[enough - 1])
    return torch.tensor(needed)


def until_the_last(asked, centres, home, answers, enough):
    needed = []
    for query, rows in zip(asked, answers, strict=True):
        order = visits_of(query, centres)
        needed.append(max(order.index(int(home[row])) for row in rows) + 1)
    return torch.tensor(needed)


def nearest_centres(asked, centres, home, answers, enough):
    needed = []
    for query, rows in zip(asked, answers, strict=True):
        order = (centres - query).norm(dim=1).argsort().tolist()
        needed.append(sorted(order.index(int(home[row])) for row in rows)[enough - 1] + 1)
    return torch.tensor(needed)


PLANTED = {
    "edited_scores": [
        (old_stays, "left the old one in"),
        (other_way, "other way round"),
        (all_weighted, "as well"),
        (no_weight, "forgot w"),
    ],
    "reranked_rows": [
        (places_not_rows, "places in the list"),
        (as_coded, "nothing is reranked"),
        (read_all, "over all rows"),
        (worst_first, "worst first"),
    ],
    "cells_needed": [
        (once_sorted, "argsort of that"),
        (from_zero, "One too few"),
        (until_the_last, "waited for"),
        (nearest_centres, "nearest centres"),
    ],
}
