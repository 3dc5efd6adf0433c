"""Mutual information of one continuous number and a class, without bins (Ross 2014, after Kraskov et al. 2004).

    I = psi(N) + mean_i( psi(k_i) - psi(N_(class of i)) - psi(m_i) )

How many rows of any class, m_i, lie as near as the k-th nearest row of the same class? Few more than k when the class
is told by the number, many when it is not. On a line the neighbours of a row are beside it once the rows are sorted, so
that no search tree is needed.
"""

import numpy as np

from adde_lite.metrics.disentanglement.inputs import Floats, Ints


def nearest_neighbour_information(code: Floats, classes: Ints, neighbours: int) -> float:
    """Estimate of the mutual information, nats, 0 or more.

    Args:
        code: float64 (N,), without ties: rows on one spot have no distance.
        classes: int64 (N,). A row alone in its class has no neighbour and is left out.
        neighbours: k. A class of fewer rows uses all it has.
    """
    order = np.argsort(code)
    code, classes = code[order], classes[order]
    _, classes, sizes = np.unique(classes, return_inverse=True, return_counts=True)
    kept = sizes[classes] > 1
    if not kept.any():
        return 0.0
    code, classes = code[kept], classes[kept]
    reach = np.empty(len(code))
    for value in np.unique(classes):
        members = classes == value
        reach[members] = _distance(code[members], min(neighbours, sizes[value] - 1))
    # The k-th itself is outside, as the estimate counts it: nearer by more than the sums below are rounded.
    reach = np.maximum(reach - 4 * np.spacing(np.abs(code).max()), 0)
    near = np.searchsorted(code, code + reach, side="right") - np.searchsorted(code, code - reach, side="left")
    own = np.minimum(neighbours, sizes[classes] - 1)
    # psi(n) of a whole number is 1 + 1/2 + ... + 1/(n - 1) less a constant, which cancels.
    psi = np.concatenate(([0.0, 0.0], np.cumsum(1 / np.arange(1, len(code)))))
    terms = psi[own] - psi[sizes[classes]] - psi[near]
    return max(0.0, float(psi[len(code)] + terms.mean()))


def _distance(line: Floats, neighbours: int) -> Floats:
    """Distance of every point of a sorted line, (n,), to its nearest neighbour number `neighbours`, below n.

    A point and its nearest ones are a run of neighbours + 1 points: of all such runs that hold it, the tightest.
    """
    best = np.full(len(line), np.inf)
    runs = len(line) - neighbours
    for place in range(neighbours + 1):
        point = line[place : place + runs]
        farthest = np.maximum(point - line[:runs], line[neighbours:] - point)
        best[place : place + runs] = np.minimum(best[place : place + runs], farthest)
    return best
