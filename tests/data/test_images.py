"""Labelled images: parts stay together, splits are disjoint, what does not fit is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.errors import InputError

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "fit": ["slim", "loose"]})


def numbered(count):
    """Images whose every pixel is their row, labels that follow from it."""
    rows = torch.arange(count)
    return AttributeImages(
        rows.to(torch.uint8)[:, None, None, None].expand(count, 3, 2, 4).clone(),
        torch.stack([rows % 3, rows % 2], dim=1),
        SCHEMA,
        tuple(f"i{row}" for row in range(count)),
        {"product": rows.numpy() // 3, "split": np.array(["train", "test"])[rows.numpy() % 2]},
    )


def rows_of(data):
    """The original row of each image, once all its parts agree on it."""
    rows = data.images[:, 0, 0, 0].tolist()
    assert [f"i{row}" for row in rows] == list(data.ids)
    assert [[row % 3, row % 2] for row in rows] == data.labels.tolist()
    assert [row // 3 for row in rows] == data.columns["product"].tolist()
    return rows


@pytest.mark.parametrize(
    "rows",
    [[4, 1], np.array([4, 1]), torch.tensor([4, 1]), slice(1, 5, 2), np.arange(9) % 4 == 1],
    ids=["list", "array", "tensor", "slice", "mask"],
)
def test_a_subset_keeps_the_parts_together(rows):
    assert rows_of(numbered(9).subset(rows)) == list(
        np.arange(9)[np.asarray(rows) if not isinstance(rows, slice) else rows]
    )


@pytest.mark.parametrize("rows", [[], (), torch.tensor([]), slice(0), torch.arange(9) < 0], ids=str)
def test_a_subset_of_no_rows_is_empty(rows):
    none = numbered(9).subset(rows)
    assert (len(none), rows_of(none), none.schema) == (0, [], SCHEMA)
    assert none.subset([]).images.shape == (0, 3, 2, 4)


def test_conditions_choose_by_columns():
    data = numbered(9)
    assert rows_of(data.where(split="test", product=1)) == [3, 5]
    assert rows_of(data.where(product=(0, 2))) == rows_of(data.where(product=[2, 0])) == [0, 1, 2, 6, 7, 8]
    assert rows_of(data.where(split=tuple(data.columns["split"]))) == list(range(9))  # no comparison place by place


@given(count=st.integers(4, 40), seed=st.integers(0, 2**16), share=st.sampled_from([0.25, 0.5, 0.75]))
def test_splits_are_disjoint_and_complete(count, seed, share):
    parts = numbered(count).split({"a": share, "b": 1 - share}, seed)
    rows = [rows_of(part) for part in parts.values()]
    assert sorted(rows[0] + rows[1]) == list(range(count))
    assert abs(len(rows[0]) - share * count) <= 0.5


@given(count=st.integers(9, 60), seed=st.integers(0, 2**16))
def test_a_group_never_crosses_a_split(count, seed):
    parts = numbered(count).split({"a": 0.5, "b": 0.5}, seed, by="product")
    groups = [set(part.columns["product"].tolist()) for part in parts.values()]
    assert not groups[0] & groups[1]
    assert sum(map(len, parts.values())) == count


def test_a_split_may_leave_a_rest():
    parts = numbered(20).split({"a": 0.5, "b": 0.25}, seed=0)
    assert [len(part) for part in parts.values()] == [10, 5]


def test_a_seed_fixes_the_split():
    first, again, other = (rows_of(numbered(30).split({"a": 0.5}, seed)["a"]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_attributes_can_be_selected():
    data = numbered(5).select(["fit"])
    assert data.schema == SCHEMA.select(["fit"])
    assert data.labels.tolist() == [[0], [1], [0], [1], [0]]


def test_the_summary_counts_labelled_images_alone():
    images = torch.zeros(4, 3, 2, 2, dtype=torch.uint8)
    labels = torch.tensor([[2, -1], [2, -1], [0, -1], [-1, -1]])
    table = AttributeImages(images, labels, SCHEMA, ("a", "b", "c", "d")).summary()
    assert table.loc["colour"].to_dict() == {
        "values": 3,
        "values seen": 2,
        "labelled": 0.75,
        "most frequent": "blue",
        "majority": pytest.approx(2 / 3),
    }
    assert table.loc["fit", "labelled"] == 0
    assert np.isnan(table.loc["fit", "majority"])


def test_the_contact_sheet_shows_every_image_once_on_white():
    sheet = numbered(5).contact_sheet(columns=3, padding=1)
    assert sheet.dtype == torch.uint8
    assert sheet.shape == (3, 2 * 3 + 1, 3 * 5 + 1)
    assert {int(value) for value in sheet.unique()} == {0, 1, 2, 3, 4, 255}
    assert (sheet[:, 4:, 11:] == 255).all()


def test_it_says_what_it_holds():
    assert repr(numbered(5)) == "AttributeImages(5 images 2 x 4, A=2, J=5)"
    assert len(numbered(5)) == 5


def build(**changes):
    data = numbered(4)
    parts = {name: getattr(data, name) for name in ("images", "labels", "schema", "ids", "columns")}
    return AttributeImages(**parts | changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build(images=torch.zeros(4, 3, 2, 2)), r"images: given torch\.float32 \(4, 3, 2, 2\), expected uint8"),
        (
            lambda: build(images=torch.zeros(4, 1, 2, 2, dtype=torch.uint8)),
            r"images: given torch\.uint8 \(4, 1, 2, 2\)",
        ),
        (lambda: build(images=np.zeros((4, 3, 2, 2), np.uint8)), "images: given ndarray, expected a tensor"),
        (lambda: build(images=torch.zeros(3, 2, 2, dtype=torch.uint8)), r"images: given torch\.uint8 \(3, 2, 2\)"),
        (lambda: build(labels=torch.full((4, 2), 3)), "labels, row 0, attribute 'colour': given 3"),
        (lambda: build(labels=torch.zeros(4, 2)), r"labels: given torch\.float32"),
        (lambda: build(labels=torch.zeros(3, 2).long()), "labels: given 3 entries, expected 4"),
        (lambda: build(ids=("a", "b")), "ids: given 2 entries, expected 4"),
        (lambda: build(ids=("a", "b", "c", "b")), "ids, row 3: given 'b', as in row 1"),
        (lambda: build(columns={"split": ["train"]}), "column 'split': given 1 entries"),
        (lambda: numbered(4).where(splitt="train"), r"where: given column 'splitt'.*Did you mean 'split'\?"),
        (lambda: numbered(4).where(split="val"), "where: given split='val': no image, expected one of test, train"),
        (lambda: numbered(4).split({}, 0), "split: given {}"),
        (lambda: numbered(4).split({"a": 0.0}, 0), "split: given {'a': 0.0}"),
        (lambda: numbered(4).split({"a": 0.9, "b": 0.2}, 0), "split: given .*expected positive shares summing"),
        (lambda: numbered(4).split({"a": 0.01}, 0), "split: given 'a' gets no image"),
        (lambda: numbered(4).split({"a": 0.5}, 0, by="shop"), "split: given column 'shop', expected one of product"),
        (lambda: numbered(4).select(["hem"]), "attribute 'hem'"),
        (lambda: numbered(4).subset(slice(0, 0)).contact_sheet(), "contact_sheet: given no images"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
