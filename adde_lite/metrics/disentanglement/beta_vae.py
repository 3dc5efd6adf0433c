"""beta-VAE score (Higgins et al. 2017, beta-VAE).

Pairs of samples share one value of a factor: which one? A linear classifier sees only the mean absolute difference of
a batch of pairs, code by code. Its test accuracy is the score. Many entangled codes reach 1, and the scale of the codes
matters.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement.inputs import Floats, Ints, check_draws
from adde_lite.metrics.disentanglement.logistic import fitted
from adde_lite.metrics.disentanglement.sources import CodeSource

PAIRS_AT_A_TIME = 8_192  # pairs drawn in one call: more fall out of the processor's cache, fewer cost calls


@dataclass(frozen=True, eq=False)
class BetaVAEScore:
    """beta-VAE score.

    Args:
        score: test accuracy, 0 to 1; chance is 1 / F.
        score_train: training accuracy.
        differences: float64 (F, D), mean absolute difference of code j over pairs that share factor k.
    """

    score: float
    score_train: float
    differences: Floats


def beta_vae_score(
    source: CodeSource, *, points: int = 10_000, points_test: int = 5_000, batch: int = 64, seed: int = 0
) -> BetaVAEScore:
    """beta-VAE score of codes.

    Args:
        source: a `FactorSpace` (an encoder), a `code_grid` (encoded once) or `LabelledCodes`.
        points: batches of pairs that the classifier learns from; each factor should be among them.
        points_test: batches that it is judged by, one or more.
        batch: pairs of one point, one or more.
        seed: of all draws.

    Raises:
        InputError: too few points or pairs.
    """
    check_draws("beta_vae_score", points=(points, 1), points_test=(points_test, 1), batch=(batch, 1))
    draw = np.random.default_rng(seed)
    train, shared = _points(source, points, batch, draw)
    lost = source.factor_count - len(np.unique(shared))
    if lost:
        expected = f"some for each of the {source.factor_count} factors"
        raise InputError("beta_vae_score, points", f"{points}, none of them for {lost} factors", expected, "Draw more.")
    test, shared_test = _points(source, points_test, batch, draw)
    classifier = fitted(train, shared)
    differences = np.stack([train[shared == k].mean(0) for k in range(source.factor_count)])
    return BetaVAEScore(
        float((classifier.predict(test) == shared_test).mean()),
        float((classifier.predict(train) == shared).mean()),
        differences,
    )


def _points(source: CodeSource, count: int, batch: int, draw: np.random.Generator) -> tuple[Floats, Ints]:
    """Mean absolute differences, (count, D), and the factor that each batch of pairs shares, (count,)."""
    shared = np.sort(draw.integers(source.factor_count, size=count))
    at_a_time = max(1, PAIRS_AT_A_TIME // batch)
    parts = []
    for factor, wanted in enumerate(np.bincount(shared, minlength=source.factor_count)):
        for start in range(0, wanted, at_a_time):
            points = min(at_a_time, wanted - start)
            left, right = source.pairs(factor, points * batch, draw)
            parts.append(np.abs(left - right).reshape(points, batch, -1).mean(1))
    return np.concatenate(parts), shared
