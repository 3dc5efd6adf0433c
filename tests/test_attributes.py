"""The vocabulary: codes, names, one-hots, edits and indicators."""

import json
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import MISSING, AttributeSchema, Edit
from adde_lite.errors import InputError, unknown

SCHEMA = AttributeSchema.of(
    {"colour": ["red", "navy", "green"], "sleeve": ["none", "short", "long"], "fit": ["slim", "loose"]}
)

words = st.text('ab é红"\\{', min_size=1, max_size=6).filter(str.strip)
schemas = st.dictionaries(words, st.lists(words, min_size=1, max_size=5, unique=True), min_size=1, max_size=4).map(
    AttributeSchema.of
)


@st.composite
def labelled(draw, schema=SCHEMA, least=0, most=6):
    codes = [st.integers(MISSING, size - 1) for size in schema.sizes]
    drawn = draw(st.lists(st.tuples(*codes), min_size=least, max_size=most))
    return torch.tensor(drawn, dtype=torch.int64).reshape(len(drawn), schema.A)


@st.composite
def edits_of_different_attributes(draw):
    names = draw(st.lists(st.sampled_from(SCHEMA.names), unique=True))
    return [Edit(name, draw(st.sampled_from(SCHEMA.options(name)))) for name in names]


@given(schema=schemas)
def test_json_reads_back_equal(schema):
    assert AttributeSchema.from_json(schema.to_json()) == schema
    assert hash(AttributeSchema.from_json(schema.to_json())) == hash(schema)


@given(schema=schemas)
def test_sizes_and_offsets_tile_the_columns(schema):
    columns = [schema.column(name, value) for name in schema.names for value in schema.options(name)]
    assert columns == list(range(schema.J))
    assert schema.offsets == tuple(schema.column(name, schema.options(name)[0]) for name in schema.names)


@given(schema=schemas, data=st.data())
def test_one_hot_reads_back_equal(schema, data):
    labels = data.draw(labelled(schema))
    hot = schema.one_hot(labels)
    assert hot.shape == (len(labels), schema.J)
    assert torch.equal(hot.sum(1), (labels != MISSING).sum(1))
    for kind in (torch.int64, torch.bool, torch.float32):
        assert torch.equal(schema.from_one_hot(hot.to(kind)), labels)


def test_missing_value_leaves_the_block_empty():
    assert SCHEMA.one_hot(torch.tensor([[1, MISSING, 0]])).tolist() == [[0, 1, 0, 0, 0, 0, 1, 0]]


@given(labels=labelled())
def test_names_read_back_equal(labels):
    assert torch.equal(SCHEMA.encode(SCHEMA.decode(labels)), labels)


def test_absent_attributes_and_none_are_missing():
    assert SCHEMA.encode([{"colour": "navy"}, {"fit": None, "sleeve": "long"}]).tolist() == [[1, -1, -1], [-1, 2, -1]]
    assert SCHEMA.decode(torch.tensor([[1, -1, 0]])) == [{"colour": "navy", "sleeve": None, "fit": "slim"}]


@given(labels=labelled(), edits=edits_of_different_attributes())
def test_the_indicator_leads_from_the_labels_to_the_target(labels, edits):
    indicator = SCHEMA.indicator(labels, edits)
    assert set(indicator.unique().tolist()) <= {-1, 0, 1}
    assert torch.equal(SCHEMA.one_hot(labels) + indicator, SCHEMA.one_hot(SCHEMA.edited(labels, edits)))


@given(labels=labelled(), edits=edits_of_different_attributes())
def test_several_edits_add_up_in_any_order(labels, edits):
    whole = SCHEMA.indicator(labels, edits)
    assert torch.equal(whole, SCHEMA.indicator(labels, edits[::-1]))
    assert torch.equal(whole, sum((SCHEMA.indicator(labels, edit) for edit in edits), torch.zeros_like(whole)))


@given(labels=labelled(least=1, most=1), edits=edits_of_different_attributes().filter(len))
def test_an_edit_and_its_undoing_cancel(labels, edits):
    there, back = edits[0], SCHEMA.decode(labels)[0][edits[0].attribute]
    if back is not None:
        edited = SCHEMA.edited(labels, there)
        undone = SCHEMA.indicator(labels, there) + SCHEMA.indicator(edited, Edit(there.attribute, back))
        assert not undone.any()


def test_an_edit_of_a_missing_attribute_has_the_plus_one_alone():
    indicator = SCHEMA.indicator(torch.tensor([[0, MISSING, 1]]), Edit("sleeve", "long"))
    assert indicator.tolist() == [[0, 0, 0, 0, 0, 1, 0, 0]]


def test_an_edit_to_the_value_it_has_is_a_row_of_zeros():
    assert not SCHEMA.indicator(torch.tensor([[0, 1, 1]]), Edit("colour", "red")).any()


def test_editing_leaves_the_given_labels_alone():
    labels = torch.tensor([[0, 1, 1]])
    assert SCHEMA.edited(labels, Edit("colour", "green")).tolist() == [[2, 1, 1]]
    assert labels.tolist() == [[0, 1, 1]]


def test_an_edit_reads_as_text():
    assert str(Edit("colour", "navy")) == "colour → navy"


def test_attributes_can_be_picked_in_another_order():
    picked = SCHEMA.select(["fit", "colour"])
    assert picked.names == ("fit", "colour")
    assert picked.options("colour") == SCHEMA.options("colour")


