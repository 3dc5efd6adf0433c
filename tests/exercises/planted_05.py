"""Wrong answers to the exercises of notebook 05, as students write them, and words that the check must say."""

import torch


def plain_mean(gradients, sizes):
    return sum(gradients) / len(gradients)


def over_images(gradients, sizes):
    return sum(size * gradient for size, gradient in zip(sizes.tolist(), gradients, strict=True))


def added(gradients, sizes):
    total = torch.zeros_like(gradients[0])
    for gradient in gradients:
        total += gradient
    return total


def within_only(means, variances, counts):
    share = counts / counts.sum()
    return (share[:, None] * means).sum(0), (share[:, None] * variances).sum(0)


def all_alike(means, variances, counts):
    return means.mean(0), variances.mean(0) + means.var(0, correction=0)


def half_weighted(means, variances, counts):
    share = (counts / counts.sum())[:, None]
    mean = (share * means).sum(0)
    apart = sum((each - mean) ** 2 for each in means) / len(means)
    return mean, (share * variances).sum(0) + apart


def one_less(means, variances, counts):
    counts, total = counts[:, None], counts.sum()
    mean = (counts * means).sum(0) / total
    return mean, (counts * variances + counts * (means - mean) ** 2).sum(0) / (total - 1)


def from_the_beginning(pieces, piece, save, lives):
    needed, time = pieces * (piece + save), 0.0
    for life in lives:
        if life >= needed:
            return time + needed
        time += life
    return time + needed


def nothing_lost(pieces, piece, save, lives):
    return float(pieces * (piece + save))


def free_saves(pieces, piece, save, lives):
    time, done = 0.0, 0
    for life in lives:
        fits = int(life / piece)
        if done + fits >= pieces:
            return time + (pieces - done) * piece
        done, time = done + fits, time + life
    return time + (pieces - done) * piece


def until_the_next_kill(pieces, piece, save, lives):
    time, done = 0.0, 0
    for life in lives:
        time += life
        done += int(life // (piece + save))
        if done >= pieces:
            return time
    return time + (pieces - done) * (piece + save)


PLANTED = {
    "whole_gradient": [(plain_mean, "plain mean"), (over_images, "sum over all images"), (added, "means already")],
    "joined_statistics": [
        (within_only, "how far the parts lie apart"),
        (all_alike, "every part count the same"),
        (half_weighted, "spread of the means"),
        (one_less, "one less"),
    ],
    "time_to_finish": [
        (from_the_beginning, "back to its beginning"),
        (nothing_lost, "survives"),
        (free_saves, "Saving costs nothing"),
        (until_the_next_kill, "not used up"),
    ],
}
