import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.metrics import neighbours
from adde_lite.metrics.neighbours import check_k, nearest_others


def test_neighbours_in_parts_are_those_of_the_whole(monkeypatch):
    points = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    apart = (points[:, None] - points).norm(dim=2).fill_diagonal_(torch.inf)
    monkeypatch.setattr(neighbours, "DISTANCES_AT_ONCE", 7 * 50)
    shapes = []
    cdist = torch.cdist
    monkeypatch.setattr(torch, "cdist", lambda one, other: shapes.append(len(one)) or cdist(one, other))
    assert torch.equal(nearest_others(points, 5), apart.topk(5, largest=False).indices)
    assert shapes == [7] * 7 + [1]


def test_a_point_is_not_its_own_neighbour_even_among_equal_ones():
    found = nearest_others(torch.zeros(6, 3), 5)
    assert (found.sort(1).values == torch.tensor([[p for p in range(6) if p != q] for q in range(6)])).all()


def test_less_than_one_neighbour_is_refused():
    with pytest.raises(InputError, match="k: given 0, expected at least 1"):
        check_k(0)
