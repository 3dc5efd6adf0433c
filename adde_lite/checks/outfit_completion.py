"""Checks of notebook 08: the ranking loss, the distance to an outfit under attention, rules found by counting."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING
from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, outfit_distance, outfit_ranking
from adde_lite.metrics.disentanglement import mutual_information


def _batches() -> Sequence[Case]:
    cases: list[Case] = []
    for seed in range(4):
        source = torch.Generator().manual_seed(seed)
        cases.append((torch.rand(5, generator=source), torch.rand(5, 3, generator=source), OUTFIT_MARGIN))
    return cases


ranking_loss = Exercise(
    "ranking_loss",
    outfit_ranking,
    cases=_batches,
    slips=(
        Slip(
            "You compare with the mean of the negatives: easy ones hide the hardest. Here the nearest one decides.",
            lambda positive, negatives, margin: outfit_ranking(positive, negatives, margin, aggregate="mean"),
        ),
        Slip(
            "You compare with the farthest negative, the easiest. The hardest is the nearest one.",
            lambda positive, negatives, margin: (positive - negatives.amax(1) + margin).relu().mean(),
        ),
        Slip(
            "An outfit whose loss is below zero pays for others here. Each is cut off at zero before the mean.",
            lambda positive, negatives, margin: (positive - negatives.amin(1) + margin).mean(),
        ),
        Slip(
            "Positive and negative are exchanged: a positive that is far away should cost, not gain.",
            lambda positive, negatives, margin: (negatives.amin(1) - positive + margin).relu().mean(),
        ),
        Slip(
            "The margin is taken off. It is added: a negative must be farther away by that much before the loss rests.",
            lambda positive, negatives, margin: outfit_ranking(positive, negatives, -margin),
        ),
    ),
)


def _outfits() -> Sequence[Case]:
    cases: list[Case] = []
    for seed in range(3):
        source = torch.Generator().manual_seed(seed)
        there, candidates = (F.normalize(torch.randn(n, 3, 4, generator=source), dim=2) for n in (2 + seed, 5))
        cases.append((there, candidates, torch.randn(2 + seed, 3, generator=source).softmax(1)))
    return cases


def _apart(there: Tensor, candidates: Tensor, weights: Tensor) -> Tensor:
    """What lies between each garment and each candidate, weighted: float (L, K, A, d)."""
    return weights[:, None, :, None] * (there[:, None] - candidates[None])


def _to_outfit(there: Tensor, candidates: Tensor, weights: Tensor) -> Tensor:
    distances = _apart(there, candidates, weights).flatten(2).norm(dim=2)
    return outfit_distance(distances[None], torch.ones(1, len(there), dtype=torch.bool))[0]


def _weighs_one_side(there: Tensor, candidates: Tensor, weights: Tensor) -> Tensor:
    apart = weights[:, None, :, None] * there[:, None] - candidates[None]
    distances: Tensor = apart.flatten(2).norm(dim=2)
    return distances.mean(0)


outfit_distances = Exercise(
    "outfit_distances",
    _to_outfit,
    cases=_outfits,
    slips=(
        Slip(
            "This is the sum over the garments that are there: a larger outfit would fit worse with everything.",
            lambda there, candidates, weights: len(there) * _to_outfit(there, candidates, weights),
        ),
        Slip(
            "Only one side is weighted. Garment and candidate are seen through the weights of the same pair.",
            _weighs_one_side,
        ),
        Slip(
            "You added the blocks up, as CSA-Net does. ADDE-O keeps them apart: one long vector, one distance.",
            lambda there, candidates, weights: _apart(there, candidates, weights).sum(2).norm(dim=2).mean(0),
        ),
        Slip(
            "You took a distance in each block and weighed those. The weights belong to the blocks, before the norm.",
            lambda there, candidates, weights: _apart(there, candidates, weights).norm(dim=3).sum(2).mean(0),
        ),
        Slip(
            "You kept the nearest garment of the outfit alone. The whole outfit judges: take the mean.",
            lambda there, candidates, weights: _apart(there, candidates, weights).flatten(2).norm(dim=2).amin(0),
        ),
    ),
)


def _worn() -> Sequence[Case]:
    cases: list[Case] = []
    for seed in range(3):
        source = torch.Generator().manual_seed(seed)
        one, other = torch.randint(0, 4, (2, 40, 3), generator=source)
        other[:, 0] = (one[:, 0] + 1 + torch.randint(0, 2, (40,), generator=source)) % 4  # a rule that never agrees
        one[::7, 0], other[1::5, 0], other[::6, 2] = MISSING, MISSING, MISSING
        cases.append((one, other))
    return cases


def _by_attribute(told: Callable[[Tensor, Tensor], float], one: Tensor, other: Tensor) -> Tensor:
    """A number an attribute, of the pairs that have a label on both sides; 0 where there is none."""
    numbers = []
    for codes, others in zip(one.T, other.T, strict=True):
        known = (codes != MISSING) & (others != MISSING)
        numbers.append(told(codes[known], others[known]) if known.any() else 0.0)
    return torch.tensor(numbers, dtype=torch.float64)


def _information(one: Tensor, other: Tensor) -> float:
    return float(mutual_information(one[:, None].numpy(), other[:, None].numpy())[0, 0])


def _sum_of_logs(one: Tensor, other: Tensor) -> float:
    """Of the shares of pairs, not set against what chance would give."""
    _, counts = torch.stack([one, other]).unique(dim=1, return_counts=True)
    shares = counts.double() / len(one)
    return float((shares * shares.log()).sum())


shared_information = Exercise(
    "shared_information",
    lambda one, other: _by_attribute(_information, one, other),
    cases=_worn,
    slips=(
        Slip(
            "You count how often both have the same value. A rule may ask for neighbours on a ring: ask how much one "
            "value tells of the other.",
            lambda one, other: _by_attribute(lambda a, b: float((a == b).double().mean()), one, other),
        ),
        Slip(
            "You count a missing label (-1) as a value. A pair that lacks it on a side says nothing: leave it out.",
            lambda one, other: torch.tensor(
                [_information(a + 1, b + 1) for a, b in zip(one.T, other.T, strict=True)], dtype=torch.float64
            ),
        ),
        Slip(
            "Inside the logarithm stands p(v, v') alone. Set it against chance: divide by p(v) p(v').",
            lambda one, other: _by_attribute(_sum_of_logs, one, other),
        ),
        Slip(
            "These are bits: the right numbers with the logarithm to base 2. Asked for are nats, the natural one.",
            lambda one, other: _by_attribute(_information, one, other) / torch.tensor(2.0).double().log(),
        ),
    ),
)
