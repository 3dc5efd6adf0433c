"""Wrong answers to the exercises of notebook 07, as students write them, and words that the check must say."""

import numpy as np
import torch


def open_below_zero(f_x, f_y, beta):
    return torch.linalg.vector_norm(f_x * beta - f_y * beta)


def weighs_squares(f_x, f_y, beta):
    total = 0.0
    for x, y, b in zip(f_x.tolist(), f_y.tolist(), beta.tolist(), strict=True):
        total += max(b, 0.0) * (x - y) ** 2
    return total**0.5


def no_root(f_x, f_y, beta):
    apart = f_x * beta.clamp(min=0) - f_y * beta.clamp(min=0)
    return float(apart @ apart)


def no_mask(f_x, f_y, beta):
    return torch.dist(f_x, f_y)


def _table(blocks, rows, condition, right):
    """Shares by hand: right says what a triplet counts, of the two distances."""
    A = blocks.shape[1]
    table = np.zeros((A, A))
    for block in range(A):
        for c in range(A):
            counts = []
            for anchor, positive, negative in rows[condition == c].tolist():
                near = torch.dist(blocks[anchor, block], blocks[positive, block])
                far = torch.dist(blocks[anchor, block], blocks[negative, block])
                counts.append(right(near, far))
            table[block, c] = np.mean(counts)
    return table


def equal_is_right(blocks, rows, condition):
    return _table(blocks, rows, condition, lambda near, far: float(near <= far))


def equal_is_wrong(blocks, rows, condition):
    return _table(blocks, rows, condition, lambda near, far: float(near < far))


def transposed(blocks, rows, condition):
    return _table(blocks, rows, condition, lambda near, far: (float(near < far) + float(near <= far)) / 2).T


def farther_is_right(blocks, rows, condition):
    return _table(blocks, rows, condition, lambda near, far: (float(near > far) + float(near >= far)) / 2)


def own_alone(blocks, rows, condition):
    return np.diag(_table(blocks, rows, condition, lambda near, far: (float(near < far) + float(near <= far)) / 2))


def last_to_lead(first, second):
    a, b = int(first.argmin()), int(second.argmin())
    if a == b:
        return float("inf")
    return float((first[b] - first[a]) / (second[a] - second[b]))


def both_ways(first, second):
    order = first.argsort()
    a = order[0]
    return min(float((first[k] - first[a]) / abs(second[k] - second[a])) for k in order[1:])


def which_garment(first, second):
    a = int(first.argmin())
    turns = [
        float((first[k] - first[a]) / (second[a] - second[k])) if second[k] < second[a] else float("inf")
        for k in range(len(first))
    ]
    return int(np.argmin(turns))


def upside_down(first, second):
    a = int(first.argmin())
    found = [float((second[a] - second[k]) / (first[k] - first[a])) for k in range(len(first)) if second[k] < second[a]]
    return min(found, default=float("inf"))


PLANTED = {
    "masked_distance": [
        (open_below_zero, "is closed"),
        (weighs_squares, "weighs the squares"),
        (no_root, "squared distance"),
        (no_mask, "one distance for all"),
    ],
    "block_accuracy": [
        (equal_is_right, "you count it as right"),
        (equal_is_wrong, "you count it as wrong"),
        (transposed, "exchanged"),
        (farther_is_right, "share that is wrong"),
        (own_alone, "the diagonal"),
    ],
    "turning_weight": [
        (last_to_lead, "come to the front before"),
        (both_ways, "fall back as w grows"),
        (which_garment, "garment that takes the lead"),
        (upside_down, "upside down"),
    ],
}
