"""What is asked about outfits: which garment is missing, and does this go together?

How hard that is depends on where the wrong answers come from. "random" ones are any garments, so their category often
gives them away. "same category" ones have the category of the right one and break at least one rule. "one rule
broken" ones break exactly one, so that results can be told apart by rule.
"""

from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor

from adde_lite.data.outfits.outfit import EMPTY, OPTIONS, Compatibility, Outfits, Questions
from adde_lite.data.outfits.rules import KEPT, RULE_BOOK, SAME_PLACE, RuleBook
from adde_lite.errors import InputError, unknown

Distractors: TypeAlias = Literal["random", "same category", "one rule broken"]
TRIES = 200  # an outfit may have no piece that can be asked for


def fill_in_the_blank(
    outfits: Outfits,
    *,
    distractors: Distractors = "same category",
    count: int,
    seed: int,
    rules: RuleBook = RULE_BOOK,
) -> Questions:
    """Questions with four options, the right one at a random place.

    Question k depends on (seed, k), the outfits and the rules alone. Each takes an outfit and a piece of it at random.

    Args:
        outfits: of the schema of `rules`; all of them keep the rules.
        distractors: where the three wrong options come from, see above.
        count: number of questions, at least 1.
        seed: same seed, same questions.
        rules: the book that wrong options break; "random" ones may keep it by chance.

    Raises:
        InputError: unknown distractors, a count below 1, a stock in which no piece has three such distractors.
    """
    _check("fill_in_the_blank", "distractors", distractors, count, 1)
    book = _Book(outfits, rules)
    given = torch.full((count, outfits.items.shape[1] - 1), EMPTY)
    options, broken = torch.empty(count, OPTIONS, dtype=torch.int64), torch.full((count, OPTIONS), EMPTY)
    answer = torch.empty(count, dtype=torch.int64)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        rest, target, wrong = book.exchanged(rng, distractors, OPTIONS - 1)
        order = rng.permutation(OPTIONS)
        shown = np.array([target, *wrong])[order]
        given[k, : len(rest)] = torch.from_numpy(rest)
        options[k] = torch.from_numpy(shown)
        answer[k] = int(np.flatnonzero(order == 0)[0])
        broken[k] = torch.from_numpy(book.only_rule(rest, shown))
    return Questions(given, options, answer, broken)