def test_sizes_alone_make_a_numbered_schema():
    schema = AttributeSchema.numbered([3, 1])
    assert schema.names == ("attribute_1", "attribute_2")
    assert schema.values == (("value_1", "value_2", "value_3"), ("value_1",))


def test_a_schema_cannot_be_changed():
    with pytest.raises(AttributeError):
        SCHEMA.names = ()


def test_lists_make_the_same_schema_as_tuples():
    assert AttributeSchema(list(SCHEMA.names), [list(v) for v in SCHEMA.values]) == SCHEMA


ROW = torch.tensor([[0, 0, 0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AttributeSchema((), ()), "schema: given 0 names and 0 lists"),
        (lambda: AttributeSchema(("a", "b"), (("x",),)), "schema: given 2 names and 1 lists"),
        (lambda: AttributeSchema(("a", "a"), (("x",), ("y",))), "schema names: given 'a' twice"),
        (lambda: AttributeSchema.of({"a": ["x", "x"]}), "a: given 'x' twice"),
        (lambda: AttributeSchema.of({"a": []}), "a: given nothing"),
        (lambda: AttributeSchema.of({"size": "SML"}), r"size: given 'SML', expected a list of names\. Write \['SML'\]"),
        (lambda: AttributeSchema("ab", (("x",), ("y",))), "schema names: given 'ab'"),
        (lambda: AttributeSchema(("a",), ("xy",)), "schema values: given 'xy'"),
        (lambda: AttributeSchema.numbered([2, 0]), "attribute_2: given nothing"),
        (lambda: AttributeSchema.of({"a": [" "]}), "a: given ' '"),
        (lambda: AttributeSchema.of({"a": [1]}), "a: given 1,"),
        (lambda: SCHEMA.index("color"), r"attribute 'color', expected one of colour, sleeve, fit\. .*'colour'\?"),
        (lambda: SCHEMA.options("pocket"), "attribute 'pocket'.*Choose one of the attributes listed"),
        (lambda: SCHEMA.code("colour", "Navy"), r"attribute 'colour': given value 'Navy'.*Did you mean 'navy'\?"),
        (lambda: SCHEMA.column("fit", "wide"), "value 'wide', expected one of slim, loose"),
        (lambda: SCHEMA.encode([{"fitt": "slim"}]), r"attribute 'fitt'.*'fit'\?"),
        (lambda: SCHEMA.encode([{"fit": "slimm"}]), r"value 'slimm'.*'slim'\?"),
        (lambda: SCHEMA.select(["fit", "hem"]), "attribute 'hem'"),
        (lambda: SCHEMA.edited(ROW, Edit("colour", "grene")), r"value 'grene'.*'green'\?"),
        (lambda: SCHEMA.edited(ROW, [Edit("fit", "slim"), Edit("fit", "loose")]), "edits: given two edits of 'fit'"),
        (lambda: SCHEMA.edited(ROW, "fit"), r"edits: given 'f', expected an Edit\. Write Edit\("),
        (lambda: SCHEMA.check(ROW.float()), r"labels: given torch\.float32, expected an int64 tensor"),
        (lambda: SCHEMA.check([[0, 0, 0]]), "labels: given list"),
        (lambda: SCHEMA.check(ROW[:, :2]), r"labels: given shape \(1, 2\), expected \(N, 3\)"),
        (lambda: SCHEMA.check(torch.tensor([[0, 0, 0], [0, 3, 0]])), "labels, row 1, attribute 'sleeve': given 3"),
        (lambda: SCHEMA.check(torch.tensor([[-2, 0, 0]])), "labels, row 0, attribute 'colour': given -2"),
        (lambda: SCHEMA.from_one_hot(torch.zeros(2, 7)), r"one-hot rows: given shape \(2, 7\), expected \(N, 8\)"),
        (lambda: SCHEMA.from_one_hot(torch.eye(8)[:1] * 2), "one-hot row 0, attribute 'colour'"),
        (lambda: SCHEMA.from_one_hot(torch.ones(1, 8)), "one-hot row 0, attribute 'colour'"),
        (lambda: AttributeSchema.from_json("{"), "schema JSON: given .*expected a JSON object"),
        (lambda: AttributeSchema.from_json("[1]"), "schema JSON: given list"),
        (lambda: AttributeSchema.from_json('{"a": "red"}'), "schema JSON: given dict"),
        (lambda: AttributeSchema.from_json('{"a": [1]}'), "a: given 1,"),
    ],
)
def test_what_is_not_in_the_vocabulary_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_json_keeps_the_order():
    assert list(json.loads(SCHEMA.to_json())) == list(SCHEMA.names)


def test_an_error_carries_its_four_parts_through_a_process_border():
    error = pickle.loads(pickle.dumps(unknown("schema", "value", "navi", ["navy", "red"])))
    assert isinstance(error, ValueError)
    assert (error.where, error.given) == ("schema", "value 'navi'")
    assert (error.expected, error.remedy) == ("one of navy, red", "Did you mean 'navy'?")
    assert str(error) == "schema: given value 'navi', expected one of navy, red. Did you mean 'navy'?"


def test_most_probable_values_are_counted_within_their_own_attribute():
    schema = AttributeSchema.of({"colour": ["red", "blue"], "size": ["s", "m", "l"]})
    probabilities = torch.tensor([[0.4, 0.6, 0.1, 0.2, 0.7], [0.9, 0.1, 0.3, 0.4, 0.3]])
    assert schema.most_probable(probabilities).tolist() == [[1, 2], [0, 1]]
