"""Queries from labels: every edit with an exact answer, none without."""

import csv
from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.sampling import Queries, edit_queries, pairs

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "fit": ["slim", "loose"]})


def random_labels(rng, rows):
    return torch.from_numpy(np.stack([rng.integers(-1, size, rows) for size in SCHEMA.sizes], axis=1))


def literal(labels, gallery, edits):
    """Every (reference, edited attributes, target row), by asking for each edit of each garment in turn."""
    known = {tuple(row) for row in gallery.tolist()}
    queries = []
    for reference, row in enumerate(labels.tolist()):
        for attributes in combinations(range(SCHEMA.A), edits):
            for values in product(*(range(SCHEMA.sizes[a]) for a in attributes)):
                wish = dict(zip(attributes, values, strict=True))
                target = tuple(wish.get(a, code) for a, code in enumerate(row))
                if all(MISSING != row[a] != value for a, value in wish.items()) and target in known:
                    queries.append((reference, attributes, target))
    return queries


def listed(queries):
    return [
        (int(r), tuple(e.nonzero()[:, 0].tolist()), tuple(t.tolist()))
        for r, e, t in zip(queries.reference, queries.edited, queries.target, strict=True)
    ]


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(0, 12),
    gallery=st.integers(0, 12),
    edits=st.integers(1, 3),
    at_once=st.sampled_from([1, 20, 10**6]),
)
def test_queries_are_exactly_those_of_a_literal_search(seed, rows, gallery, edits, at_once):
    rng = np.random.default_rng(seed)
    labels, offered = random_labels(rng, rows), random_labels(rng, gallery)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "PAIRS_AT_ONCE", at_once)
        assert listed(edit_queries(labels, offered, SCHEMA, edits=edits)) == literal(labels, offered, edits)


def test_missing_equals_missing_but_is_never_edited():
    labels = torch.tensor([[0, MISSING, 0]])
    gallery = torch.tensor([[1, MISSING, 0], [2, 0, 0], [0, 1, 0]])
    assert listed(edit_queries(labels, gallery, SCHEMA)) == [(0, (0,), (1, MISSING, 0))]


def test_a_single_attribute_can_be_edited():
    schema = AttributeSchema.of({"colour": ["red", "green"]})
    queries = edit_queries(torch.tensor([[0], [1]]), torch.tensor([[1]]), schema)
    assert queries.reference.tolist() == [0]


@pytest.mark.parametrize("edits", [1, 2])
def test_a_limit_keeps_a_seeded_part_in_order(edits):
    rng = np.random.default_rng(0)
    labels, gallery = random_labels(rng, 60), random_labels(rng, 60)

    def some(limit, seed):
        return listed(edit_queries(labels, gallery, SCHEMA, edits=edits, limit=limit, seed=seed))

    whole, part = some(None, 0), some(20, 1)
    assert len(part) == 20
    assert part == [query for query in whole if query in set(part)]
    assert part == some(20, 1)
    assert part != some(20, 2)
    assert some(10**6, 0) == whole


def test_a_limit_keeps_every_query_equally_often():
    rng = np.random.default_rng(0)
    labels, gallery = random_labels(rng, 12), random_labels(rng, 12)
    whole = listed(edit_queries(labels, gallery, SCHEMA, edits=2))
    kept = [
        query for s in range(400) for query in listed(edit_queries(labels, gallery, SCHEMA, edits=2, limit=3, seed=s))
    ]
    expected = 1200 / len(whole)
    assert all(abs(kept.count(query) - expected) < 5 * expected**0.5 for query in whole)


@given(seed=st.integers(0, 2**32 - 1), edits=st.integers(1, 3))
def test_the_indicator_leads_from_reference_to_target(seed, edits):
    rng = np.random.default_rng(seed)
    labels = random_labels(rng, 15)
    queries = edit_queries(labels, labels, SCHEMA, edits=edits)
    indicator = queries.indicator(SCHEMA, labels)
    assert torch.equal(SCHEMA.one_hot(labels[queries.reference]) + indicator, SCHEMA.one_hot(queries.target))
    assert (indicator.abs().sum(1) == 2 * edits).all()


