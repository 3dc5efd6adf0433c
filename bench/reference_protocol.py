"""The reference protocol of two metrics, written literally: a loop for every pair of columns, a loop for every vote.

Also the codes that the figures measure on: 10 codes of 5 factors with the sizes of dSprites, 10,000 and 5,000 rows.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score

from adde_lite.metrics.disentanglement.sources import Represent

SIZES = (3, 6, 40, 32, 32)
ROWS, ROWS_TEST = 10_000, 5_000
CODES = 10
VOTES, VOTES_TEST, BATCH = 10_000, 5_000, 64
LEAST_DEVIATION = 0.05

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def grid_codes(seed: int = 0) -> Floats:
    """Codes of the whole grid, float64 (737280, 10): five with noise, one for each factor, and five of noise alone."""
    draw = np.random.default_rng(seed)
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
    standard = (factors - factors.mean(0)) / factors.std(0)
    told = standard + 0.3 * draw.normal(size=standard.shape)
    return np.hstack([told, draw.normal(size=(len(told), CODES - len(SIZES)))])


def random_factors(count: int, draw: np.random.Generator) -> Ints:
    """Factors of `count` random samples, int64 (count, 5)."""
    return np.stack([draw.integers(size, size=count) for size in SIZES], axis=1)


def mutual_information_gap(codes: Floats, factors: Ints, bins: int = 20) -> float:
    """MIG: bins and mutual information of one code and one factor at a time."""
    binned = np.empty(codes.shape, dtype=np.int64)
    for j in range(codes.shape[1]):
        binned[:, j] = np.digitize(codes[:, j], np.histogram(codes[:, j], bins)[1][:-1])
    information = np.empty((codes.shape[1], factors.shape[1]))
    for j, k in np.ndindex(information.shape):
        information[j, k] = mutual_info_score(factors[:, k], binned[:, j])
    entropy = np.array([mutual_info_score(factor, factor) for factor in factors.T])
    ordered = np.sort(information, axis=0)
    return float(((ordered[-1] - ordered[-2]) / entropy).mean())


def factor_vae_votes(represent: Represent, seed: int = 0) -> float:
    """FactorVAE score: one batch of samples, one call of `represent`, one vote at a time."""
    draw = np.random.default_rng(seed)
    variance = np.asarray(represent(random_factors(ROWS, draw))).var(0, ddof=1)
    active = np.flatnonzero(np.sqrt(variance) > LEAST_DEVIATION)

    def votes(count: int) -> Ints:
        table = np.zeros((len(active), len(SIZES)), dtype=np.int64)
        for _ in range(count):
            factor = draw.integers(len(SIZES))
            factors = random_factors(BATCH, draw)
            factors[:, factor] = factors[0, factor]
            within = np.asarray(represent(factors)).var(0, ddof=1)
            table[np.argmin(within[active] / variance[active]), factor] += 1
        return table

    meaning = votes(VOTES).argmax(1)
    return float(votes(VOTES_TEST)[np.arange(len(active)), meaning].sum() / VOTES_TEST)
