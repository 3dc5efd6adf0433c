"""Mutual information gap (Chen, Li, Grosse and Duvenaud 2018, Isolating Sources of Disentanglement in VAEs).

    MIG = mean_k (I(z_best; v_k) - I(z_second; v_k)) / H(v_k)

Is each factor held by one code, and by one only? Two codes that share a factor have no gap. The estimate follows
Locatello et al. (2019): codes in 20 equal-width bins, which is why perfect codes of a factor with 40 values stay
below 1.
"""

from dataclasses import dataclass

from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.information import BINS, entropies, equal_width_bins, gap, mutual_information
from adde_lite.metrics.disentanglement.inputs import Floats, labelled


@dataclass(frozen=True, eq=False)
class MIG:
    """Mutual information gap.

    Args:
        score: mean of `gaps`, 0 to 1.
        gaps: float64 (F,), the gap of each factor as a share of its entropy.
        information: float64 (D, F), nats.
        entropies: float64 (F,), nats.
    """

    score: float
    gaps: Floats
    information: Floats
    entropies: Floats

    @property
    def told(self) -> Floats:
        """Share of the entropy of factor k that code j tells, 0 to 1: float64 (D, F)."""
        return self.information / self.entropies


def mig(codes: Codes, factors: Codes, *, bins: int = BINS) -> MIG:
    """Mutual information gap of codes.

    Args:
        codes: float (N, D), means rather than samples.
        factors: int (N, F), each with two values or more.
        bins: equal-width bins of each code.

    Raises:
        InputError: shapes that disagree, codes that are not finite, a factor with one value.
    """
    numbers, labels = labelled(codes, factors)
    information, entropy = mutual_information(equal_width_bins(numbers, bins), labels), entropies(labels)
    gaps = gap(information) / entropy
    return MIG(float(gaps.mean()), gaps, information, entropy)
