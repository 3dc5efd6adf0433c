"""Checks of notebook 07: a distance under a mask, every block asked for every condition, where an answer turns."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.metrics.conditional import cross_accuracy
from adde_lite.sampling import ConditionalTriplets


def _drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _masked_pairs() -> Sequence[Case]:
    beta = 0.3 + _drawn(4, 6, seed=0)  # each row has entries on both sides of zero
    return [(_drawn(6, seed=seed + 1), _drawn(6, seed=seed + 11), beta[seed]) for seed in range(4)]


masked_distance = Exercise(
    "masked_distance",
    lambda f_x, f_y, beta: ((f_x - f_y) * beta.relu()).norm(),
    cases=_masked_pairs,
    slips=(
        Slip(
            "A negative beta weighs here like a positive one. The mask is ReLU(beta): what is below zero is closed.",
            lambda f_x, f_y, beta: ((f_x - f_y) * beta).norm(),
        ),
        Slip(
            "Your mask weighs the squares. It belongs to the vectors, before the difference is squared.",
            lambda f_x, f_y, beta: ((f_x - f_y).square() * beta.relu()).sum().sqrt(),
        ),
        Slip(
            "This is the squared distance: the norm ends with a root.",
            lambda f_x, f_y, beta: ((f_x - f_y) * beta.relu()).square().sum(),
        ),
        Slip(
            "This is one distance for all questions: the mask has no part in it.",
            lambda f_x, f_y, beta: (f_x - f_y).norm(),
        ),
    ),
)


def _asked() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        source = torch.Generator().manual_seed(seed)
        blocks = torch.randint(0, 3, (12, 3, 2), generator=source).float()  # whole numbers: some distances are equal
        rows = torch.stack([torch.randperm(12, generator=source)[:3] for _ in range(18)])
        cases.append((blocks, rows, torch.arange(18) % 3))
    return cases


def _crossed(blocks: Tensor, rows: Tensor, condition: Tensor) -> Tensor:
    anchor, positive, negative = rows.T
    return cross_accuracy(blocks, ConditionalTriplets(anchor, positive, negative, condition))


def _counted(blocks: Tensor, rows: Tensor, condition: Tensor, equal: float) -> Tensor:
    anchor, near, far = (blocks[role] for role in rows.T)
    lead = (anchor - far).norm(dim=2) - (anchor - near).norm(dim=2)
    right = (lead > 0).double() + equal * (lead == 0)
    return torch.stack([right[condition == c].mean(0) for c in range(blocks.shape[1])], dim=1)


block_accuracy = Exercise(
    "block_accuracy",
    _crossed,
    cases=_asked,
    slips=(
        Slip(
            "Where both distances are equal the block does not know: that is half an answer, you count it as right.",
            lambda blocks, rows, condition: _counted(blocks, rows, condition, 1.0),
        ),
        Slip(
            "Where both distances are equal the block does not know: that is half an answer, you count it as wrong.",
            lambda blocks, rows, condition: _counted(blocks, rows, condition, 0.0),
        ),
        Slip(
            "Rows and columns are exchanged: a row is a block, a column what the triplets are about.",
            lambda blocks, rows, condition: _crossed(blocks, rows, condition).T,
        ),
        Slip(
            "This is the share that is wrong: the positive should be the nearer one.",
            lambda blocks, rows, condition: 1 - _crossed(blocks, rows, condition),
        ),
        Slip(
            "You asked each block its own question only, the diagonal. Separation shows beside it: ask all blocks.",
            lambda blocks, rows, condition: _crossed(blocks, rows, condition).diagonal(),
        ),
    ),
)


def _neighbours() -> Sequence[Case]:
    cases: list[Case] = []
    for seed in range(4):
        source = torch.Generator().manual_seed(seed)
        first, second = torch.rand(2, 8, generator=source)
        second[first.argmin()] = 0.6 + 0.1 * seed  # some are nearer by the second question, some are farther
        cases.append((first, second))
    best_of_both = (torch.tensor([0.1, 0.5, 0.9]), torch.tensor([0.2, 0.3, 0.4]))
    return [*cases, best_of_both]


def _turns(first: Tensor, second: Tensor) -> Tensor:
    """For each garment, at which weight it draws level with the first answer; inf for one that never does."""
    best = first.argmin()
    gain = second[best] - second
    return ((first - first[best]) / gain).where(gain > 0, torch.inf)


def _winner_of_second(first: Tensor, second: Tensor) -> Tensor:
    return _turns(first, second)[second.argmin()]


def _any_difference(first: Tensor, second: Tensor) -> Tensor:
    best = first.argmin()
    gap = (second[best] - second).abs()
    return ((first - first[best]) / gap).where(gap > 0, torch.inf).min()


turning_weight = Exercise(
    "turning_weight",
    lambda first, second: _turns(first, second).min(),
    cases=_neighbours,
    slips=(
        Slip(
            "You waited for the garment that is best by the second question. Another may come to the front before.",
            _winner_of_second,
        ),
        Slip(
            "You count garments that are farther by the second question too. They only fall back as w grows.",
            _any_difference,
        ),
        Slip(
            "This is the garment that takes the lead. Asked for is the weight at which it does.",
            lambda first, second: _turns(first, second).argmin(),
        ),
        Slip(
            "Your fraction stands upside down: what a garment lacks by the first question, over what it gains by the "
            "second.",
            lambda first, second: (1 / _turns(first, second)).where(_turns(first, second) < torch.inf, torch.inf).min(),
        ),
    ),
)
