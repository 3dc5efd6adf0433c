"""How much do a code and a factor tell of one another? Plug-in estimates in nats, from counts."""

import numpy as np
from numpy.typing import NDArray

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement.inputs import Floats, Ints

BINS = 20  # equal-width bins of a code: the field's protocol, so that numbers can be compared
ROUNDING = 1e-12  # nats; one row more or less in a cell is many times that


def equal_width_bins(columns: NDArray[np.float64 | np.int64], bins: int = BINS) -> Ints:
    """Number of the bin, 0 to bins - 1, of every entry: int64 of the shape of `columns`, (N, D).

    Each column's range is cut into `bins` intervals of one width, closed on the left. A constant column is one bin.

    Raises:
        InputError: fewer than one bin.
    """
    if bins < 1:
        raise InputError("bins", str(bins), "1 or more", "The field uses 20.")
    binned = np.empty(columns.shape, dtype=np.int64)
    for column, into in zip(columns.T, binned.T, strict=True):
        starts = np.linspace(column.min(), column.max(), bins + 1)[:-1]
        into[:] = np.searchsorted(starts, column, side="right") - 1
    return binned


def mutual_information(codes: Ints, factors: Ints) -> Floats:
    """Mutual information of every binned code with every factor, nats, float64 (D, F).

    I(z; v) = H(z) + H(v) - H(z, v), all three from the same counts. Counting all codes against a factor is one
    bincount: code j's bin b with value v is cell (j, b, v) of one long table.

    Args:
        codes: int64 (N, D), bins from 0.
        factors: int64 (N, F), any whole numbers.
    """
    rows, code_count = codes.shape
    bins = int(codes.max()) + 1
    cells = (codes + bins * np.arange(code_count)).T
    information = np.empty((code_count, factors.shape[1]))
    for k, factor in enumerate(factors.T):
        values, ranks = np.unique(factor, return_inverse=True)
        size = code_count * bins * len(values)
        counts = np.bincount((cells * len(values) + ranks).ravel(), minlength=size)
        joint = counts.reshape(code_count, bins, len(values)) / rows
        apart = _entropy(joint.sum(2)) + _entropy(np.bincount(ranks) / rows)
        information[:, k] = apart - _entropy(joint.reshape(code_count, -1))
    # What rounding leaves of nothing would still have ratios, and modularity is made of them.
    return np.where(information > ROUNDING, information, 0.0)


def entropies(factors: Ints) -> Floats:
    """Entropy of every factor, nats, float64 (F,)."""
    return np.array([_entropy(np.unique(factor, return_counts=True)[1] / len(factor)) for factor in factors.T])


def _entropy(probabilities: Floats) -> Floats:
    """Entropy in nats over the last axis; 0 log 0 is 0."""
    safe = np.where(probabilities > 0, probabilities, 1.0)
    total: Floats = -(safe * np.log(safe)).sum(-1)
    return total


def gap(scores: Floats) -> Floats:
    """Best minus second best score of every column: float64 (F,) from (D, F). A second code that is not there has 0."""
    if len(scores) == 1:
        return np.ravel(scores)
    gaps: Floats = np.diff(np.sort(scores, axis=0)[-2:], axis=0)[0]
    return gaps
