"""How good is a ranking? Top-k accuracy and three NDCGs of the results of edit queries.

`found` holds the label rows of the first k results in rank order, (Q, k, A); `target` the label rows asked for,
(Q, A). An attribute is right when both codes are equal; missing equals missing, as in the public ADDE code.

    NDCG@k = (1/Z) sum_j (2^rel_j - 1) / log(j + 1),   Z = sum_j 1 / log(j + 1),   j = 1 .. k    (Eq. 8)

rel is a share of right attributes, so k results that are all correct score 1 (the supplementary's "zero" is an
erratum). Z does not ask whether k correct images exist: the best possible ranking of a small gallery is below 1.
"""

from typing import Literal, overload

import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.metrics.codes import Codes, as_codes


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
    return _mean(_discounted(right.sum(2), right.shape[2]), per_query)


@overload
def ndcg_target(found: Codes, target: Codes, edited: Codes, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_target(found: Codes, target: Codes, edited: Codes, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_target(found: Codes, target: Codes, edited: Codes, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the edited attribute alone: rel = 1 where it has the new value, else 0.

    `edited` is int (Q,), the attribute that changed; the rest as `top_k_accuracy`.
    """
    return _mean(_discounted(_changed(_right(found, target), edited), 1), per_query)


@overload
def ndcg_others(found: Codes, target: Codes, edited: Codes, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_others(found: Codes, target: Codes, edited: Codes, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_others(found: Codes, target: Codes, edited: Codes, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the attributes that should stay: rel = right ones among the other A - 1, divided by A - 1.

    `edited` is int (Q,), the attribute that changed; the rest as `top_k_accuracy`. Also raises InputError for A = 1.
    """
    right = _right(found, target)
    others = right.shape[2] - 1
    if not others:
        raise InputError("ndcg_others", "labels of one attribute", "at least two", "No other attribute can be kept.")
    return _mean(_discounted(right.sum(2) - _changed(right, edited), others), per_query)


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


def _changed(right: Tensor, edited: Codes) -> Tensor:
    """Is the edited attribute right: int64 (Q, k) of 0 and 1."""
    edited = as_codes("edited", edited)
    queries, _, attributes = right.shape
    if tuple(edited.shape) != (queries,):
        raise InputError("edited", f"shape {tuple(edited.shape)}", f"({queries},)", "Give one attribute a query.")
    bad = (edited < 0) | (edited >= attributes)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise InputError(
            f"edited, query {row}", str(int(edited[row])), f"an attribute, 0 to {attributes - 1}", "Count from 0."
        )
    return right[torch.arange(queries), :, edited].long()


def _discounted(hits: Tensor, possible: int) -> Tensor:
    """Eq. 8 for each query: float64 (Q,) from the number of right attributes, int64 (Q, k), of `possible` ones."""
    gain = torch.exp2(torch.arange(possible + 1, dtype=torch.float64, device=hits.device) / possible) - 1
    discount = 1 / torch.log(torch.arange(2, hits.shape[1] + 2, dtype=torch.float64, device=hits.device))
    return gain[hits] @ discount / discount.sum()


def _mean(values: Tensor, per_query: bool) -> float | Tensor:
    return values if per_query else float(values.mean())