def compatibility(
    outfits: Outfits,
    *,
    negatives: Distractors = "same category",
    count: int,
    seed: int,
    rules: RuleBook = RULE_BOOK,
) -> Compatibility:
    """Sets of garments, half of them outfits and half of them not, in random order.

    Args:
        outfits, seed, rules: as in `fill_in_the_blank`.
        negatives: "random" takes as many garments of any kind; "same category" replaces every garment of an outfit by
            one of its category, so that some rule breaks; "one rule broken" replaces a single garment, so that
            exactly one rule breaks.
        count: number of sets, at least 2.

    Raises:
        InputError: as `fill_in_the_blank`.
    """
    _check("compatibility", "negatives", negatives, count, 2)
    book = _Book(outfits, rules)
    items = torch.full((count, outfits.items.shape[1]), EMPTY)
    compatible = torch.from_numpy(np.random.default_rng(seed).permutation(count) < count // 2)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        if compatible[k]:
            line = book.outfit(rng)
        elif negatives == "one rule broken":
            rest, _, wrong = book.exchanged(rng, negatives, 1)
            line = np.append(rest, wrong)
        else:
            line = book.replaced(rng, negatives)
        items[k, : len(line)] = torch.from_numpy(line)
    return Compatibility(items, compatible)


def rule_oracle(rules: RuleBook, labels: Tensor, given: Tensor, options: Tensor) -> Tensor:
    """Scores of one who knows the book and reads the labels: the upper bound of every table.

    Args:
        rules: the book.
        labels: int64 (N, A), of the stock.
        given: int64 (Q, L), rows of the stock, EMPTY (-1) where there is none.
        options: int64 (Q, K), rows of the stock.

    Returns:
        float32 (Q, K), minus the number of rules that each option breaks with the given garments; a garment whose
        place is taken breaks one as well. Zero is an option that keeps all of them.
    """
    against = rules.broken(labels[given.clamp(min=0)][:, None], labels[options][:, :, None])
    return -((against != KEPT) & (given != EMPTY)[:, None]).sum(2).float()


def set_oracle(rules: RuleBook, labels: Tensor, items: Tensor) -> Tensor:
    """The same for whole sets: float32 (S,), minus the number of pairs in `items` (S, L) that break a rule."""
    rows = labels[items.clamp(min=0)]
    held = items != EMPTY
    pairs = torch.triu(torch.ones(items.shape[1], items.shape[1], dtype=torch.bool), 1)
    against = rules.broken(rows[:, :, None], rows[:, None])
    return -((against != KEPT) & pairs & held[:, :, None] & held[:, None]).sum((1, 2)).float()


class _Book:
    """The rules applied to one stock once, so that a question is a look-up."""

    def __init__(self, outfits: Outfits, rules: RuleBook) -> None:
        self.items = outfits.items.numpy()
        self.category = outfits.categories.numpy()
        self.against = rules.against(outfits.stock.labels).numpy()

    def outfit(self, rng: np.random.Generator) -> np.ndarray:
        line = self.items[rng.integers(len(self.items))]
        held: np.ndarray = line[line != EMPTY]
        return held

    def exchanged(
        self, rng: np.random.Generator, distractors: Distractors, wanted: int
    ) -> tuple[np.ndarray, int, np.ndarray]:
        """An outfit without one piece, the piece, and `wanted` others in its place."""
        for _ in range(TRIES):
            line = self.outfit(rng)
            blank = int(rng.integers(len(line)))
            rest, target = np.delete(line, blank), int(line[blank])
            pool = self.pool(rest, target, distractors)
            if len(pool) >= wanted:
                return rest, target, rng.choice(pool, wanted, replace=False)
        given = f"{len(self.category)} garments, none with {wanted} distractors of kind {distractors!r}"
        raise InputError("outfits, stock", given, "a larger stock", "Take some thousand garments.")

    def pool(self, rest: np.ndarray, target: int, distractors: Distractors) -> np.ndarray:
        """The garments that may stand wrongly in place of `target`."""
        if distractors == "random":
            allowed = np.ones(len(self.category), dtype=bool)
        else:
            count = (self.against[rest] != KEPT).sum(0)
            allowed = (self.category == self.category[target]) & (count >= 1)
            if distractors == "one rule broken":
                allowed &= count == 1
        allowed[rest] = allowed[target] = False
        return np.flatnonzero(allowed)

    def only_rule(self, rest: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Number of the rule where exactly one is broken, else -1."""
        against = self.against[np.ix_(rest, shown)].astype(np.int64)
        alone = ((against != KEPT).sum(0) == 1) & ~(against == SAME_PLACE).any(0)
        return np.where(alone, against.max(0), EMPTY)

    def replaced(self, rng: np.random.Generator, negatives: Distractors) -> np.ndarray:
        """As many other garments as an outfit has, of any category or of the same ones with a rule broken."""
        for _ in range(TRIES):
            line = self.outfit(rng)
            if negatives == "random":
                any_of_them: np.ndarray = rng.choice(len(self.category), len(line), replace=False)
                return any_of_them
            other = np.array([rng.choice(np.flatnonzero(self.category == self.category[row])) for row in line])
            upper = np.triu_indices(len(line), 1)
            if (self.against[np.ix_(other, other)][upper] != KEPT).any():
                return other
        raise InputError("outfits, stock", "no set that breaks a rule", "garments that differ", "Take a larger stock.")


def _check(where: str, name: str, kind: str, count: int, least: int) -> None:
    if kind not in get_args(Distractors):
        raise unknown(f"{where}, {name}", "kind", kind, get_args(Distractors))
    if count < least:
        raise InputError(f"{where}, count", str(count), f"at least {least}", "Ask for more.")
