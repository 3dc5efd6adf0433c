"""InfoMEC (Hsu, Dorrell, Whittington, Wu and Finn 2023, Disentanglement via Latent Quantization).

    InfoM = (mean_j max_k NMI_jk / sum_k NMI_jk - 1/F) / (1 - 1/F)       each code tells one factor
    InfoE = mean_k 1 - H(v_k | z) / H(v_k)                               all codes together tell the factor
    InfoC = (mean_k max_j NMI_jk / sum_j NMI_jk - 1/D) / (1 - 1/D)       each factor is told by one code

NMI_jk = I(z_j; v_k) / H(v_k), by nearest neighbours. Only active codes, D of them, count. InfoM and InfoC are ratios:
pure noise gets InfoM 0.6 from its estimation errors. Always read InfoE beside them.
"""

from dataclasses import dataclass

import numpy as np

from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import entropies
from adde_lite.metrics.disentanglement.inputs import Floats, Ints, labelled, varies
from adde_lite.metrics.disentanglement.logistic import fitted
from adde_lite.metrics.disentanglement.nearest import nearest_neighbour_information

NEIGHBOURS = 10
INACTIVE = 1 / 20  # a code whose range is below this part of the widest one counts as collapsed
JITTER = 1e-10  # of a code's deviation: parts rows that lie on one spot, far below what any code means


@dataclass(frozen=True, eq=False)
class InfoMEC:
    """Modularity, explicitness and compactness in terms of information.

    Args:
        score: InfoM, modularity, 0 to 1. 0 when no code is active.
        explicitness: InfoE, 0 to 1.
        compactness: InfoC, 0 to 1. With one active code, the part of the factors that it tells anything of.
        information: float64 (D, F), NMI of every code, 0 for the inactive.
        active: bool (D,).
    """

    score: float
    explicitness: float
    compactness: float
    information: Floats
    active: np.ndarray


def infomec(codes: Codes, factors: Codes, *, seed: int = 0) -> InfoMEC:
    """InfoM, InfoE and InfoC of codes.

    Args:
        codes: float (N, D).
        factors: int (N, F), F at least 2, each with two values or more.
        seed: of the jitter that parts equal codes.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value, a single factor.
    """
    numbers, labels = labelled(codes, factors, least=2)
    width = np.ptp(numbers, axis=0)
    moves = varies(numbers)
    active = moves & (width > width.max() * INACTIVE)
    information = np.zeros((numbers.shape[1], labels.shape[1]))
    if not active.any():
        return InfoMEC(0.0, 0.0, 0.0, information, active)
    standard = (numbers - numbers.mean(0)) / np.where(moves, numbers.std(0), 1.0)
    information[active] = _normalised_information(standard[:, active], labels, seed)
    told = information[active]
    return InfoMEC(_largest_share(told), _told_by_all(standard, labels), _largest_share(told.T), information, active)


def _normalised_information(codes: Floats, factors: Ints, seed: int) -> Floats:
    """NMI of every standardised code with every factor, (D, F)."""
    apart = codes + JITTER * np.random.default_rng(seed).standard_normal(codes.shape)
    pairs = [[nearest_neighbour_information(code, factor, NEIGHBOURS) for factor in factors.T] for code in apart.T]
    return np.array(pairs) / entropies(factors)


def _largest_share(information: Floats) -> float:
    """Mean share of each row's largest entry, from 0 (even) to 1 (all in one place). A row of zeros is even."""
    columns = information.shape[1]
    total = information.sum(1)
    if columns == 1:
        return float((total > 0).mean())
    share = np.where(total > 0, information.max(1) / np.where(total > 0, total, 1.0), 1 / columns)
    return float((share.mean() - 1 / columns) / (1 - 1 / columns))


def _told_by_all(codes: Floats, factors: Ints) -> float:
    """InfoE: the part of a factor's entropy that an unpenalised logistic classifier takes away, mean over factors.

    As in the published code, the classifier weighs classes evenly while its log loss counts rows.
    """
    from sklearn.metrics import log_loss

    nothing = np.zeros_like(codes)
    told = []
    for factor in factors.T:
        knowing, guessing = (
            log_loss(factor, fitted(inputs, factor, cost=np.inf, balanced=True).predict_proba(inputs))
            for inputs in (codes, nothing)
        )
        told.append(1 - knowing / guessing)
    return float(np.mean(told))
