"""How well is an outfit completed? Fill-in-the-blank accuracy, compatibility AUC, recall of the missing piece.

All take scores, higher is better. Equal scores are no decision: they count as a draw of lots among them, so a model
that scores everything alike gets exactly chance, not everything or nothing by the order of the options.
"""

from typing import Literal, TypeAlias, overload

import numpy as np
import torch
from torch import Tensor

from adde_lite.errors import InputError

Scores: TypeAlias = Tensor | np.ndarray


@overload
def fill_in_the_blank_accuracy(scores: Scores, answer: Scores, *, per_question: Literal[False] = False) -> float: ...
@overload
def fill_in_the_blank_accuracy(scores: Scores, answer: Scores, *, per_question: Literal[True]) -> Tensor: ...
def fill_in_the_blank_accuracy(scores: Scores, answer: Scores, *, per_question: bool = False) -> float | Tensor:
    """Share of questions whose right option has the highest score; one of t equally high ones counts 1 / t.

    Args:
        scores: (Q, K), of the K options; chance is 1 / K.
        answer: int64 (Q,), place of the right option.
        per_question: return the Q values, float64 (Q,), in place of their mean.

    Raises:
        InputError: shapes that do not fit, no question, NaN, an answer that is no option.
    """
    return recall_at_k(scores, answer, 1, per_query=per_question)  # type: ignore[call-overload,no-any-return]


@overload
def recall_at_k(scores: Scores, target: Scores, k: int, *, per_query: Literal[False] = False) -> float: ...
@overload
def recall_at_k(scores: Scores, target: Scores, k: int, *, per_query: Literal[True]) -> Tensor: ...
def recall_at_k(scores: Scores, target: Scores, k: int, *, per_query: bool = False) -> float | Tensor:
    """Share of queries whose missing piece is among the k highest scores.

    Where t garments including the piece score alike and r places of the k are left for them, it counts r / t.

    Args:
        scores: (Q, G), of the garments of a gallery; -inf takes one out (another category, a garment that is given).
        target: int64 (Q,), column of the missing piece.
        k: length of the list, at least 1.
        per_query: return the Q values, float64 (Q,), in place of their mean.

    Raises:
        InputError: shapes that do not fit, no query, NaN, k below 1, a target that is not in the gallery or taken out.
    """
    if k < 1:
        raise InputError("recall_at_k, k", str(k), "at least 1", "Ask for some results.")
    scores, target = _checked(scores, target)
    own = scores.gather(1, target[:, None])
    better, alike = (scores > own).sum(1), (scores == own).sum(1)
    found = ((k - better) / alike).clamp(0, 1).double()
    return found if per_query else float(found.mean())


def compatibility_auc(scores: Scores, compatible: Scores) -> float:
    """Chance that a compatible set scores above one that is not; equal scores count one half.

    Args:
        scores: (S,), of the sets.
        compatible: bool (S,), at least one of each kind.

    Raises:
        InputError: shapes that do not fit, NaN, sets of one kind only.
    """
    scores, compatible = torch.as_tensor(scores), torch.as_tensor(compatible)
    if scores.ndim != 1 or scores.shape != compatible.shape or compatible.dtype != torch.bool:
        found = f"{tuple(scores.shape)} and {compatible.dtype} {tuple(compatible.shape)}"
        raise InputError("scores and compatible", found, "(S,) and bool (S,)", "Give one entry a set.")
    if scores.isnan().any():
        raise InputError(f"scores, set {int(scores.isnan().nonzero()[0])}", "NaN", "a number", "Look for 0 / 0.")
    if compatible.all() or not compatible.any():
        raise InputError("compatible", "sets of one kind", "both kinds", "AUC compares the two kinds.")
    wrong, right = scores[~compatible].sort().values, scores[compatible].contiguous()
    below, not_above = torch.searchsorted(wrong, right), torch.searchsorted(wrong, right, right=True)
    return float((below + not_above).double().mean() / (2 * len(wrong)))


def _checked(scores: Scores, target: Scores) -> tuple[Tensor, Tensor]:
    scores, target = torch.as_tensor(scores), torch.as_tensor(target)
    if scores.ndim != 2 or target.shape != scores.shape[:1] or not len(scores):
        found = f"{tuple(scores.shape)} and {tuple(target.shape)}"
        raise InputError("scores and target", found, "(Q, G) and (Q,), Q at least 1", "Give one line a query.")
    if target.dtype != torch.int64 or (target < 0).any() or (target >= scores.shape[1]).any():
        found = f"{target.dtype} from {target.min()} to {target.max()}"
        raise InputError("target", found, f"int64 from 0 to {scores.shape[1] - 1}", "Give columns of the scores.")
    if scores.isnan().any():
        raise InputError(
            f"scores, query {int(scores.isnan().any(1).nonzero()[0])}", "NaN", "a number", "Look for 0 / 0."
        )
    hidden = scores.gather(1, target[:, None])[:, 0] == -torch.inf
    if hidden.any():
        where = f"scores, query {int(hidden.nonzero()[0])}"
        raise InputError(where, "a missing piece of score -inf", "a finite score", "Leave it in the gallery.")
    return scores, target
