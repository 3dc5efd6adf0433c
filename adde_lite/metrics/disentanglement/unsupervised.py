"""Label-free criteria (Locatello et al. 2019): how dependent are the codes on one another?

Gaussian total correlation: KL of a Gaussian with the codes' covariance to the one with its diagonal,
1/2 (sum_j log C_jj - log det C). Gaussian Wasserstein correlation: squared 2-Wasserstein distance of the same two,
2 tr C - 2 tr (C diag C)^(1/2); divided by tr C it does not depend on scale. Mutual information score: mean over pairs
of codes, each in 20 bins. All are 0 for independent codes, and all are silent about what the codes mean.
"""

import math
from dataclasses import dataclass

import numpy as np

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import BINS, equal_width_bins, mutual_information
from adde_lite.metrics.disentanglement.inputs import Floats, representation, varies


@dataclass(frozen=True, eq=False)
class Dependence:
    """Dependence of codes on one another; constant codes depend on none and are left out. 0 is independent.

    Args:
        total_correlation: nats; infinite when one code is a linear function of the others.
        wasserstein: in squared units of the codes.
        wasserstein_normalised: as a part of the codes' total variance.
        mutual_information: nats, mean over pairs of codes.
        covariance: float64 (D, D), of all codes.
    """

    total_correlation: float
    wasserstein: float
    wasserstein_normalised: float
    mutual_information: float
    covariance: Floats


def dependence(codes: Codes, *, bins: int = BINS) -> Dependence:
    """Label-free criteria of codes, float (N, D), N at least 2.

    Raises:
        InputError: another shape, a single row, codes that are not finite.
    """
    numbers = representation("codes", codes)
    if len(numbers) < 2:
        raise InputError("codes", "one row", "two or more", "A covariance needs them.")
    covariance = np.atleast_2d(np.cov(numbers.T))
    moves = varies(numbers)
    if not moves.any():
        return Dependence(0.0, 0.0, 0.0, 0.0, covariance)
    varied = covariance[np.ix_(moves, moves)]
    wasserstein = _wasserstein(varied)
    shared = _pairwise_information(numbers[:, moves], bins)
    trace = float(np.trace(varied))
    return Dependence(_total_correlation(varied), wasserstein, wasserstein / trace, shared, covariance)


def _total_correlation(covariance: Floats) -> float:
    deviation = np.sqrt(np.diag(covariance))
    # Correlations, not covariances: their determinant neither under- nor overflows.
    sign, logarithm = np.linalg.slogdet(covariance / np.outer(deviation, deviation))
    return -0.5 * float(logarithm) if sign > 0 else math.inf


def _wasserstein(covariance: Floats) -> float:
    """Squared distance to the Gaussian with the diagonal of `covariance`, which is symmetric."""
    deviation = np.sqrt(np.diag(covariance))
    # diag^(1/2) C diag^(1/2) has the eigenvalues of C diag, and is symmetric.
    eigenvalues = np.linalg.eigvalsh(covariance * np.outer(deviation, deviation))
    return float(2 * np.trace(covariance) - 2 * np.sqrt(np.maximum(eigenvalues, 0)).sum())


def _pairwise_information(codes: Floats, bins: int) -> float:
    count = codes.shape[1]
    if count == 1:
        return 0.0
    binned = equal_width_bins(codes, bins)
    information = mutual_information(binned, binned)
    return float((information.sum() - np.trace(information)) / (count * (count - 1)))
