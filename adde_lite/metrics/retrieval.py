"""How good is a ranking? Top-k accuracy and three NDCGs of the results of edit queries.

`found` holds the label rows of the first k results in rank order, (Q, k, A); `target` the label rows asked for,
(Q, A). An attribute is right when both codes are equal; missing equals missing, as in the public ADDE code.

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

Flags: TypeAlias = Tensor | np.ndarray


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
    return _mean(_discounted(right.double().mean(2)), per_query)


@overload
def ndcg_target(found: Codes, target: Codes, edited: Flags, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_target(found: Codes, target: Codes, edited: Flags, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_target(found: Codes, target: Codes, edited: Flags, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the edited attributes: rel = share of them that have the new value. With one edit it is 1 or 0.

    `edited` is bool (Q, A), the attributes that changed, at least one a query; the rest as `top_k_accuracy`.
    """
    right = _right(found, target)
    return _mean(_discounted(_share(right, _edited(edited, right))), per_query)


@overload
def ndcg_others(found: Codes, target: Codes, edited: Flags, *, per_query: Literal[False] = False) -> float: ...
@overload
def ndcg_others(found: Codes, target: Codes, edited: Flags, *, per_query: Literal[True]) -> Tensor: ...
def ndcg_others(found: Codes, target: Codes, edited: Flags, *, per_query: bool = False) -> float | Tensor:
    """NDCG of the attributes that should stay: rel = share of right ones among those not edited.

    `edited` as in `ndcg_target`, the rest as `top_k_accuracy`. Also raises InputError for a query that edits all.
    """
    right = _right(found, target)
    kept = ~_edited(edited, right)
    _at_least_one("ndcg_others", kept, "every attribute edited", "one that stays", "Take ndcg() for such queries.")
    return _mean(_discounted(_share(right, kept)), per_query)


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


def _edited(edited: Flags, right: Tensor) -> Tensor:
    """`edited` as bool (Q, A), checked against the results."""
    flags = torch.as_tensor(edited)
    queries, _, attributes = right.shape
    if flags.dtype != torch.bool or flags.shape != (queries, attributes):
        found, expected = f"{flags.dtype} {tuple(flags.shape)}", f"torch.bool ({queries}, {attributes})"
        raise InputError("edited", found, expected, "Say for each attribute of each query whether it changed.")
    _at_least_one("edited", flags, "no attribute", "at least one", "Drop the query or name what changed.")
    return flags


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
