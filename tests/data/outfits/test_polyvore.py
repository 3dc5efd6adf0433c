"""Polyvore Outfits from the files that users have, small ones written here; what is wrong in them is named."""

import json

import pytest
import torch
from PIL import Image

from adde_lite.data.outfits import EMPTY, polyvore_outfits
from adde_lite.errors import InputError

CATEGORIES = {"10": "tops", "11": "shoes", "12": "bags", "20": "tops", "21": "shoes", "30": "bags"}
SETS = [
    {
        "set_id": "100",
        "items": [{"item_id": "10", "index": 1}, {"item_id": "11", "index": 2}, {"item_id": "12", "index": 4}],
    },
    {"set_id": "200", "items": [{"item_id": "20", "index": 1}, {"item_id": "21", "index": 3}]},
    {"set_id": "300", "items": [{"item_id": "30", "index": 1}, {"item_id": "10", "index": 2}]},
]
QUESTION = {"question": ["100_1", "100_2"], "blank_position": 4, "answers": ["200_1", "100_4", "200_3", "300_1"]}
SET_LINES = ["1 100_1 100_2 100_4", "0 100_1 200_3"]


@pytest.fixture
def write(tmp_path):
    """Writes the files, some of them changed, and gives their folder."""

    def written(**changed):
        content = {
            "polyvore_item_metadata.json": {item: {"semantic_category": name} for item, name in CATEGORIES.items()},
            "disjoint/test.json": SETS,
            "disjoint/fill_in_blank_test.json": [QUESTION],
            "disjoint/compatibility_test.txt": SET_LINES,
        }
        names = {"metadata": 0, "sets": 1, "questions": 2, "lines": 3}
        content |= {list(content)[names[name]]: value for name, value in changed.items() if name in names}
        (tmp_path / "disjoint").mkdir()
        for name, value in content.items():
            if value is not None:
                text = (
                    value if isinstance(value, str) else "\n".join(value) if name.endswith("txt") else json.dumps(value)
                )
                (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "images").mkdir()
        for shade, item in enumerate(changed.get("pictures", CATEGORIES)):
            Image.new("RGB", (6, 8), (40 * shade, 0, 0)).save(tmp_path / "images" / f"{item}.png")
            (tmp_path / "images" / f"{item}.png").rename(tmp_path / "images" / f"{item}.jpg")
        return tmp_path

    return written


def read(folder, **arguments):
    return polyvore_outfits(folder, "disjoint", "test", size=8, **arguments)


def test_outfits_questions_and_sets_come_back_as_rows_of_one_stock(write):
    part = read(write())
    stock = part.outfits.stock
    assert stock.ids == ("10", "11", "12", "20", "21", "30")
    assert stock.schema.options("category") == ("bags", "shoes", "tops")
    assert [row["category"] for row in stock.schema.decode(stock.labels)] == list(CATEGORIES.values())
    assert part.outfits.items.tolist() == [[0, 1, 2], [3, 4, EMPTY], [5, 0, EMPTY]]
    assert part.questions.given.tolist() == [[0, 1]]
    assert part.questions.options.tolist() == [[3, 2, 4, 5]]
    assert part.questions.answer.tolist() == [1]
    assert (part.questions.broken == -1).all()
    assert part.compatibility.items.tolist() == [[0, 1, 2], [0, 4, EMPTY]]
    assert part.compatibility.compatible.tolist() == [True, False]


def test_each_garment_has_its_own_image(write):
    images = read(write()).outfits.stock.images
    assert images.shape == (6, 3, 8, 8)
    assert images[:, 0, 4, 4].tolist() == [0, 40, 80, 120, 160, 200]


def test_a_train_part_has_outfits_only(write):
    part = read(write(questions=None, lines=None))
    assert part.questions is None and part.compatibility is None
    assert len(part.outfits) == 3


def changed(entry, **members):
    return {**entry, **members}


