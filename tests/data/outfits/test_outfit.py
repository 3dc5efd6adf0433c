"""Outfits, questions and sets refuse what no model could use, and name the line."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits import EMPTY, Compatibility, Outfits, Questions
from adde_lite.data.outfits.outfit import check_rows
from adde_lite.errors import InputError

SCHEMA = AttributeSchema.of({"category": ["hat", "bag", "shoe"], "colour": ["red", "blue"]})
BLANK = torch.zeros(6, 3, 2, 2, dtype=torch.uint8)
LABELS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, -1]])
STOCK = AttributeImages(BLANK, LABELS, SCHEMA, tuple("abcdef"))
OPTIONS = torch.tensor([[1, 2, 3, 4]])
NOBODY = torch.full((1, 4), -1)


def test_categories_stand_in_place_of_garments_and_gaps_stay():
    outfits = Outfits(STOCK, torch.tensor([[0, 2, 4], [5, 3, EMPTY]]))
    assert len(outfits) == 2
    assert outfits.categories.tolist() == [0, 0, 1, 1, 2, 2]
    assert outfits.categories_of(outfits.items).tolist() == [[0, 1, 2], [2, 1, EMPTY]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([0, 6, -1], "a row that is not there"),
        ([0, -2, -1], "a row that is not there"),
        ([0, 4, 0], "a garment twice"),
        ([3, -1, -1], "fewer than 2 garments"),
        ([3, -1, 4], "-1 before a garment"),
    ],
)
def test_an_outfit_that_cannot_be_is_named_by_its_line(line, message):
    with pytest.raises(InputError, match=f"outfits, items, line 1: given {message}"):
        Outfits(STOCK, torch.tensor([[0, 2, 4], line]))


def test_an_outfit_of_other_numbers_is_refused():
    with pytest.raises(InputError, match="int64"):
        Outfits(STOCK, torch.tensor([[0.0, 1.0]]))


def test_a_garment_without_category_is_named():
    labels = LABELS.clone()
    labels[3, 0] = -1
    with pytest.raises(InputError, match="garment 'd'"):
        Outfits(AttributeImages(BLANK, labels, SCHEMA, tuple("abcdef")), torch.tensor([[0, 1]]))


def test_a_stock_without_categories_is_refused():
    with pytest.raises(InputError, match="category"):
        Outfits(STOCK.select(["colour"]), torch.tensor([[0, 1]]))


def test_the_target_of_a_question_is_its_right_option():
    questions = Questions(
        torch.tensor([[0, 5], [0, -1]]), OPTIONS.repeat(2, 1), torch.tensor([2, 0]), NOBODY.repeat(2, 1)
    )
    assert questions.target.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"options": torch.tensor([[1, 2, 3, 3]])}, "options, line 0: given a garment twice"),
        ({"options": torch.tensor([[1, 2, 3, -1]])}, "options, line 0: given fewer than 4"),
        ({"options": torch.tensor([[1, 2, 3, 0]])}, "options, row 0: given a garment of the outfit"),
        ({"options": torch.tensor([[1, 2, 3, 4, 5]])}, r"int64 \(1, 4\)"),
        ({"given": torch.tensor([[-1, -1]])}, "given, line 0: given fewer than 1"),
        ({"answer": torch.tensor([4])}, "from 0 to 3"),
        ({"answer": torch.tensor([0, 1])}, r"int64 \(1,\)"),
        ({"broken": torch.zeros(1, 3, dtype=torch.int64)}, "questions, broken"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(changed, message):
    fine = {"given": torch.tensor([[0, -1]]), "options": OPTIONS, "answer": torch.tensor([1]), "broken": NOBODY}
    assert len(Questions(**fine)) == 1
    with pytest.raises(InputError, match=message):
        Questions(**fine | changed)


@pytest.mark.parametrize(
    ("items", "compatible", "message"),
    [
        ([[0, 1]], [True, False], r"bool \(1,\)"),
        ([[0, 1]], [1], r"bool \(1,\)"),
        ([[0, 0]], [True], "a garment twice"),
        ([[0, -1]], [True], "fewer than 2"),
    ],
)
def test_sets_that_cannot_be_judged_are_refused(items, compatible, message):
    with pytest.raises(InputError, match=message):
        Compatibility(torch.tensor(items), torch.tensor(compatible))


@given(st.lists(st.integers(-2, 5), min_size=1, max_size=4))
def test_a_line_is_refused_exactly_when_it_repeats_gaps_or_leaves_the_stock(line):
    held = [row for row in line if row != EMPTY]
    gap = line != held + [EMPTY] * (len(line) - len(held))
    wrong = gap or len(set(held)) < len(held) or -2 in held or max(line) >= 5 or len(held) < 2
    try:
        check_rows("lines", torch.tensor([line]), 5, fewest=2)
        refused = False
    except InputError:
        refused = True
    assert refused == wrong