def test_an_indicator_of_an_unlabelled_attribute_has_the_new_value_alone():
    queries = asked(edited=((False, True, False),), target=((2, 1, 0),))
    indicator = queries.indicator(SCHEMA, torch.tensor([[2, MISSING, 0]]))
    assert indicator.tolist() == [[0, 0, 0, 0, 1, 0, 0]]


def test_a_subset_keeps_the_rows_together():
    labels = random_labels(np.random.default_rng(3), 40)
    queries = edit_queries(labels, labels, SCHEMA)
    whole = listed(queries)
    assert listed(queries.subset(slice(2, 5))) == whole[2:5]
    assert listed(queries.subset(torch.tensor([4, 0]))) == [whole[4], whole[0]]
    assert listed(queries.subset(queries.edited[:, 1])) == [query for query in whole if query[1] == (1,)]


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
    for reference, (attribute,), target in listed(edit_queries(query, gallery, schema)):
        value = schema.values[attribute][target[attribute]]
        answers = int((gallery == torch.tensor(target)).all(1).sum())
        counts[ids[reference], names[attribute], value] = answers
    with (folder / "manip3_queries.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert counts[row["query_id"], row["attribute"], row["to_value"]] == int(row["n_targets"])


def asked(reference=(0,), edited=((True, False, False),), target=((0, 0, 0),)):
    return Queries(torch.tensor(reference), torch.tensor(edited), torch.tensor(target))


ROW = torch.zeros(1, 3, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: asked(reference=(0.5,)), r"queries, reference: given torch\.float32 \(1,\)"),
        (lambda: asked(edited=(0,)), r"queries, edited: given torch\.int64 \(1,\), expected torch\.bool.*Q = 1"),
        (lambda: asked(edited=((True,) * 3,) * 2), r"queries, edited: given torch\.bool \(2, 3\).*Q = 1"),
        (lambda: asked(edited=((True, False),)), "queries, edited: given 2 attributes, expected 3"),
        (lambda: asked(edited=((False,) * 3,)), "queries, edited, row 0: given no attribute, expected at least one"),
        (lambda: asked(target=(0, 0, 0)), r"queries, target: given torch\.int64 \(3,\)"),
        (lambda: asked(reference=(-1,)), "queries, reference, row 0: given -1, expected 0 or more"),
        (
            lambda: asked(reference=(5,)).indicator(SCHEMA, torch.zeros(5, 3).long()),
            "queries, reference, row 0: given 5, expected 0 to 4",
        ),
        (lambda: edit_queries(ROW, ROW, SCHEMA, edits=4), "edit_queries, edits: given 4, expected 1 to 3"),
        (lambda: edit_queries(ROW, ROW, SCHEMA, edits=0), "edit_queries, edits: given 0"),
        (
            lambda: edit_queries(torch.tensor([[9, 0, 0]]), ROW, SCHEMA),
            "labels, row 0, attribute 'colour': given 9",
        ),
        (
            lambda: edit_queries(ROW, ROW, SCHEMA, limit=0),
            "edit_queries, limit: given 0",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("edits", [1, 2, 3])
def test_the_edits_of_a_query_make_its_target_of_its_garment(edits):
    labels = random_labels(np.random.default_rng(5), 60)
    queries = edit_queries(labels, labels, SCHEMA, edits=edits, limit=40)
    assert len(queries)
    for query, (reference, target) in enumerate(zip(queries.reference, queries.target, strict=True)):
        asked = queries.edits(SCHEMA, query)
        assert len(asked) == edits
        assert torch.equal(SCHEMA.edited(labels[[int(reference)]], asked)[0], target)