TWO_RIGHT = ["200_1", "100_4", "200_3", "100_2"]
TWICE = changed(SETS[1], items=[{"item_id": item, "index": k} for k, item in ((1, "20"), (3, "20"), (5, "21"))])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"sets": [SETS[0], TWICE]}, r"test\.json, entry 2: given a garment twice"),
        ({"sets": [changed(SETS[1], items=SETS[1]["items"][:1])]}, r"test\.json, entry 1: given 1 garments"),
        ({"sets": [SETS[0], SETS[0]]}, r"test\.json, entry 2: given set 100, as in entry 1"),
        ({"sets": [{"items": []}]}, r"test\.json, entry 1: given None as 'set_id'"),
        ({"sets": [changed(SETS[0], items="x")]}, r"test\.json, entry 1: given 'x' as 'items'"),
        ({"sets": [changed(SETS[0], items=["x"])]}, r"test\.json, entry 1: given 'x'"),
        ({"sets": [changed(SETS[0], items=[{"item_id": "10", "index": 1}] * 2)]}, "two items with one index"),
        ({"sets": [changed(SETS[0], items=[{"item_id": "99", "index": 1}])]}, r"item '99'.*polyvore_item_metadata"),
        ({"sets": {"a": 1}}, r"test\.json: given a dict at the top, expected a list"),
        ({"sets": '[{"set_id": "1'}, r"test\.json: given text that is not whole JSON"),
        ({"sets": "version https://git-lfs.github.com/spec/v1"}, "a Git LFS pointer"),
        ({"sets": None}, r"test\.json: given no such file"),
        ({"sets": []}, r"test\.json: given 0 entries"),
        ({"metadata": {"10": {}}}, r"metadata\.json, item 10: given None as 'semantic_category'"),
        ({"metadata": None}, r"metadata\.json: given no such file"),
        ({"questions": [changed(QUESTION, question=["100_3"])]}, r"fill_in_blank_test\.json, entry 1: given '100_3'"),
        (
            {"questions": [changed(QUESTION, question=["100_1", "300_1"], answers=TWO_RIGHT)]},
            "4 answers, 2 of them from",
        ),
        ({"questions": [changed(QUESTION, question=[])]}, "4 garments, expected at least 5"),
        ({"questions": [changed(QUESTION, answers=["200_1", "200_3", "300_1", "300_2"])]}, "a garment twice"),
        (
            {"questions": [changed(QUESTION, answers=["200_1", "100_4", "300_1"])]},
            "3 answers, 1 of them from the outfit",
        ),
        ({"questions": [changed(QUESTION, answers=["200_1", "200_1", "100_4", "300_1"])]}, "a garment twice"),
        ({"lines": ["2 100_1 100_2"]}, r"compatibility_test\.txt, entry 1: given '2 100_1 100_2', expected 0 or 1"),
        ({"lines": [SET_LINES[0], "1 100_1"]}, r"compatibility_test\.txt, entry 2: given 1 garments"),
        ({"lines": ["0 100_1 300_2"]}, r"compatibility_test\.txt, entry 1: given a garment twice"),
        ({"lines": ["0 100_1 400_2"]}, r"compatibility_test\.txt, entry 1: given '400_2'"),
        ({"lines": ["1 100_1 100_2", "", SET_LINES[1]]}, r"compatibility_test\.txt, entry 2: given ''"),
        ({"pictures": ["10", "11"]}, r"images: given no file '12\.jpg'"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_entry(write, files, message):
    with pytest.raises(InputError, match=message):
        read(write(**files))


def test_entries_that_cannot_be_used_are_skipped_with_one_warning_a_file(write):
    fine = changed(QUESTION, answers=["200_1", "100_4", "200_5", "300_1"])
    folder = write(sets=[SETS[0], TWICE, SETS[2]], lines=[*SET_LINES, "1 100_1"], questions=[fine, {}])
    with pytest.warns(UserWarning) as told:
        part = read(folder, bad_entries="skip")
    assert [str(warning.message).split(": ")[1][:22] for warning in told] == [
        "1 of 3 entries skipped",
        "1 of 2 entries skipped",
        "1 of 3 entries skipped",
    ]
    assert len(part.outfits) == 2
    assert len(part.questions) == 1
    assert len(part.compatibility) == 2


def test_a_set_that_is_no_outfit_still_names_its_garments(write):
    """Set 200 holds one garment twice; questions may still offer that garment."""
    with pytest.warns(UserWarning, match="1 of 3 entries skipped"):
        part = read(write(sets=[SETS[0], TWICE, SETS[2]], questions=None, lines=SET_LINES), bad_entries="skip")
    assert part.compatibility.items.tolist() == [[0, 1, 2], [0, 3, EMPTY]]


def test_an_unknown_way_with_bad_entries_is_refused(write):
    with pytest.raises(InputError, match="bad_entries: given 'ignore'"):
        read(write(), bad_entries="ignore")


def test_where_the_blank_was_changes_nothing(write):
    part = read(write(questions=[QUESTION, changed(QUESTION, blank_position=1, question=QUESTION["question"][::-1])]))
    assert torch.equal(part.questions.options[0], part.questions.options[1])
    assert set(part.questions.given[1].tolist()) == set(part.questions.given[0].tolist())
