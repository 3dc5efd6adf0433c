"""Modularity (Ridgeway and Mozer 2018, Learning Deep Disentangled Embeddings with the F-Statistic Loss).

    modularity_j = 1 - (sum_k I_jk^2 - max_k I_jk^2) / ((F - 1) max_k I_jk^2)

Does each code hold one factor? Only ratios count, so a code of pure noise, whose information is all estimation error,
still gets about 0.7: read it beside explicitness.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import BINS, equal_width_bins, mutual_information
from adde_lite.metrics.disentanglement.inputs import Floats, labelled


@dataclass(frozen=True, eq=False)
class Modularity:
    """Modularity.

    Args:
        score: mean of `per_code`, 0 to 1.
        per_code: float64 (D,); 0 for a code without information.
        information: float64 (D, F), nats.
    """

    score: float
    per_code: Floats
    information: Floats


def modularity(codes: Codes, factors: Codes, *, bins: int = BINS) -> Modularity:
    """Modularity of codes, float (N, D), with factors, int (N, F), F at least 2. Arguments and errors as `mig`."""
    numbers, labels = labelled(codes, factors, least=2)
    information = mutual_information(equal_width_bins(numbers, bins), labels)
    per_code = modularity_of(information)
    return Modularity(float(per_code.mean()), per_code, information)


def modularity_of(information: Floats) -> Floats:
    """Modularity of each code, float64 (D,), from the mutual information, (D, F) with F at least 2."""
    squares = information**2
    best = squares.max(1)
    others = squares.sum(1) - best
    scale = np.where(best > 0, best, 1.0) * (information.shape[1] - 1)
    return np.where(best > 0, 1 - others / scale, 0.0)
