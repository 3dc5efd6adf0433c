"""What a model or baseline answers about outfits: fill in the blank, compatibility, retrieval, and what kappa found."""

from typing import Protocol, get_args

import torch
from torch import Tensor

from adde_lite.data.outfits import RULE_BOOK, Distractors, Outfits, Questions, compatibility, fill_in_the_blank
from adde_lite.metrics.outfits import compatibility_auc, fill_in_the_blank_accuracy, recall_at_k
from adde_lite.models.outfits import ADDEO

CUTOFFS = (1, 10)


class Completes(Protocol):
    """What is asked of every model and baseline; higher scores are better."""

    def option_scores(self, given: Tensor, options: Tensor) -> Tensor:
        """Rows given (Q, L) and options (Q, K) to scores (Q, K)."""

    def outfit_scores(self, items: Tensor) -> Tensor:
        """Rows (S, L) to scores (S,)."""

    def gallery_scores(self, given: Tensor, category: Tensor) -> Tensor:
        """Rows (Q, L) and categories (Q,) to scores of the stock (Q, N), -inf for what is not asked for."""


def outfit_scores(judge: Completes, outfits: Outfits, count: int, seed: int) -> dict[str, float]:
    """Every measure of one model.

    Args:
        judge: the model.
        outfits: that questions are made of; their stock is the gallery.
        count: of questions and of sets, of each kind.
        seed: of questions and sets.

    Returns:
        "FITB, KIND" and "AUC, KIND" for each kind of wrong answers, "recall@K", and "RULE": how often the right option
        beats one that breaks that rule alone. All are shares of 1, chance is 1/4, 1/2, K of the category, 1/2.
    """
    row: dict[str, float] = {}
    for kind in get_args(Distractors):
        questions = fill_in_the_blank(outfits, distractors=kind, count=count, seed=seed)
        scores = judge.option_scores(questions.given, questions.options)
        row[f"FITB, {kind}"] = fill_in_the_blank_accuracy(scores, questions.answer)
        if kind == "one rule broken":
            row |= rule_wins(scores, questions)
        if kind == "same category":
            gallery = judge.gallery_scores(questions.given, outfits.categories[questions.target])
            row |= {f"recall@{k}": recall_at_k(gallery, questions.target, k) for k in CUTOFFS}
    for kind in get_args(Distractors):
        sets = compatibility(outfits, negatives=kind, count=count, seed=seed)
        row[f"AUC, {kind}"] = compatibility_auc(judge.outfit_scores(sets.items), sets.compatible)
    return row


def rule_wins(scores: Tensor, questions: Questions) -> dict[str, float]:
    """For each rule, how often the right option beats one that breaks this rule alone; a tie counts one half.

    Args:
        scores: (Q, 4).
        questions: with wrong options that break one rule each; rules that none breaks are left out.
    """
    right = scores.gather(1, questions.answer[:, None])
    won = (right > scores).double() + (right == scores).double() / 2
    return {
        str(rule): float(won[questions.broken == number].mean())
        for number, rule in enumerate(RULE_BOOK.rules)
        if (questions.broken == number).any()
    }


def kappa_table(model: ADDEO) -> Tensor:
    """Attention of each line of the rule book, float (R, A'): the mean over its pairs of categories, both ways."""
    table = model.attention.table().detach()
    return torch.stack([table[RULE_BOOK.numbers == number].mean(0) for number in range(len(RULE_BOOK.rules))])


def kappa_right(model: ADDEO) -> dict[str, float]:
    """How often the largest weight of a pair of categories is that of the attribute its rule looks at.

    Returns:
        "kappa" over all ordered pairs that have a rule, and "kappa, RULE" over those of each.
    """
    names = model.recipe.attributes
    largest = model.attention.table().argmax(2)
    row = {}
    agree = torch.zeros_like(RULE_BOOK.numbers, dtype=torch.float64)
    for number, rule in enumerate(RULE_BOOK.rules):
        own = RULE_BOOK.numbers == number
        agree[own] = (largest[own] == names.index(rule.relation.attribute)).double()
        row[f"kappa, {rule}"] = float(agree[own].mean())
    return {"kappa": float(agree[RULE_BOOK.numbers >= 0].mean()), **row}
