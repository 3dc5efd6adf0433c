"""The public split format: read as it is written, wrong lines named by file and number."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from adde_lite.attributes import AttributeSchema
from adde_lite.data.official import official_split, read_official
from adde_lite.errors import InputError

NAMES = {"colour": ["red", "green", "blue"], "sleeve": ["short", "long"]}
FILES = {
    "attr_num": "3\n2\n",
    "imgs_train": "train/0.png\ntrain/1.png\ntrain/2.png\n",
    "labels_train": "1 0 0 0 1\n0 1 0 0 1\n0 0 1 0 0\n",
    "imgs_test": "test/10.png\ntest/11.png\n",
    "labels_test": "1 0 0 1 0\n0 0 1 1 0\n",
    "triplet_train": "0 1 2\n2 0 1\n",
    "triplet_train_ind": "-1 1 0 0 0\n1 0 -1 0 1\n",
    "ref_test": "0\n1\n",
    "indfull_test": "-1 0 1 0 0\n1 0 -1 0 0\n",
    "gt_test": "0 0 1 1 0\n1 0 0 1 0\n",
}


@pytest.fixture
def split(tmp_path):
    """Write the files, with changes; None leaves one out. Gives the folder of the text files and that of the images."""

    def write(prefix="", **changes):
        for folder in ("splits", "img/train", "img/test"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for stem, text in (FILES | changes).items():
            if text is not None:
                (tmp_path / "splits" / f"{prefix}{stem}.txt").write_text(text)
        for name in (FILES["imgs_train"] + FILES["imgs_test"]).split():
            grey = int(name.split("/")[1].split(".")[0])
            Image.new("L", (4, 4), grey).save(tmp_path / "img" / name)
        return tmp_path / "splits", tmp_path / "img"

    return write


def test_images_labels_triplets_and_queries_are_read(split):
    data = official_split(*split(), size=4)
    assert data.train.ids == ("train/0.png", "train/1.png", "train/2.png")
    assert data.train.images[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert data.test.images[:, 0, 0, 0].tolist() == [10, 11]
    assert data.train.labels.tolist() == [[0, 1], [1, 1], [2, -1]]
    assert data.test.labels.tolist() == [[0, 0], [2, 0]]
    assert data.triplets.rows.tolist() == [[0, 1, 2], [2, 0, 1]]
    assert data.queries.reference.tolist() == [0, 1]
    assert data.queries.edited.tolist() == [[True, False]] * 2
    assert data.queries.target.tolist() == [[2, 0], [0, 0]]


def test_unnamed_attributes_are_numbered(split):
    schema = read_official(split()[0]).schema
    assert schema.names == ("attribute_1", "attribute_2")
    assert schema.values == (("value_1", "value_2", "value_3"), ("value_1", "value_2"))


@pytest.mark.parametrize("names", [NAMES, AttributeSchema.of(NAMES)], ids=["mapping", "schema"])
def test_names_can_be_given(split, names):
    assert read_official(split()[0], names).schema == AttributeSchema.of(NAMES)


def test_a_query_is_edited_where_the_plus_ones_are(split):
    changes = {"labels_test": "1 0 0 0 0\n0 0 1 1 0\n", "indfull_test": "0 0 0 0 1\n1 0 -1 -1 1\n"}
    queries = read_official(split(**changes, gt_test="1 0 0 0 1\n1 0 0 0 1\n")[0]).queries
    assert queries.edited.tolist() == [[False, True], [True, True]]


def test_the_only_prefix_is_found(split):
    assert read_official(split(prefix="mini_")[0]).train_names == ("train/0.png", "train/1.png", "train/2.png")


def test_several_prefixes_must_be_chosen_from(split):
    folder, _ = split()
    split(prefix="mini_", attr_num=None, triplet_train=None, imgs_train="a.png\n", labels_train="0 0 1 0 1\n")
    with pytest.raises(
        InputError, match=r"splits: given files with the prefixes ('', 'mini_'|'mini_', ''), expected one"
    ):
        read_official(folder)
    with pytest.raises(InputError, match=r"splits: given prefix 'mini', .*Did you mean 'mini_'\?"):
        read_official(folder, prefix="mini")
    assert read_official(folder, prefix="mini_").train_labels.tolist() == [[2, 1]]
    assert read_official(folder, prefix="mini_").triplets is None
    assert read_official(folder, prefix="").train_labels.shape == (3, 2)


def test_what_is_not_there_is_none(split):
    absent = ["imgs_train", "imgs_test", "labels_test", "triplet_train_ind", "gt_test"]
    files = read_official(split(**dict.fromkeys(absent))[0])
    assert files.train_names is None
    assert files.test_labels is None
    assert files.triplet_indicators is None
    assert files.queries is None
    assert files.train_labels.shape == (3, 2)
    assert files.triplets.rows.shape == (2, 3)
    assert files.references.tolist() == [0, 1]


def test_images_need_the_files_that_name_them(split):
    folder, images = split(imgs_test=None, labels_test=None)
    with pytest.raises(InputError, match=r"splits: given no imgs_test\.txt, labels_test\.txt.*read_official"):
        official_split(folder, images)


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text, str.rstrip])
def test_line_ends_and_marks_do_not_matter(split, change):
    plain, spelt = read_official(split()[0]), read_official(split(**{k: change(v) for k, v in FILES.items()})[0])
    assert spelt.train_names == plain.train_names
    assert torch.equal(spelt.train_labels, plain.train_labels)
    assert torch.equal(spelt.triplets.rows, plain.triplets.rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"labels_train": "1 0 0 0 1\n0 1 0 0\n0 0 1 0 0\n"},
            r"labels_train\.txt, line 2: given 4 numbers, expected 5",
        ),
        ({"labels_train": "1 0 0 0 1 0\n"}, r"labels_train\.txt, line 1: given 6 numbers, expected 5"),
        ({"labels_train": "1 0 0 0 1\n\n0 0 1 0 0\n"}, r"labels_train\.txt, line 2: given a blank line"),
        ({"labels_train": "1 0 0 0 1\n0 2 0 0 1\n0 0 1 0 0\n"}, r"labels_train\.txt, line 2: given '2', .*0 to 1"),
        ({"labels_train": "1 0 0 0 1\n0 1 0 0 1.0\n"}, r"labels_train\.txt, line 2: given '1\.0', expected whole"),
        ({"labels_train": "1 0 0 0 nan\n"}, r"labels_train\.txt, line 1: given 'nan'"),
        (
            {"labels_test": "1 0 0 1 0\n1 0 1 1 0\n"},
            r"labels_test\.txt, line 2: given several ones in the block of 'attribute_1'",
        ),
        ({"labels_test": "1 0 0 1 0\n"}, r"labels_test\.txt: given 1 lines, expected 2, as in imgs_test\.txt"),
        ({"labels_test": ""}, r"labels_test\.txt: given 0 bytes"),
        ({"labels_test": "\n"}, r"labels_test\.txt, line 1: given a blank line"),
        ({"attr_num": "3\n0\n"}, r"attr_num\.txt, line 2: given '0', expected whole numbers, 1 or more"),
        ({"attr_num": "3 2\n"}, r"attr_num\.txt, line 1: given 2 numbers, expected 1"),
        ({"attr_num": None}, r"splits: given no attr_num\.txt"),
        ({"triplet_train": "0 1 2\n2 3 1\n"}, r"triplet_train\.txt, line 2: given '3', .*0 to 2"),
        ({"triplet_train": "0 1 2\n2 -1 1\n"}, r"triplet_train\.txt, line 2: given '-1'"),
        ({"triplet_train": f"0 1 2\n0 {10**30} 1\n"}, r"triplet_train\.txt, line 2: given '1000"),
        ({"triplet_train_ind": "-1 1 0 0 0\n"}, r"triplet_train_ind\.txt: given 1 lines, expected 2"),
        ({"triplet_train_ind": "-1 1 0 0 0\n-1 0 0 0 0\n"}, r"triplet_train_ind\.txt, line 2: given no \+1"),
        ({"ref_test": "0\n2\n"}, r"ref_test\.txt, line 2: given '2', .*0 to 1"),
        (
            {"indfull_test": "-1 0 1 0 0\n0 0 0 1 1\n"},
            r"indfull_test\.txt, line 2: given several \+1 in the block of 'attribute_2', expected one at most",
        ),
        (
            {"indfull_test": "-1 -1 1 0 0\n1 0 -1 0 0\n"},
            r"indfull_test\.txt, line 1: given several -1 in the block of 'attribute_1'",
        ),
        ({"indfull_test": "-1 3 0 0 0\n1 0 -1 0 0\n"}, r"indfull_test\.txt, line 1: given '3', .*-1 to 1"),
        ({"gt_test": "0 0 1 1 0\n"}, r"gt_test\.txt: given 1 lines, expected 2, as in ref_test\.txt"),
        ({"imgs_train": "a.png\n\nc.png\n"}, r"imgs_train\.txt, line 2: given a blank line"),
        ({"imgs_train": "a.png\nb.png\na.png\n"}, r"imgs_train\.txt, line 3: given 'a\.png', as on line 1"),
        (
            {"imgs_test": "x.png\ntrain/2.png\n"},
            r"imgs_test\.txt, line 2: given 'train/2\.png', also in imgs_train\.txt",
        ),
    ],
)
def test_a_wrong_line_is_named(split, changes, message):
    with pytest.raises(InputError, match=message):
        read_official(split(**changes)[0])


def test_bytes_that_are_not_text_are_named(split):
    folder, _ = split()
    (folder / "imgs_train.txt").write_bytes(b"a\xff.png\n")
    with pytest.raises(InputError, match=r"imgs_train\.txt: given bytes that are not UTF-8"):
        read_official(folder)


def test_names_of_other_sizes_are_refused(split):
    with pytest.raises(InputError, match=r"names: given attributes of \[3, 3\] values, expected \[3, 2\]"):
        read_official(split()[0], NAMES | {"sleeve": ["short", "long", "none"]})


def test_a_missing_image_is_named_with_its_line(split):
    folder, images = split()
    (images / "test" / "11.png").unlink()
    with pytest.raises(InputError, match=r"imgs_test\.txt, line 2: given no image 'test/11\.png' in .*1 of 2"):
        official_split(folder, images)


@pytest.mark.parametrize("where", ["gone", "img"])
def test_a_folder_without_the_files_is_named(split, tmp_path, where):
    split()
    with pytest.raises(InputError, match=rf"{where}: given (no such folder|none of the split files)"):
        read_official(tmp_path / where)


@pytest.mark.parametrize(
    ("stem", "wish", "text"),
    [
        ("indfull_test", "target", "-1 0 1 0 0\n1 -1 0 0 0\n"),
        ("triplet_train_ind", "positive", "-1 1 0 0 0\n1 0 0 0 1\n"),
    ],
)
def test_indicators_that_contradict_the_labels_are_counted_in_a_warning(split, stem, wish, text):
    message = rf"{stem}\.txt: 1 of 2 indicators differ from {wish} minus reference \(first on line 2"
    with pytest.warns(UserWarning, match=message):
        read_official(split(**{stem: text})[0])


def test_what_the_small_benchmark_writes_is_read_back(shared, tmp_path):
    script = shared / "bench" / "shopping_mini.py"
    sizes = ["--train", "60", "--test", "80", "--triplets", "5", "--queries", "10"]
    subprocess.run([sys.executable, script, "--out", tmp_path, *sizes], check=True, capture_output=True)
    data = official_split(tmp_path / "splits", tmp_path / "img")
    for part, images in (("train", data.train), ("test", data.test)):
        assert np.array_equal(images.images.numpy(), np.load(tmp_path / "splits" / f"x_{part}.npy"))
        true = np.load(tmp_path / "splits" / f"true_{part}.npy")
        known = images.labels.numpy() >= 0
        assert np.array_equal(images.labels.numpy()[known], true[known])
        assert 0.9 < known.mean() < 1
    assert data.train.schema.sizes == (6, 8, 5, 4, 4, 3)
    assert data.triplets.rows.shape == (5, 3)
    stored = np.loadtxt(tmp_path / "splits" / "indfull_test.txt", dtype=int)
    assert np.array_equal(data.queries.indicator(data.test.schema, data.test.labels).numpy(), stored)


def test_the_published_files_have_the_sizes_of_the_paper(shared):
    folder = shared / "data" / "adde_shopping100k_splits"
    files = read_official(folder, prefix="")
    assert (files.schema.A, files.schema.J) == (12, 151)
    assert files.triplets.rows.shape == (120_371, 3)
    assert int(files.triplets.rows.max()) < 80_586
    assert len(files.references) == 14_361
    assert len(files.references.unique()) == 1_581


def test_the_published_labels_agree_with_their_named_values(shared):
    folder = shared / "data" / "adde_shopping100k_splits"
    files = read_official(folder, prefix="mini_")
    listed = [line.split() for line in (folder / "mini_attributes.txt").read_text().splitlines()]
    attributes = list(dict.fromkeys(name for name, _, _ in listed))
    for name, image, code in listed:
        row, column = files.train_names.index(image), attributes.index(name)
        assert files.train_labels[row, column] == int(code)
