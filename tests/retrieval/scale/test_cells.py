"""Cells part the points, a visit to all of them finds all, and cells of whole vectors lose the answers of one block."""

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale import Cells, askings, synthetic_gallery, visits

SIDES = torch.tensor([[5.0, 0.1], [5, -0.1], [0.1, 3], [-0.1, 3], [0, 3]])  # two groups


@pytest.fixture(scope="module")
def gallery():
    embeddings, _ = synthetic_gallery(3_048, d=8)
    return embeddings[:3_000], embeddings[3_000:]


def test_points_of_a_group_share_a_cell_whose_centre_is_their_mean():
    for seed in range(4):
        cells = Cells(SIDES, 2, seed=seed)
        if len(set(cells.home.tolist())) == 2:
            one, other = cells.home[0], cells.home[2]
            assert cells.home.tolist() == [one, one, other, other, other]
            assert torch.allclose(cells.centres[one], SIDES[:2].mean(0))
            return
    pytest.fail("no start parted the groups")


def test_every_point_is_in_the_cell_of_its_nearest_centre(gallery):
    points = gallery[0].flatten(1)
    cells = Cells(points, 20)
    assert len(cells) == 20
    distances = torch.cdist(points, cells.centres)
    assert torch.allclose(distances.min(1).values, distances.gather(1, cells.home[:, None])[:, 0], atol=1e-4)


def test_cells_are_visited_in_the_order_of_their_centres(gallery):
    points, asked = (part.flatten(1) for part in gallery)
    cells = Cells(points, 20)
    ranks = cells.ranks(asked)
    assert torch.equal(ranks.sort(1).values, torch.arange(20).expand(len(asked), 20))
    along = (asked @ cells.centres.T).gather(1, ranks.argsort(1))
    assert bool((along[:, 1:] <= along[:, :-1]).all())
    assert torch.equal(cells.visited(asked, 3), (ranks < 3)[:, cells.home])
    assert bool(cells.visited(asked, 20).all())


def test_what_is_read_and_found_is_counted(gallery):
    points, asked = (part.flatten(1) for part in gallery)
    cells, probes = Cells(points, 20), (1, 4, 20)
    told = visits(cells, points, asked, probes, k=10)
    answers = (asked @ points.T).topk(10, dim=1).indices
    for probe, read, found in zip(probes, told.read, told.found, strict=True):
        seen = cells.visited(asked, probe)
        assert read == pytest.approx(float(seen.double().mean()))
        assert found == pytest.approx(float(seen.gather(1, answers).double().mean()))
    assert told.read[-1] == told.found[-1] == 1
    assert told.found == sorted(told.found)


def test_a_filter_has_answers_of_its_own(gallery):
    points, asked = (part.flatten(1) for part in gallery)
    allowed = torch.arange(len(points)) % 50 == 0
    cells = Cells(points, 20)
    found = visits(cells, points, asked, [4], k=10, allowed=allowed).found[0]
    answers = (asked @ points.T).masked_fill(~allowed, -torch.inf).topk(10, dim=1).indices
    assert found == pytest.approx(float(cells.visited(asked, 4).gather(1, answers).double().mean()))
    with pytest.raises(InputError, match="k"):
        visits(cells, points, asked, [4], k=100, allowed=allowed)


def test_cells_of_whole_vectors_lose_the_answers_of_one_block_and_cells_of_that_block_do_not(gallery):
    vectors, queries = gallery
    one = askings(len(queries), vectors.shape[1])["plain"] * (torch.arange(vectors.shape[1]) == 0)
    points, asked = vectors.flatten(1), (queries * one[:, :, None]).flatten(1)
    of_whole = visits(Cells(points, 20), points, asked, [3]).found[0]
    of_block = visits(Cells(vectors[:, 0], 20), vectors[:, 0], queries[:, 0], [3]).found[0]
    assert of_whole < 0.5
    assert of_block > 0.9


@pytest.mark.parametrize("count", [0, 6])
def test_a_number_of_cells_that_cannot_be_is_refused(count):
    with pytest.raises(InputError, match=f"{count}.*1 to 5"):
        Cells(SIDES, count)
