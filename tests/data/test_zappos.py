"""The files of UT-Zappos50k and CSN's triplets, in small: read right, and every bad line named."""

import numpy as np
import pytest
import torch
from PIL import Image

from adde_lite.data.zappos import CONDITIONS, zappos, zappos_triplets
from adde_lite.errors import InputError

PATHS = [f"Shoes/Oxfords/maker/{k}.jpg" for k in range(7)]
LISTS = {"class": [(0, 2, 4), (1, 3, 5)], "closure": [(5, 0, 1)], "gender": [(4, 5, 1)], "heel": [(0, 1, 2), (2, 1, 0)]}


@pytest.fixture
def folder(tmp_path):
    """Six of seven shoes are named by triplets; shoe k has brightness 30 * k."""
    for k, path in enumerate(PATHS):
        place = tmp_path / "ut-zap50k-images" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 30, 3), 30 * k, dtype=np.uint8)).save(place)
    (tmp_path / "filenames.json").write_text("\n".join(PATHS) + "\n")
    (tmp_path / "tripletlists").mkdir()
    for name, rows in LISTS.items():
        text = "".join(" ".join(map(str, row)) + "\n" for row in rows)
        (tmp_path / "tripletlists" / f"{name}_tripletlist_test.txt").write_text(text)
    return tmp_path


def edit_list(folder, name, text):
    (folder / "tripletlists" / f"{name}_tripletlist_test.txt").write_text(text)


def test_a_line_is_anchor_far_close(folder):
    names, triplets = zappos_triplets(folder, "test")
    assert names == tuple(PATHS)
    assert triplets.rows[0].tolist() == [0, 4, 2]
    assert [triplets.under(c).rows[:, [0, 2, 1]].tolist() for c in range(4)] == [
        [list(row) for row in LISTS[name]] for name in CONDITIONS
    ]


def test_images_come_with_the_triplets_that_name_them(folder):
    shoes = zappos(folder, "test", size=16)
    assert len(shoes.images) == 6
    assert shoes.images.schema.names == CONDITIONS
    assert (shoes.images.labels == -1).all()
    brightness = shoes.images.images.float().mean((1, 2, 3))
    anchor, close, far = brightness[shoes.triplets.rows[0]]
    assert (anchor - 0).abs() < 3
    assert (close - 120).abs() < 3
    assert (far - 60).abs() < 3
    assert shoes.triplets.told(shoes.images.labels)[0].tolist() == [[0, -1, -1, -1], [0, -1, -1, -1], [1, -1, -1, -1]]


def test_some_conditions_and_some_triplets_read_only_the_images_they_need(folder):
    shoes = zappos(folder, "test", conditions=("heel", "gender"), limit=1, size=16)
    assert shoes.triplets.condition.tolist() == [0, 1]
    assert shoes.images.schema.names == ("heel", "gender")
    assert set(shoes.images.ids) == {PATHS[k] for k in (0, 1, 2, 4, 5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1 2\n0 1\n", r"class_tripletlist_test.txt, line 2: given 2 numbers, expected 3"),
        ("0 1 2\n0 1 7\n", r"line 2: given '7', expected whole numbers, 0 to 6"),
        ("0 -1 2\n", r"line 1: given '-1'"),
        ("0 1 two\n", r"line 1: given 'two'"),
        ("0 1 2\n\n3 4 5\n", r"line 2: given a blank line"),
        ("0 1 2\n3 4 3\n", r"line 2: given 3 4 3, expected three different images"),
        ("", r"0 bytes"),
    ],
)
def test_a_bad_line_of_a_list_is_named(folder, text, message):
    edit_list(folder, "class", text)
    with pytest.raises(InputError, match=message):
        zappos_triplets(folder, "test")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["a.jpg", "b.jpg"]', r"filenames.json, line 1: given a JSON list"),
        ("a.jpg\n\nb.jpg\n", r"line 2: given a blank line"),
        ("\n\n", r"filenames.json: given blank lines"),
        ("a.jpg\nb.jpg\na.jpg\n", r"line 3: given 'a.jpg', as on line 1"),
    ],
)
def test_a_bad_line_of_the_names_is_named(folder, text, message):
    (folder / "filenames.json").write_text(text)
    with pytest.raises(InputError, match=message):
        zappos_triplets(folder, "test")


def test_an_image_that_is_not_there_is_named_by_its_line(folder):
    (folder / "ut-zap50k-images" / PATHS[3]).unlink()
    with pytest.raises(InputError, match=r"filenames.json, line 4: given no image 'Shoes/Oxfords/maker/3.jpg'"):
        zappos(folder, "test", size=16)


def test_a_missing_list_and_unknown_words_are_refused(folder):
    with pytest.raises(InputError, match=r"class_tripletlist_train.txt: given no such file"):
        zappos_triplets(folder, "train")
    with pytest.raises(InputError, match=r"split 'tset'.*Did you mean 'test'"):
        zappos_triplets(folder, "tset")
    with pytest.raises(InputError, match="condition 'heels'"):
        zappos_triplets(folder, "test", conditions=("heels",))
    with pytest.raises(InputError, match="conditions: given none"):
        zappos_triplets(folder, "test", conditions=())
    with pytest.raises(InputError, match="limit"):
        zappos(folder, "test", limit=0)


def test_the_choice_of_triplets_is_seeded(folder):
    chosen = [zappos(folder, "test", limit=1, size=16, seed=seed).triplets.rows for seed in range(8)]
    again = zappos(folder, "test", limit=1, size=16, seed=0).triplets.rows
    assert torch.equal(chosen[0], again)
    assert any(not torch.equal(chosen[0], other) for other in chosen)
