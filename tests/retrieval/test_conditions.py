"""Weights and filters by name mean the same to a gallery in memory and to the indexes of larger ones."""

import pytest
import torch

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval.conditions import codes_of, rows_with, weighted, weights_of

SCHEMA = AttributeSchema.of(
    {"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "pattern": ["plain", "striped", "floral"]}
)
LABELS = torch.tensor([[0, 1, 2], [2, MISSING, 2], [2, 0, 0], [1, MISSING, 2]])
QUERIES = torch.arange(1.0, 13.0).view(2, 3, 2)


def test_weights_may_be_named_listed_or_a_tensor():
    for given in ({"pattern": 2, "colour": 0.5}, [0.5, 0, 2], torch.tensor([0.5, 0, 2])):
        assert weights_of(given, SCHEMA).tolist() == [0.5, 0, 2]
    assert weights_of(None, SCHEMA) is None


def test_several_queries_may_have_weights_of_their_own():
    own = torch.tensor([[1.0, 0, 0], [0, 0, 2]])
    assert torch.equal(weights_of(own, SCHEMA, queries=2), own.double())
    assert torch.equal(weighted(QUERIES, own), torch.tensor([[1.0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 22, 24]]))


@pytest.mark.parametrize(
    ("weights", "queries", "message"),
    [
        ([1, 2], None, r"weights: given shape \(2,\), expected \(3,\), one an attribute\. Or name"),
        (torch.ones(2, 3), None, r"weights: given shape \(2, 3\)"),
        (torch.ones(2, 3), 4, r"given shape \(2, 3\), expected \(3,\), one an attribute, or \(4, 3\)"),
        (torch.tensor([[1.0, 1, 1], [1, 1, -2]]), 2, "weights, pattern: given -2.0"),
        ([1, torch.nan, 1], None, "weights, sleeve: given nan"),
        ({"color": 1}, None, "Did you mean 'colour'"),
        ({}, None, "weights: given only zeros"),
        ("red", None, "weights: given 'red', expected numbers, one an attribute"),
        ([[1, 1], [1]], None, r"weights: given \[\[1, 1\], \[1\]\], expected numbers"),
        ({"colour": None}, None, "weights: given {'colour': None}, expected numbers"),
        ({"colour": "2"}, None, "weights: given {'colour': '2'}, expected numbers"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, queries, message):
    with pytest.raises(InputError, match=message):
        weights_of(weights, SCHEMA, queries)


@pytest.mark.parametrize("bad", [0.0, torch.nan, torch.inf])
def test_a_query_of_which_nothing_is_left_is_named(bad):
    with pytest.raises(InputError, match=f"weighted query 1: given length {bad}"):
        weighted(torch.stack([QUERIES[0], QUERIES[1] * bad]), None)


def test_a_filter_by_names_becomes_codes():
    wanted = {"colour": ["blue", "red", "red"], "sleeve": None, "pattern": "floral"}
    assert codes_of(wanted, SCHEMA) == {0: [0, 2], 1: [MISSING], 2: [2]}


def test_only_images_that_pass_every_attribute_are_left():
    found = rows_with({"sleeve": None, "colour": ["blue", "red"]}, LABELS, SCHEMA)
    assert found.tolist() == [False, True, False, False]
    assert rows_with({"sleeve": (None, "long")}, LABELS, SCHEMA).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"color": "red"}, "Did you mean 'colour'"),
        ({"colour": "grean"}, "Did you mean 'green'"),
        ({"colour": []}, "where, attribute 'colour': given no value, expected one or several. Leave it out"),
        ({"colour": 2}, "attribute 'colour': given value 2, expected one of red, green, blue"),
        (["colour"], "where: given a list, expected {attribute: value or values}"),
        (torch.tensor([True, False]), "where: given a Tensor, expected {attribute: value or values}"),
        (
            {"pattern": "striped"},
            r"where: given \{'pattern': 'striped'\}, expected what an image of the gallery passes",
        ),
    ],
)
def test_filters_that_cannot_be_are_refused(where, message):
    with pytest.raises(InputError, match=message):
        rows_with(where, LABELS, SCHEMA)
