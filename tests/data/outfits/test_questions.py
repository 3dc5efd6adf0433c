"""Questions and sets: the right option keeps the book, wrong ones break what they should, the place is no hint."""

import pytest
import torch

from adde_lite.data.outfits import (
    EMPTY,
    KEPT,
    RULE_BOOK,
    Outfits,
    compatibility,
    fill_in_the_blank,
    rule_oracle,
    set_oracle,
)
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.errors import InputError
from adde_lite.metrics.outfits import compatibility_auc, fill_in_the_blank_accuracy
from tests.data.outfits.conftest import unseen

KINDS = ("random", "same category", "one rule broken")


@pytest.fixture(scope="module")
def asked(outfits):
    return {kind: fill_in_the_blank(outfits, distractors=kind, count=200, seed=0) for kind in KINDS}


def rules_broken(stock, questions, question, option):
    """The rules that one option breaks, by looking at each given garment in turn."""
    given = questions.given[question]
    numbers = [
        int(RULE_BOOK.broken(stock.labels[row], stock.labels[questions.options[question, option]]))
        for row in given[given != EMPTY]
    ]
    return [number for number in numbers if number != KEPT]


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_option_and_what_is_given_are_one_of_the_outfits(outfits, asked, kind):
    known = {frozenset(line[line != EMPTY].tolist()) for line in outfits.items}
    for given, target in zip(asked[kind].given, asked[kind].target, strict=True):
        assert frozenset([*given[given != EMPTY].tolist(), int(target)]) in known


def test_distractors_of_the_same_category_break_a_rule_each(stock, outfits, asked):
    questions = asked["same category"]
    categories = outfits.categories[questions.options]
    assert (categories == categories[:, :1]).all()
    for k in range(len(questions)):
        for option in range(4):
            assert bool(rules_broken(stock, questions, k, option)) == (option != questions.answer[k])


def test_distractors_that_break_one_rule_break_exactly_the_one_they_name(stock, asked):
    questions = asked["one rule broken"]
    for k in range(len(questions)):
        for option in range(4):
            broken = rules_broken(stock, questions, k, option)
            right = option == questions.answer[k]
            assert broken == ([] if right else [int(questions.broken[k, option])])


def test_random_distractors_come_from_any_category(outfits, asked):
    categories = outfits.categories[asked["random"].options]
    assert float((categories != categories[:, :1]).any(1).float().mean()) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_rules_are_named_only_where_exactly_one_is_broken(stock, asked, kind):
    questions = asked[kind]
    for k in range(0, len(questions), 7):
        for option in range(4):
            broken = rules_broken(stock, questions, k, option)
            alone = broken[0] if len(broken) == 1 and broken[0] >= 0 else -1
            assert int(questions.broken[k, option]) == alone


@pytest.mark.parametrize("kind", KINDS[1:])
def test_who_knows_the_book_answers_everything(stock, outfits, asked, kind):
    questions = asked[kind]
    scores = rule_oracle(RULE_BOOK, stock.labels, questions.given, questions.options)
    assert fill_in_the_blank_accuracy(scores, questions.answer) == 1
    sets = compatibility(outfits, negatives=kind, count=100, seed=0)
    assert compatibility_auc(set_oracle(RULE_BOOK, stock.labels, sets.items), sets.compatible) == 1


def test_the_oracle_counts_what_each_option_breaks(stock, asked):
    questions = asked["random"]
    scores = rule_oracle(RULE_BOOK, stock.labels, questions.given, questions.options)
    for k in range(0, len(questions), 7):
        assert scores[k].tolist() == [-len(rules_broken(stock, questions, k, option)) for option in range(4)]


def test_the_oracle_of_sets_is_the_sum_over_its_pairs(stock, outfits):
    sets = compatibility(outfits, negatives="random", count=40, seed=0)
    scores = set_oracle(RULE_BOOK, stock.labels, sets.items)
    for line, score in zip(sets.items, scores, strict=True):
        held = line[line != EMPTY]
        pairs = [RULE_BOOK.broken(stock.labels[a], stock.labels[b]) for a, b in torch.combinations(held)]
        assert score == -sum(int(number != KEPT) for number in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_place_is_no_hint(asked, kind):
    places = torch.bincount(asked[kind].answer, minlength=4)
    assert places.min() > 25  # 50 of 200 on average, standard deviation 6


def test_questions_depend_on_their_seed_and_number_alone(outfits, asked):
    few = fill_in_the_blank(outfits, distractors="same category", count=20, seed=0)
    assert torch.equal(few.options, asked["same category"].options[:20])
    assert not torch.equal(fill_in_the_blank(outfits, count=20, seed=1).options, few.options)


def test_labels_of_the_target_are_never_shown_on_the_query_side(stock, asked):
    """What is given are rows of the stock without the target: its labels can be anything and nothing given changes."""
    questions = asked["same category"]
    assert not (questions.given == questions.target[:, None]).any()
    labels = stock.labels.clone()
    labels[questions.target[0], 1:] = (labels[questions.target[0], 1:] + 1).clamp(max=1)
    given = questions.given[0][questions.given[0] != EMPTY]
    assert torch.equal(labels[given], stock.labels[given])


def test_half_of_the_sets_are_outfits(outfits):
    known = {frozenset(line[line != EMPTY].tolist()) for line in outfits.items}
    for kind in KINDS:
        sets = compatibility(outfits, negatives=kind, count=50, seed=3)
        assert int(sets.compatible.sum()) == 25
        lines = [frozenset(line[line != EMPTY].tolist()) for line in sets.items]
        assert [line in known for line in lines] == sets.compatible.tolist()


def test_wrong_sets_of_one_rule_break_exactly_one(stock, outfits):
    sets = compatibility(outfits, negatives="one rule broken", count=60, seed=0)
    scores = set_oracle(RULE_BOOK, stock.labels, sets.items)
    assert set(scores[~sets.compatible].tolist()) == {-1.0}


def test_wrong_sets_of_the_same_category_are_worn_in_the_same_places(stock, outfits):
    sets = compatibility(outfits, count=60, seed=0)
    forms = {tuple(sorted(line[line != EMPTY].tolist())) for line in outfits.categories_of(outfits.items)}
    wrong = outfits.categories_of(sets.items[~sets.compatible])
    assert all(tuple(sorted(line[line != EMPTY].tolist())) in forms for line in wrong)


@pytest.mark.parametrize("ask", [fill_in_the_blank, compatibility])
def test_bad_arguments_are_named(outfits, ask):
    with pytest.raises(InputError, match=f"{ask.__name__}, count"):
        ask(outfits, count=0, seed=0)
    which = "distractors" if ask is fill_in_the_blank else "negatives"
    with pytest.raises(InputError, match=f"{ask.__name__}, {which}.*Did you mean 'same category'"):
        ask(outfits, **{which: "same categories"}, count=5, seed=0)


def test_a_stock_without_wrong_answers_is_refused():
    same = {"colour": "navy", "pattern": "plain", "sleeve": "long", "length": "long", "trim": "none"}
    rows = [same | {"category": category} for category in ("shirt", "trousers", "boot") for _ in range(5)]
    outfits = Outfits(unseen(WARDROBE.encode(rows)), torch.tensor([[0, 5, 10]]))
    with pytest.raises(InputError, match="none with 3 distractors"):
        fill_in_the_blank(outfits, count=1, seed=0)
    with pytest.raises(InputError, match="no set that breaks a rule"):
        compatibility(outfits, count=2, seed=0)
