"""Outfits by category: read from small files, asked about, wrong ones named."""

import gzip
import json

import pytest
import torch

from adde_lite.data.outfits import EMPTY, category_questions, ngnn_outfits
from adde_lite.errors import InputError

NAMES = "2 Clothing\n7 Skirts\n41 Boots\n259 Earrings\n"
LINES = {"train": [[7, 41], [41, 259, 7]], "test": [[259, 7, 41]]}


@pytest.fixture
def write(tmp_path):
    def written(names=NAMES, **parts):
        (tmp_path / "ngnn_category_id.txt").write_text(names, encoding="utf-8")
        for part, lines in (LINES | parts).items():
            entries = [{"set_id": str(k), "items_category": line} for k, line in enumerate(lines)]
            (tmp_path / f"ngnn_{part}.json.gz").write_bytes(gzip.compress(json.dumps(entries).encode()))
        return tmp_path

    return written


def test_categories_are_numbered_by_those_in_use(write):
    outfits = ngnn_outfits(write())
    assert outfits.names == ("Skirts", "Boots", "Earrings")
    assert outfits.train.tolist() == [[0, 1, EMPTY], [1, 2, 0]]
    assert outfits.test.tolist() == [[2, 0, 1]]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train": [[7, 5]]}, r"ngnn_train\.json\.gz, entry 1: given category 5"),
        ({"test": [[7, 41], [7]]}, r"ngnn_test\.json\.gz, entry 2: given 1 garments"),
        ({"test": ["x"]}, "'x' as 'items_category'"),
        ({"names": "7 Skirts\nBoots\n"}, r"ngnn_category_id\.txt, line 2: given 'Boots'"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_entry(write, files, message):
    with pytest.raises(InputError, match=message):
        ngnn_outfits(write(**files))


def test_a_file_cut_short_is_named(write):
    folder = write()
    content = (folder / "ngnn_test.json.gz").read_bytes()
    (folder / "ngnn_test.json.gz").write_bytes(content[:-12])
    with pytest.raises(InputError, match=r"ngnn_test\.json\.gz: given a gzip file that is not whole JSON"):
        ngnn_outfits(folder)


def test_questions_ask_for_a_piece_of_the_outfit_among_three_others():
    outfits = torch.tensor([[0, 1, 2, EMPTY], [3, 4, EMPTY, EMPTY], [5, 0, 1, 2]]).repeat(40, 1)
    questions = category_questions(outfits, seed=0)
    for line, given, options, answer in zip(outfits.tolist(), *questions, strict=True):
        right = int(options[answer])
        assert sorted([*given[given != EMPTY].tolist(), right]) == sorted(code for code in line if code != EMPTY)
        assert len(set(options.tolist())) == 4
    assert torch.bincount(questions.answer, minlength=4).min() > 15  # 30 of 120 on average, standard deviation 5


def test_wrong_categories_are_as_frequent_as_they_are_worn():
    outfits = torch.tensor([[0, 1], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5]]).repeat(100, 1)
    questions = category_questions(outfits, seed=1)
    wrong = questions.options[torch.arange(4) != questions.answer[:, None]]
    counts = torch.bincount(wrong, minlength=6)
    assert counts[0] > counts[2:].max()
    assert counts[1] > counts[2:].max()


def test_questions_depend_on_the_seed():
    outfits = torch.tensor([[0, 1, 2, 3], [4, 5, 0, 1]]).repeat(20, 1)
    first, again, other = (category_questions(outfits, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.options, again.options)
    assert not torch.equal(first.options, other.options)
