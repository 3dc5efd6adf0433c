"""Wrong answers to the exercises of notebook 04, as students write them, and words that the check must say."""

import torch


def backwards(r, M, v, v_target):
    return r + (M @ v - M @ v_target).reshape(r.shape)


def nothing_goes(r, M, v, v_target):
    columns = [j for j in range(len(v_target)) if v_target[j] == 1]
    edited = r.flatten().clone()
    for j in columns:
        edited += M[:, j]
    return edited.view(r.shape)


def only_the_movement(r, M, v, v_target):
    return torch.einsum("dj,j->d", M, v_target - v).view(len(r), -1)


def all_prototypes(r, M, v, v_target):
    return M[:, v_target.bool()].sum(1).unflatten(0, r.shape)


def mean_of_nothing(blocks, codes, count):
    return torch.stack([blocks[codes == value].mean(0) for value in range(count)])


def wrapped(blocks, codes, count):
    sums, images = torch.zeros(count, blocks.shape[1]), [0] * count
    for block, code in zip(blocks, codes.tolist(), strict=True):
        sums[code] += block
        images[code] += 1
    return torch.stack([total / max(number, 1) for total, number in zip(sums, images, strict=True)])


def of_all(blocks, codes, count):
    return torch.stack([(blocks * (codes == value)[:, None]).mean(0) for value in range(count)])


def sums(blocks, codes, count):
    known = codes >= 0
    return torch.zeros(count, blocks.shape[1]).index_add(0, codes[known], blocks[known])


def likeliest(probabilities, sizes, attribute, new, has):
    start, end = sum(sizes[:attribute]), sum(sizes[: attribute + 1])
    row = torch.zeros_like(probabilities)
    for garment in range(len(row)):
        row[garment, start + new[garment]] += 1
        if has[garment]:
            row[garment, start + probabilities[garment, start:end].argmax()] -= 1
    return row


def taken_from_all(probabilities, sizes, attribute, new, has):
    start, end = sum(sizes[:attribute]), sum(sizes[: attribute + 1])
    row = torch.zeros_like(probabilities)
    row[:, start:end] -= probabilities[:, start:end]
    row[range(len(row)), start + new] += 1
    return row


def overwritten(probabilities, sizes, attribute, new, has):
    start, end = sum(sizes[:attribute]), sum(sizes[: attribute + 1])
    row = torch.zeros_like(probabilities)
    row[has, start:end] = -probabilities[has, start:end]
    row[torch.arange(len(row)), start + new] = 1
    return row


def everywhere(probabilities, sizes, attribute, new, has):
    row = -probabilities.clone()
    row[~has] = 0
    row[torch.arange(len(row)), sum(sizes[:attribute]) + new] += 1
    return row


PLANTED = {
    "edited_query": [
        (backwards, "backwards"),
        (nothing_goes, "take none away"),
        (only_the_movement, "alone"),
        (all_prototypes, "special about this garment"),
    ],
    "class_prototypes": [
        (mean_of_nothing, "mean of nothing"),
        (wrapped, "*last* value"),
        (of_all, "number of all images"),
        (sums, "These are sums"),
    ],
    "soft_indicator": [
        (likeliest, "as if it were sure"),
        (taken_from_all, "nothing to take away"),
        (overwritten, "overwrote"),
        (everywhere, "other attributes move"),
    ],
}
