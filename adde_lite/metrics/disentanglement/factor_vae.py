"""FactorVAE score (Kim and Mnih 2018, Disentangling by Factorising).

Samples that share one value of a factor should hold one code nearly still. A vote is that code: the one whose variance
within a batch is the smallest part of its variance overall. Most frequent factor among a code's votes: that is what
the code stands for. The score is how often new votes agree. Copies of a code and codes that nobody needs go unseen.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.metrics.disentanglement.inputs import Floats, Ints, check_draws, varies
from adde_lite.metrics.disentanglement.sources import CodeSource

ROWS_AT_A_TIME = 16_384  # samples drawn in one call: more fall out of the processor's cache, fewer cost calls


@dataclass(frozen=True, eq=False)
class FactorVAEScore:
    """FactorVAE score.

    Args:
        score: share of new votes that agree, 0 to 1; chance is 1 / F. 0 when no code is active.
        score_train: the same among the votes that the majority was taken from.
        votes: int64 (D, F), votes of code j while factor k was held still.
        active: bool (D,), codes that vary.
    """

    score: float
    score_train: float
    votes: Ints
    active: np.ndarray


def factor_vae_score(
    source: CodeSource,
    *,
    votes: int = 10_000,
    votes_test: int = 5_000,
    batch: int = 64,
    least_deviation: float = 0.05,
    seed: int = 0,
) -> FactorVAEScore:
    """FactorVAE score of codes.

    Args:
        source: a `FactorSpace` (an encoder), a `code_grid` (encoded once) or `LabelledCodes`.
        votes: votes that the majority is taken from, one batch each, two or more.
        votes_test: votes that are judged, one or more.
        batch: samples of a vote, two or more.
        least_deviation: a code whose standard deviation is not above this counts as collapsed and gets no vote.
        seed: of all draws.

    Raises:
        InputError: too few votes, or a batch of one, which has no variance.
    """
    check_draws("factor_vae_score", votes=(votes, 2), votes_test=(votes_test, 1), batch=(batch, 2))
    draw = np.random.default_rng(seed)
    codes = source.some(votes, draw)
    variance = codes.var(0, ddof=1)
    active = varies(codes) & (variance > least_deviation**2)
    if not active.any():
        return FactorVAEScore(0.0, 0.0, np.zeros((len(active), source.factor_count), dtype=np.int64), active)
    scale = np.where(active, variance, np.nan)
    train = _votes(source, votes, batch, scale, draw)
    test = _votes(source, votes_test, batch, scale, draw)
    meaning = train.argmax(1)
    every = np.arange(len(active))
    agreed, agreed_test = train[every, meaning].sum() / votes, test[every, meaning].sum() / votes_test
    return FactorVAEScore(float(agreed_test), float(agreed), train, active)


def _votes(source: CodeSource, count: int, batch: int, scale: Floats, draw: np.random.Generator) -> Ints:
    """Count `count` votes, int64 (D, F). `scale` is each code's variance, (D,), NaN for a code without a vote."""
    factors = np.bincount(draw.integers(source.factor_count, size=count), minlength=source.factor_count)
    table = np.zeros((len(scale), source.factor_count), dtype=np.int64)
    at_a_time = max(1, ROWS_AT_A_TIME // batch)
    for factor, wanted in enumerate(factors):
        for start in range(0, wanted, at_a_time):
            codes = source.batches(factor, min(at_a_time, wanted - start), batch, draw)
            still = np.nanargmin(codes.var(1, ddof=1) / scale, axis=1)
            table[:, factor] += np.bincount(still, minlength=len(scale))
    return table
