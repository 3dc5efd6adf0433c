import numpy as np
import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval import nearest as module
from adde_lite.retrieval.nearest import check_k, nearest


def test_chunks_give_the_answer_of_one_product(monkeypatch):
    queries, vectors = torch.randn(50, 6), torch.randn(30, 6)
    whole = nearest(queries, vectors, 4)
    monkeypatch.setattr(module, "SCORES_AT_ONCE", 90)
    assert torch.equal(nearest(queries, vectors, 4), whole)


@pytest.mark.parametrize("k", [0, 4, True, 2.0])
def test_only_a_whole_number_of_rows_that_are_there_can_be_asked_for(k):
    with pytest.raises(InputError) as caught:
        nearest(torch.eye(3), torch.eye(3), k)
    assert str(caught.value).startswith(f"k: given {k!r}, expected 1 to 3, the size of the gallery")


@pytest.mark.parametrize(
    ("k", "remedy"),
    [
        (np.int64(2), "Write int(k)."),
        (2.0, "Write int(k)."),
        (4, "Ask for fewer results."),
        (0, "Ask for some results."),
    ],
)
def test_the_remedy_fits_what_is_wrong_with_k(k, remedy):
    with pytest.raises(InputError) as caught:
        check_k(k, 3)
    assert caught.value.remedy == remedy


def test_a_filter_that_leaves_fewer_is_named():
    check_k(3, 3, filtered=True)
    with pytest.raises(InputError, match="k: given 3, expected 1 to 2, what the filter leaves"):
        check_k(3, 2, filtered=True)
