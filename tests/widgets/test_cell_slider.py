import re

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.nearest import unit
from adde_lite.retrieval.scale import Cells, synthetic_gallery
from adde_lite.widgets import cell_frames

A = 12


@pytest.fixture(scope="module")
def shop():
    """Vectors of three hundred garments, their cells, and an image for each."""
    embeddings, _ = synthetic_gallery(300, d=4)
    images = torch.randint(0, 256, (300, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Cells(unit(embeddings), 10), embeddings, images


def told(box):
    """For each stop, what its alt text says of each question: found, of how many, share read."""
    pictures = box.children[2]
    alts = [re.search(r'alt="([^"]*)"', picture.value)[1] for picture in pictures.children]
    return [[tuple(map(int, found)) for found in re.findall(r"(\d+) of (\d+) found, (\d+)%", alt)] for alt in alts]


def test_more_cells_find_more_until_all_are_visited(shop):
    questions = {"alike as a whole": torch.ones(A), "alike in one": torch.eye(A)[3]}
    box = cell_frames(*shop, 7, questions=questions, probes=(1, 4, 10), k=5)
    stops = told(box)
    assert stops[-1] == [(5, 5, 100)] * 2
    for question in range(2):
        found, of, read = zip(*(stop[question] for stop in stops), strict=True)
        assert set(of) == {5}
        assert list(found) == sorted(found)
        assert list(read) == sorted(read)
    assert stops[0][0][2] < 50


def test_the_answers_are_those_of_the_exact_search_without_the_garment_itself(shop):
    cells, embeddings, images = shop
    row, weights = 7, torch.eye(A)[3]
    scores = unit(embeddings) @ (embeddings[row] * weights[:, None]).flatten()
    answers = [at for at in scores.argsort(descending=True).tolist() if at != row][:5]
    seen = cells.visited((embeddings[[row]] * weights[:, None]).flatten(1), 3)[0]
    box = cell_frames(cells, embeddings, images, row, questions={"alike in one": weights}, probes=[3], k=5)
    assert told(box)[0][0][0] == int(seen[answers].sum())


@pytest.mark.parametrize(
    ("questions", "probes", "message"), [({}, [1], "questions: given none"), (1, [], "no picture")]
)
def test_frames_need_a_question_and_a_stop(shop, questions, probes, message):
    cells, embeddings, images = shop
    with pytest.raises(InputError, match=message):
        cell_frames(cells, embeddings, images, 0, questions=questions and {"one": torch.ones(A)}, probes=probes)


@pytest.mark.parametrize(("row", "k", "kept"), [(300, 5, 300), (0, 300, 300), (0, 5, 299)])
def test_a_row_or_images_that_are_not_there_are_refused(shop, row, k, kept):
    cells, embeddings, images = shop
    with pytest.raises(InputError, match="cell frames"):
        cell_frames(cells, embeddings, images[:kept], row, questions={"one": torch.ones(A)}, probes=[1], k=k)
