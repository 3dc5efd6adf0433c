"""Wrong answers to the exercises of notebook 00, as students write them, and words that the check must say."""

import torch


def added(garment, attribute, prototype):
    edited = garment.clone()
    edited[attribute] += prototype
    return edited


def everywhere(garment, attribute, prototype):
    edited = garment.clone()
    edited[:] = prototype
    return edited


def one_number_along(garment, attribute, prototype):
    numbers = garment.flatten().tolist()
    numbers[attribute : attribute + len(prototype)] = prototype.tolist()
    return torch.tensor(numbers).view(garment.shape)


def by_product(query, garments, k):
    return torch.einsum("ad,nad->n", query, garments).argsort(descending=True)[:k]


def furthest(query, garments, k):
    units = torch.nn.functional.normalize(garments.flatten(1), dim=1)
    return (units @ query.flatten()).argsort()[:k]


def products(query, garments, k):
    units = torch.nn.functional.normalize(garments.flatten(1), dim=1)
    return (units @ query.flatten()).sort(descending=True).values[:k]


def edited_counts_too(wish, found, edited):
    return torch.tensor([(row[wish >= 0] == wish[wish >= 0]).float().mean() for row in found])


def missing_counts_too(wish, found, edited):
    others = [column for column in range(len(wish)) if column != edited]
    return torch.tensor([[float(row[column] == wish[column]) for column in others] for row in found]).mean(1)


def drifted(wish, found, edited):
    counts = [column for column in range(len(wish)) if column != edited and wish[column] >= 0]
    return torch.tensor([[float(row[column] != wish[column]) for column in counts] for row in found]).mean(1)


PLANTED = {
    "edited_block": [
        (added, "added the prototype"),
        (everywhere, "Every block"),
        (one_number_along, "counted numbers"),
    ],
    "nearest_rows": [(by_product, "Long embeddings win"), (furthest, "furthest away"), (products, "`.indices`")],
    "share_kept": [
        (edited_counts_too, "the edited attribute too"),
        (missing_counts_too, "code -1"),
        (drifted, "that drifted"),
    ],
}
