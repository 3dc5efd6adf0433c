"""Checks of notebook 03: a loss with holes, what labels tell of labels, and the share leaked."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.losses import attribute_cross_entropy
from adde_lite.metrics.subspaces import Leakage, leakage

TOY = AttributeSchema.of({"a": ["one", "two", "three"], "b": ["one", "two", "three"]})


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _predicted() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        draw = _generator(seed)
        logits = torch.randn(6, 3, generator=draw, dtype=torch.float64)
        codes = torch.randint(3, (6,), generator=draw)
        codes[seed] = codes[4] = MISSING
        cases.append((logits.log_softmax(1), codes))
    return cases


def _loss(log_probabilities: Tensor, codes: Tensor) -> Tensor:
    return attribute_cross_entropy(log_probabilities, codes[:, None], (log_probabilities.shape[1],))


def _labelled(codes: Tensor) -> Tensor:
    return (codes != MISSING).sum()


loss_of = Exercise(
    "loss_of",
    _loss,
    cases=_predicted,
    slips=(
        Slip(
            "Index -1 is the last value: garments without a label learn it here. Pick the labelled rows first.",
            lambda log_probabilities, codes: _loss(log_probabilities, codes % log_probabilities.shape[1]),
        ),
        Slip(
            "You divided by all garments. A garment without a label has no say in the mean either.",
            lambda log_probabilities, codes: _loss(log_probabilities, codes) * _labelled(codes) / len(codes),
        ),
        Slip(
            "This is the sum. Take the mean, or an attribute that few garments have would count for little.",
            lambda log_probabilities, codes: _loss(log_probabilities, codes) * _labelled(codes),
        ),
        Slip(
            "The sign is wrong: a log probability is at most zero, and a loss at least zero.",
            lambda log_probabilities, codes: -_loss(log_probabilities, codes),
        ),
    ),
)


def _drawers() -> Sequence[Case]:
    """Garments whose b mostly follows from a, not quite alike in the two drawers; some labels are missing."""
    cases, usual = [], torch.tensor([[1, 1, 2], [1, 1, 0]])
    for seed in range(3):
        draw = _generator(seed)
        a, drawer = torch.randint(3, (90,), generator=draw), (torch.arange(90) >= 60).long()
        b = torch.where(torch.rand(90, generator=draw) < 0.7, usual[drawer, a], torch.randint(3, (90,), generator=draw))
        a[torch.rand(90, generator=draw) < 0.15] = MISSING
        b[torch.rand(90, generator=draw) < 0.15] = MISSING
        cases.append((a[:60], b[:60], a[60:], b[60:]))
    return cases


def _told(a: Tensor, b: Tensor, a_judged: Tensor, b_judged: Tensor) -> Leakage:
    """Leakage of an embedding that holds nothing: only what labels tell is of interest."""
    labels, judged = torch.stack([a, b], 1), torch.stack([a_judged, b_judged], 1)
    return leakage(torch.zeros(*labels.shape, 1), labels, torch.zeros(*judged.shape, 1), judged, TOY)


def _floor(a: Tensor, b: Tensor, a_judged: Tensor, b_judged: Tensor) -> Tensor:
    return _told(a, b, a_judged, b_judged).label[0, 1]


def _missing_counts(a: Tensor, b: Tensor, a_judged: Tensor, b_judged: Tensor) -> Tensor:
    """The floor where garments that lack a label count as misread."""
    known = (a_judged != MISSING) & (b_judged != MISSING)
    return _floor(a, b, a_judged, b_judged) * known.double().mean()


def _missing_is_a_value(a: Tensor, b: Tensor, a_judged: Tensor, b_judged: Tensor) -> Tensor:
    """The floor where -1 is a value like any other."""
    counts = torch.zeros(4, 4)
    for pair in zip((a - MISSING).tolist(), (b - MISSING).tolist(), strict=True):
        counts[pair] += 1
    guess = counts.argmax(1)[a_judged - MISSING]
    return (guess == b_judged - MISSING).double().mean()


floor_of = Exercise(
    "floor_of",
    _floor,
    cases=_drawers,
    slips=(
        Slip(
            "You guess the same value of b for everyone. Each value of a has a guess of its own.",
            lambda *case: _told(*case).majority[0, 1],
        ),
        Slip(
            "You judged the guesses by the garments that they were learned from. The floor is asked of the others.",
            lambda a, b, a_judged, b_judged: _floor(a, b, a, b),
        ),
        Slip(
            "You learned the guesses from the garments that they are judged by: that is peeping.",
            lambda a, b, a_judged, b_judged: _floor(a_judged, b_judged, a_judged, b_judged),
        ),
        Slip(
            "Garments without a label count as misread here. They take no part: leave them out of the mean.",
            _missing_counts,
        ),
        Slip(
            "You let -1 be a value like any other. It means that a label is missing.",
            _missing_is_a_value,
        ),
        Slip(
            "You guess a from b. It is b that is asked for.",
            lambda *case: _told(*case).label[1, 0],
        ),
    ),
)


def _matrices() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        draw = _generator(seed)
        label = 0.1 + 0.3 * torch.rand(4, 4, generator=draw, dtype=torch.float64)
        whole = 0.9 + 0.1 * torch.rand(1, 4, generator=draw, dtype=torch.float64).expand(4, 4)
        probe = label + (whole - label) * torch.rand(4, 4, generator=draw, dtype=torch.float64)
        never = torch.zeros(4, 4, dtype=torch.bool)
        never[seed, 3] = never[3, seed] = seed < 2
        cases.append(tuple(each.masked_fill(never, torch.nan) for each in (probe, label, whole)))
    return cases


def _leaked(probe: Tensor, label: Tensor, whole: Tensor) -> float:
    return Leakage(probe, label, label, whole, torch.ones_like(probe).long()).leaked


def _beyond(probe: Tensor, label: Tensor, whole: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """What blocks and what all blocks tell beyond labels, for these pairs, (P,) twice."""
    return (probe - label)[pairs & ~probe.isnan()], (whole - label)[pairs & ~probe.isnan()]


def _others(probe: Tensor) -> Tensor:
    return ~torch.eye(len(probe), dtype=torch.bool)


def _with_own(probe: Tensor, label: Tensor, whole: Tensor) -> float:
    ours, ceiling = _beyond(probe, label, whole, torch.ones_like(probe).bool())
    return float(ours.sum() / ceiling.sum())


def _mean_of_ratios(probe: Tensor, label: Tensor, whole: Tensor) -> float:
    ours, ceiling = _beyond(probe, label, whole, _others(probe))
    return float((ours / ceiling).mean())


def _without_floor(probe: Tensor, label: Tensor, whole: Tensor) -> float:
    return _leaked(probe, torch.zeros_like(label), whole)


def _floor_above_only(probe: Tensor, label: Tensor, whole: Tensor) -> float:
    pairs = _others(probe) & ~probe.isnan()
    return float((probe - label)[pairs].sum() / whole[pairs].sum())


share_leaked = Exercise(
    "share_leaked",
    _leaked,
    cases=_matrices,
    slips=(
        Slip(
            "The diagonal is in it. A block that knows its own attribute leaks nothing.",
            _with_own,
        ),
        Slip(
            "You divided for each pair and took the mean. Pairs with next to nothing to tell would decide: sum first.",
            _mean_of_ratios,
        ),
        Slip(
            "The floor is missing: what labels tell anyway is no leak. Subtract it above and below.",
            _without_floor,
        ),
        Slip(
            "You took the floor off above the line only. All blocks together have the same floor.",
            _floor_above_only,
        ),
        Slip(
            "Pairs that no garment has together are NaN, and one of them spoils a sum. Leave them out of both.",
            lambda probe, label, whole: _leaked(probe, label, whole) if not probe.isnan().any() else torch.nan,
        ),
    ),
)
