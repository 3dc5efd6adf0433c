"""Checks of notebook 05: gradients of unequal parts, statistics that are joined, and the time that kills cost."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from adde_lite.checks.exercise import Case, Exercise, Slip

Pair = tuple[Tensor, Tensor]


def _parts() -> Sequence[Case]:
    return [
        (torch.randn(len(sizes), 3, generator=torch.Generator().manual_seed(seed)), torch.tensor(sizes))
        for seed, sizes in enumerate([[3, 1], [4, 4], [8, 8, 5]])
    ]


def _weighted(gradients: Tensor, sizes: Tensor) -> Tensor:
    return sizes.to(gradients.dtype) @ gradients / sizes.sum()


whole_gradient = Exercise(
    "whole_gradient",
    _weighted,
    cases=_parts,
    slips=(
        Slip(
            "The plain mean counts a part of one image as much as a part of three. Each *image* should count the same.",
            lambda gradients, sizes: gradients.mean(0),
        ),
        Slip(
            "This is the sum over all images, not their mean: the step would grow with the batch.",
            lambda gradients, sizes: _weighted(gradients, sizes) * sizes.sum(),
        ),
        Slip(
            "The gradients of the parts are means already: their sum grows with the number of parts.",
            lambda gradients, sizes: gradients.sum(0),
        ),
    ),
)


def _statistics() -> Sequence[Case]:
    cases: list[Case] = []
    for seed, sizes in enumerate([[4, 4], [6, 2], [5, 3, 1]]):
        numbers = 2 + 3 * torch.randn(sum(sizes), 2, generator=torch.Generator().manual_seed(seed))
        parts = numbers.split(sizes)
        means = torch.stack([part.mean(0) for part in parts])
        variances = torch.stack([part.var(0, correction=0) for part in parts])
        cases.append((means, variances, torch.tensor(sizes)))
    return cases


def _joined(means: Tensor, variances: Tensor, counts: Tensor) -> Pair:
    mean = _weighted(means, counts)
    return mean, _weighted(variances + (means - mean).square(), counts)


def _one_less(means: Tensor, variances: Tensor, counts: Tensor) -> Pair:
    mean, variance = _joined(means, variances, counts)
    return mean, variance * counts.sum() / (counts.sum() - 1)


joined_statistics = Exercise(
    "joined_statistics",
    _joined,
    cases=_statistics,
    slips=(
        Slip(
            "The variance lacks how far the parts lie apart: each part was measured around its own mean.",
            lambda means, variances, counts: (_weighted(means, counts), _weighted(variances, counts)),
        ),
        Slip(
            "You let every part count the same. A part with more images has more to say, in both numbers.",
            lambda means, variances, counts: _joined(means, variances, torch.ones_like(counts)),
        ),
        Slip(
            "The mean is weighted by the counts, but the spread of the means around it is not.",
            lambda means, variances, counts: (
                _weighted(means, counts),
                _weighted(variances, counts) + (means - _weighted(means, counts)).square().mean(0),
            ),
        ),
        Slip(
            "You divide by one less than the number of images. Batch normalisation divides by the number itself.",
            _one_less,
        ),
    ),
)


def _runs() -> Sequence[Case]:
    return [
        (5, 10.0, 1.0, []),
        (5, 10.0, 1.0, [34.5, 61.0]),
        (4, 10.0, 2.0, [5.0, 23.5, 100.0]),
        (6, 3.0, 0.5, [11.9, 2.0, 10.0]),
    ]


def _time(pieces: int, piece: float, save: float, lives: Sequence[float]) -> float:
    return _told(pieces, piece + save, lives, lambda life: life // (piece + save))


def _told(pieces: int, each: float, lives: Sequence[float], within: Callable[[float], float]) -> float:
    """Seconds until all pieces are done, by what a life of some seconds adds to them."""
    time, left = 0.0, float(pieces)
    for life in lives:
        if left * each <= life:
            break
        time, left = time + life, max(left - within(life), 0.0)
    return time + left * each


def _anew(pieces: int, piece: float, save: float, lives: Sequence[float]) -> float:
    return _told(pieces, piece + save, lives, lambda life: 0.0)


def _used_up(pieces: int, piece: float, save: float, lives: Sequence[float]) -> float:
    time, left = 0.0, pieces
    for life in lives:
        time, left = time + life, left - min(int(life // (piece + save)), left)
        if not left:
            return time
    return time + left * (piece + save)


time_to_finish = Exercise(
    "time_to_finish",
    _time,
    cases=_runs,
    slips=(
        Slip(
            "Every kill sends your run back to its beginning. What was saved is saved: only the rest is done again.",
            _anew,
        ),
        Slip(
            "Work that was not saved when the kill came survives in your run. A piece counts once its save is done.",
            lambda pieces, piece, save, lives: _told(pieces, piece + save, lives, lambda life: life / (piece + save)),
        ),
        Slip(
            "Saving costs nothing in your run. A piece takes its own seconds and those of its save.",
            lambda pieces, piece, save, lives: _time(pieces, piece, 0.0, lives),
        ),
        Slip(
            "The last life is not used up: the run ends when its last piece is saved, not when the next kill comes.",
            _used_up,
        ),
    ),
)
