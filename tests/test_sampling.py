"""Queries from labels: every edit with an exact answer, none without."""

import csv

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.sampling import Queries, edit_queries

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "fit": ["slim", "loose"]})


def random_labels(rng, rows):
    return torch.from_numpy(np.stack([rng.integers(-1, size, rows) for size in SCHEMA.sizes], axis=1))


def literal(labels, gallery):
    """Every (reference, attribute, target row), by asking for each edit of each garment in turn."""
    known = {tuple(row) for row in gallery.tolist()}
    queries = []
    for reference, row in enumerate(labels.tolist()):
        for a, size in enumerate(SCHEMA.sizes):
            for value in range(size):
                target = (*row[:a], value, *row[a + 1 :])
                if MISSING != row[a] != value and target in known:
                    queries.append((reference, a, target))
    return queries


def listed(queries):
    return [
        (int(r), int(a), tuple(t.tolist()))
        for r, a, t in zip(queries.reference, queries.edited, queries.target, strict=True)
    ]


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(0, 12), gallery=st.integers(0, 12))
def test_queries_are_exactly_those_of_a_literal_search(seed, rows, gallery):
    rng = np.random.default_rng(seed)
    labels, offered = random_labels(rng, rows), random_labels(rng, gallery)
    assert listed(edit_queries(labels, offered, SCHEMA)) == literal(labels, offered)


def test_missing_equals_missing_but_is_never_edited():
    labels = torch.tensor([[0, MISSING, 0]])
    gallery = torch.tensor([[1, MISSING, 0], [2, 0, 0], [0, 1, 0]])
    assert listed(edit_queries(labels, gallery, SCHEMA)) == [(0, 0, (1, MISSING, 0))]


def test_a_single_attribute_can_be_edited():
    schema = AttributeSchema.of({"colour": ["red", "green"]})
    queries = edit_queries(torch.tensor([[0], [1]]), torch.tensor([[1]]), schema)
    assert queries.reference.tolist() == [0]


def test_a_limit_keeps_a_seeded_part_in_order():
    rng = np.random.default_rng(0)
    labels, gallery = random_labels(rng, 60), random_labels(rng, 60)
    whole = listed(edit_queries(labels, gallery, SCHEMA))
    part = listed(edit_queries(labels, gallery, SCHEMA, limit=20, seed=1))
    assert len(part) == 20
    assert part == [query for query in whole if query in set(part)]
    assert part == listed(edit_queries(labels, gallery, SCHEMA, limit=20, seed=1))
    assert part != listed(edit_queries(labels, gallery, SCHEMA, limit=20, seed=2))
    assert listed(edit_queries(labels, gallery, SCHEMA, limit=10**6)) == whole


@given(seed=st.integers(0, 2**32 - 1))
def test_the_indicator_leads_from_reference_to_target(seed):
    rng = np.random.default_rng(seed)
    labels = random_labels(rng, 15)
    queries = edit_queries(labels, labels, SCHEMA)
    indicator = queries.indicator(SCHEMA, labels)
    assert torch.equal(SCHEMA.one_hot(labels[queries.reference]) + indicator, SCHEMA.one_hot(queries.target))
    assert (indicator.abs().sum(1) == 2).all()


def test_an_indicator_of_an_unlabelled_attribute_has_the_new_value_alone():
    queries = Queries(torch.tensor([0]), torch.tensor([1]), torch.tensor([[2, 1, 0]]))
    indicator = queries.indicator(SCHEMA, torch.tensor([[2, MISSING, 0]]))
    assert indicator.tolist() == [[0, 0, 0, 0, 1, 0, 0]]


def test_a_subset_keeps_the_rows_together():
    labels = random_labels(np.random.default_rng(3), 40)
    queries = edit_queries(labels, labels, SCHEMA)
    whole = listed(queries)
    assert listed(queries.subset(slice(2, 5))) == whole[2:5]
    assert listed(queries.subset(torch.tensor([4, 0]))) == [whole[4], whole[0]]
    assert listed(queries.subset(queries.edited == 1)) == [query for query in whole if query[1] == 1]


def test_real_queries_are_found_with_their_number_of_answers(shared):
    """The manip3 queries of fashion_products: a hashed choice from all edits of core queries, answers counted."""
    folder = shared / "data" / "fashion_products"
    with (folder / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["core"] == "1"]
    names = ["gender", "articleType", "baseColour"]
    schema = AttributeSchema.of({name: sorted({row[name] for row in rows}) for name in names})
    parts = {part: [row for row in rows if row["split"] == part] for part in ("query", "gallery")}
    query, gallery = (schema.encode([{n: row[n] for n in names} for row in part]) for part in parts.values())
    ids = [row["id"] for row in parts["query"]]
    counts = {}
    for reference, attribute, target in listed(edit_queries(query, gallery, schema)):
        value = schema.values[attribute][target[attribute]]
        answers = int((gallery == torch.tensor(target)).all(1).sum())
        counts[ids[reference], names[attribute], value] = answers
    with (folder / "manip3_queries.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert counts[row["query_id"], row["attribute"], row["to_value"]] == int(row["n_targets"])


def three(reference=(0,), edited=(0,), target=((0, 0, 0),)):
    return Queries(torch.tensor(reference), torch.tensor(edited), torch.tensor(target))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: three(reference=(0.5,)), r"queries, reference: given torch\.float32 \(1,\)"),
        (lambda: three(edited=(0, 1)), r"queries, edited: given torch\.int64 \(2,\).*Q = 1"),
        (lambda: three(target=(0, 0, 0)), r"queries, target: given torch\.int64 \(3,\)"),
        (lambda: three(reference=(-1,)), "queries, reference, row 0: given -1, expected 0 or more"),
        (lambda: three(edited=(3,)), "queries, edited, row 0: given 3, expected 0 to 2"),
        (
            lambda: three(reference=(5,)).indicator(SCHEMA, torch.zeros(5, 3).long()),
            "queries, reference, row 0: given 5, expected 0 to 4",
        ),
        (
            lambda: edit_queries(torch.tensor([[9, 0, 0]]), torch.tensor([[0, 0, 0]]), SCHEMA),
            "labels, row 0, attribute 'colour': given 9",
        ),
        (
            lambda: edit_queries(torch.zeros(1, 3).long(), torch.zeros(1, 3).long(), SCHEMA, limit=0),
            "edit_queries, limit: given 0",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
