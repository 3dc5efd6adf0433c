"""A split that was written is read back equal, replaces an older one as a whole, and is never left half written."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.official import official_split, read_official, write_official
from adde_lite.errors import InputError
from adde_lite.sampling import Queries, Triplets, edit_queries, manipulation_triplets

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "fit": ["slim", "loose"]})


def pictures(rows, seed, name="p"):
    rng = np.random.default_rng(seed)
    labels = torch.from_numpy(np.stack([rng.integers(-1, size, rows) for size in SCHEMA.sizes], axis=1))
    images = torch.from_numpy(rng.integers(0, 256, (rows, 3, 5, 7), dtype=np.uint8))
    return AttributeImages(images, labels, SCHEMA, tuple(f"{name} {row}" for row in range(rows)))


TRAIN, TEST = pictures(60, 0), pictures(50, 1, "q")
TRIPLETS = manipulation_triplets(TRAIN.labels, SCHEMA, count=20, edits=2)
QUERIES = edit_queries(TEST.labels, TEST.labels, SCHEMA, edits=2, limit=15)


def texts(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


@given(seed=st.integers(0, 2**32 - 1), edits=st.integers(1, 3), prefix=st.sampled_from(["", "mini_"]))
@settings(max_examples=25)
def test_everything_is_read_back_equal(tmp_path_factory, seed, edits, prefix):
    folder = tmp_path_factory.mktemp("split")
    train, test = pictures(40, seed), pictures(30, seed + 1, "q")
    triplets = manipulation_triplets(train.labels, SCHEMA, count=10)
    queries = edit_queries(test.labels, test.labels, SCHEMA, edits=edits, limit=5) if edits < 3 else None
    write_official(folder, train, test, triplets=triplets, queries=queries, prefix=prefix)
    read = read_official(folder, SCHEMA)
    assert (read.train_names, read.test_names) == (train.ids, test.ids)
    assert torch.equal(read.train_labels, train.labels)
    assert torch.equal(read.test_labels, test.labels)
    assert torch.equal(read.triplets.rows, triplets.rows)
    assert torch.equal(read.triplet_indicators, triplets.indicator(SCHEMA, train.labels))
    if queries is None:
        assert read.references is None
    else:
        for name in ("reference", "edited", "target"):
            assert torch.equal(getattr(read.queries, name), getattr(queries, name))


def test_images_are_written_without_loss_and_named_by_number(tmp_path):
    write_official(tmp_path / "splits", TRAIN, TEST, triplets=TRIPLETS, images=tmp_path / "img")
    split = official_split(tmp_path / "splits", tmp_path / "img", SCHEMA, size=(5, 7))
    assert split.train.ids[:2] == ("train/000000.png", "train/000001.png")
    for read, given_images in ((split.train, TRAIN), (split.test, TEST)):
        assert torch.equal(read.images, given_images.images)
        assert torch.equal(read.labels, given_images.labels)
    assert torch.equal(split.triplets.rows, TRIPLETS.rows)


def test_an_older_split_of_the_prefix_is_replaced_as_a_whole(tmp_path):
    write_official(tmp_path, TRAIN, TEST, triplets=TRIPLETS, queries=QUERIES, prefix="a_")
    write_official(tmp_path, TRAIN, TEST, triplets=TRIPLETS, prefix="b_")
    write_official(tmp_path, TEST, TRAIN, prefix="a_")
    assert read_official(tmp_path, prefix="a_").train_names == TEST.ids
    assert read_official(tmp_path, prefix="a_").triplets is None
    assert read_official(tmp_path, prefix="a_").queries is None
    assert read_official(tmp_path, prefix="b_").triplets is not None


def test_what_cannot_be_written_leaves_the_older_split_and_no_draft(tmp_path, monkeypatch):
    folder = tmp_path / "split"
    write_official(folder, TRAIN, TEST, triplets=TRIPLETS)
    before, write = texts(folder), Path.write_text

    def full_disk(path, text, **options):
        if "labels_test" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, text, **options)

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_official(folder, TEST, TRAIN)
    assert texts(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_run_cut_off_while_files_change_places_leaves_nothing_that_reads(tmp_path, monkeypatch):
    write_official(tmp_path / "split", TRAIN, TEST, triplets=TRIPLETS)
    moved, move = [], Path.replace

    def cut_off(path, target):
        if len(moved) == 3:
            raise KeyboardInterrupt
        moved.append(target.name)
        return move(path, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_official(tmp_path / "split", TEST, TRAIN)
    assert len(moved) == 3
    with pytest.raises(InputError, match=r"no attr_num\.txt"):
        read_official(tmp_path / "split")


def alike(**changes):
    """One image of each part, equal labels; ids or schema changed."""
    part = TRAIN.subset([0])
    return AttributeImages(part.images, part.labels, changes.get("schema", SCHEMA), (changes.get("id", "x"),))


def one_query(edited, target):
    return Queries(torch.tensor([0]), torch.tensor([edited]), torch.tensor([target]))


RED = AttributeImages(TRAIN.images[:1], torch.tensor([[0, 0, 0]]), SCHEMA, ("red",))
OTHER = AttributeSchema.of({"colour": ["red", "blue"], "sleeve": ["short", "long"], "fit": ["a", "b", "c"]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": TRAIN.subset(slice(0))}, "train: given no images"),
        ({"test": AttributeImages(RED.images, RED.labels, OTHER, ("o",))}, r"schema of test: given values \[2, 2, 3\]"),
        ({"test": TRAIN}, "ids: given 'p 0' in both parts"),
        ({"test": alike(id="two\nlines")}, r"ids of test, row 0: given 'two\\nlines', expected one line"),
        ({"test": alike(id=" x")}, "ids of test, row 0: given ' x'"),
        ({"test": alike(id=" ")}, "ids of test, row 0: given ' '"),
        ({"prefix": "../up"}, r"prefix: given '\.\./up'"),
        ({"triplets": Triplets(*torch.tensor([[0], [60], [1]]))}, "triplet 0, positive: given 60, expected 0 to 59"),
        ({"triplets": Triplets(*torch.tensor([[3], [3], [1]]))}, "triplet 0: given a positive that shows no new value"),
        (
            {"test": RED, "queries": one_query([True, False, False], [1, 1, 0])},
            "query 0: given new values of colour, sleeve, expected of colour, as edited says",
        ),
        (
            {"test": RED, "queries": one_query([True, False, False], [0, 0, 0])},
            "query 0: given new values of nothing, expected of colour",
        ),
        (
            {"queries": Queries(torch.tensor([50]), QUERIES.edited[:1], QUERIES.target[:1])},
            "queries, reference, row 0: given 50, expected 0 to 49",
        ),
    ],
)
def test_what_the_format_cannot_hold_is_named_and_nothing_written(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        write_official(tmp_path / "split", **({"train": TRAIN, "test": TEST} | arguments))
    assert list(tmp_path.iterdir()) == []


def test_ids_that_cannot_stand_on_a_line_do_not_matter_beside_images(tmp_path):
    write_official(tmp_path / "splits", TRAIN, alike(id="two\nlines"), images=tmp_path / "img")
    assert official_split(tmp_path / "splits", tmp_path / "img", size=(5, 7)).test.ids == ("test/000000.png",)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "split").write_text("mine")
    with pytest.raises(InputError, match="split: given a file, expected a folder"):
        write_official(tmp_path / "split", TRAIN, TEST)
    assert (tmp_path / "split").read_text() == "mine"
