"""How good is a ranking? Top-k accuracy, NDCGs, average precision and shares of the results of edit queries.

`found` holds the label rows of the first k results in rank order, (Q, k, A); `target` the label rows asked for,
(Q, A). An attribute is right when both codes are equal; missing equals missing, as in the public ADDE code. `edited`
says what changed: the one attribute of each query, whole numbers (Q,), or flags for one or several, bool (Q, A).

    NDCG@k = (1/Z) sum_j (2^rel_j - 1) / log(j + 1),   Z = sum_j 1 / log(j + 1),   j = 1 .. k    (Eq. 8)

rel is a share of right attributes, so k results that are all correct score 1 (the supplementary's "zero" is an
erratum). Z does not ask whether k correct images exist: the best possible ranking of a small gallery is below 1.
"""

from typing import Literal, TypeAlias, overload

import numpy as np
import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes, as_codes

Edited: TypeAlias = Tensor | np.ndarray


@overload
def top_k_accuracy(found: Codes, target: Codes, *, per_query: Literal[False] = False) -> float: ...
@overload
def top_k_accuracy(found: Codes, target: Codes, *, per_query: Literal[True]) -> Tensor: ...
def top_k_accuracy(found: Codes, target: Codes, *, per_query: bool = False) -> float | Tensor:
    """Share of queries with at least one result whose label row equals the target in full.

    Args:
        found: int (Q, k, A), labels of the k results in rank order.
        target: int (Q, A).
        per_query: return the Q values, float64 (Q,), in place of their mean.

    Raises:
        InputError: shapes that do not fit, no query, no result, or codes that are not whole numbers.
    """
    return _mean(_right(found, target).all(2).any(1).double(), per_query)


@overload
def ndcg(found: Codes, target: Codes, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg(found: Codes, target: Codes, *, per_query: Literal[True]) -> Tensor: ...
def ndcg(found: Codes, target: Codes, *, per_query: bool = False) -> float | Tensor:
    """NDCG over all attributes: rel = right attributes / A. Arguments, result and errors as `top_k_accuracy`."""
    right = _right(found, target)
    return _mean(_discounted(right.sum(2).double() / right.shape[2]), per_query)


@overload
def ndcg_target(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_target(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_target(found: Codes, target: Codes, edited: Edited, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the edited attributes: rel = share of them that have the new value. With one edit it is 1 or 0.

    Args:
        found: int (Q, k, A).
        target: int (Q, A).
        edited: int (Q,), the attribute that changed, 0 .. A - 1; or bool (Q, A), at least one True a query.
        per_query: as in `top_k_accuracy`, and so are result and errors.

    Raises:
        InputError: also an attribute beyond A, or a query that edits none.
    """
    right = _right(found, target)
    return _mean(_discounted(_share(right, _edited(edited, right))), per_query)


@overload
def ndcg_others(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_others(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_others(found: Codes, target: Codes, edited: Edited, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the attributes that should stay: rel = share of right ones among those not edited.

    `edited` as in `ndcg_target`, the rest as `top_k_accuracy`. Also raises InputError for a query that edits all.
    """
    right = _right(found, target)
    return _mean(_discounted(_share(right, _staying("ndcg_others", edited, right))), per_query)


@overload
def mean_average_precision(
    found: Codes, target: Codes, *, relevant: Codes | None = None, per_query: Literal[False] = False
) -> float: ...
@overload
def mean_average_precision(
    found: Codes, target: Codes, *, relevant: Codes | None = None, per_query: Literal[True]
) -> Tensor: ...
def mean_average_precision(
    found: Codes, target: Codes, *, relevant: Codes | None = None, per_query: bool = False
) -> float | Tensor:
    """Mean over queries of AP@k; a result is relevant when its label row equals the target in full.

    AP@k = (1 / min(R, k)) sum of precision@j over the places j = 1 .. k that hold a relevant result, where R counts
    the relevant images of the whole gallery. A query without any scores 0.

    Args:
        found: int (Q, k, A).
        target: int (Q, A).
        relevant: int (Q,), R of each query. None takes those among the k results, which is right for whole rankings
            (k = N) and else forgives every relevant image that was not found.
        per_query: as in `top_k_accuracy`, and so are result and errors.

    Raises:
        InputError: also counts of another shape, or fewer than were found.
    """
    right = _right(found, target).all(2)
    k, hits = right.shape[1], right.sum(1)
    counts = hits if relevant is None else _counts(relevant, hits)
    precision = right.cumsum(1) / torch.arange(1, k + 1, device=right.device, dtype=torch.float64)
    return _mean((precision * right).sum(1) / counts.clamp(1, k), per_query)


@overload
def target_precision(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[False] = False) -> float: ...
@overload
def target_precision(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[True]) -> Tensor: ...
def target_precision(found: Codes, target: Codes, edited: Edited, *, per_query: bool = False) -> float | Tensor:
    """Share of the k results that carry every new value, whatever their place. Arguments, errors: `ndcg_target`."""
    right = _right(found, target)
    return _mean((right | ~_edited(edited, right)[:, None]).all(2).double().mean(1), per_query)


@overload
def attributes_kept(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[False] = False) -> float: ...
@overload
def attributes_kept(found: Codes, target: Codes, edited: Edited, *, per_query: Literal[True]) -> Tensor: ...
def attributes_kept(found: Codes, target: Codes, edited: Edited, *, per_query: bool = False) -> float | Tensor:
    """Share of the attributes not edited that are right, over all k results. Arguments, errors: `ndcg_others`."""
    right = _right(found, target)
    return _mean(_share(right, _staying("attributes_kept", edited, right)).mean(1), per_query)


def _right(found: Codes, target: Codes) -> Tensor:
    """Which attributes of which results equal the target's: bool (Q, k, A)."""
    found, target = as_codes("found", found), as_codes("target", target)
    if found.ndim != 3 or target.ndim != 2 or (len(found), found.shape[2]) != tuple(target.shape):
        raise InputError(
            "found and target",
            f"{tuple(found.shape)} and {tuple(target.shape)}",
            "(Q, k, A) and (Q, A)",
            "Pass the label rows of the results, gallery_labels[positions].",
        )
    if not found.numel():
        raise InputError("found", f"shape {tuple(found.shape)}", "no axis of length 0", "Pass queries and results.")
    return found == target[:, None]


def _edited(edited: Edited, right: Tensor) -> Tensor:
    """`edited` as bool (Q, A), checked against the results."""
    given = torch.as_tensor(edited)
    queries, _, attributes = right.shape
    several = given.dtype == torch.bool
    if given.shape != ((queries, attributes) if several else (queries,)):
        found, expected = f"{given.dtype} {tuple(given.shape)}", f"int64 ({queries},) or bool ({queries}, {attributes})"
        raise InputError("edited", found, expected, "Name the attribute that each query changed, or flag several.")
    if several:
        _at_least_one("edited", given, "no attribute", "at least one", "Drop the query or name what changed.")
        return given
    one = as_codes("edited", given)
    beyond = (one < 0) | (one >= attributes)
    if beyond.any():
        query = int(beyond.nonzero()[0])
        expected = f"an attribute, 0 to {attributes - 1}"
        raise InputError(f"edited, query {query}", str(int(one[query])), expected, "Attributes count from 0.")
    return one[:, None] == torch.arange(attributes, device=one.device)


def _staying(where: str, edited: Edited, right: Tensor) -> Tensor:
    """The attributes that should stay, bool (Q, A), at least one a query."""
    stays = ~_edited(edited, right)
    _at_least_one(where, stays, "every attribute edited", "one that stays", "Leave such queries out.")
    return stays


def _counts(relevant: Codes, hits: Tensor) -> Tensor:
    """`relevant` as int64 (Q,), checked against what was found."""
    counts = as_codes("relevant", relevant)
    if counts.shape != hits.shape:
        raise InputError("relevant", str(tuple(counts.shape)), str(tuple(hits.shape)), "Give one count a query.")
    few = counts < hits
    if few.any():
        query = int(few.nonzero()[0])
        given, expected = str(int(counts[query])), f"at least the {int(hits[query])} found"
        raise InputError(f"relevant, query {query}", given, expected, "Count in the gallery that was searched.")
    return counts


def _at_least_one(where: str, flags: Tensor, given: str, expected: str, remedy: str) -> None:
    lacking = ~flags.any(1)
    if lacking.any():
        raise InputError(f"{where}, query {int(lacking.nonzero()[0])}", given, expected, remedy)


def _share(right: Tensor, chosen: Tensor) -> Tensor:
    """Share of right attributes among the chosen ones: float64 (Q, k) from bool (Q, k, A) and (Q, A)."""
    return (right & chosen[:, None]).sum(2).double() / chosen.sum(1, keepdim=True)


def _discounted(relevance: Tensor) -> Tensor:
    """Eq. 8 for each query: float64 (Q,) from rel, float64 (Q, k)."""
    discount = 1 / torch.log(torch.arange(2, relevance.shape[1] + 2, dtype=torch.float64, device=relevance.device))
    return (torch.exp2(relevance) - 1) @ discount / discount.sum()


def _mean(values: Tensor, per_query: bool) -> float | Tensor:
    return values if per_query else float(values.mean())
