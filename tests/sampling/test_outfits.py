"""Examples from outfits: one garment left out, others of its category beside it."""

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.sampling.outfits import LeaveOneOut

CATEGORIES = torch.tensor([2, 0, 1, 0, 1, 2, 0, 2, 1])
ITEMS = torch.tensor([[1, 2, 0], [4, 3, -1], [6, 8, 7], [5, 1, -1]])


def drawn(epoch=0, seed=0, items=ITEMS, negatives=200):
    return LeaveOneOut(items, CATEGORIES, negatives).draw(seed, epoch)


def as_outfits(example):
    whole = torch.cat([example.given, example.candidates[:, :1]], dim=1)
    return {tuple(sorted(row[row >= 0].tolist())) for row in whole}


def test_what_is_given_and_what_is_left_out_make_the_outfit_again():
    assert as_outfits(drawn()) == {tuple(sorted(row[row >= 0].tolist())) for row in ITEMS}


def test_negatives_are_of_the_category_never_the_garment_itself_and_reach_all_others():
    example = drawn()
    for candidates in example.candidates:
        positive, negatives = int(candidates[0]), set(candidates[1:].tolist())
        same = set((CATEGORIES[positive] == CATEGORIES).nonzero()[:, 0].tolist())
        assert negatives == same - {positive}


def test_every_garment_of_an_outfit_is_left_out_in_some_epoch():
    source = LeaveOneOut(ITEMS, CATEGORIES, 1)
    left_out = {int(row) for epoch in range(40) for row in source.draw(0, epoch).candidates[:, 0]}
    assert left_out == set(ITEMS[ITEMS >= 0].tolist())


def test_the_draw_depends_on_seed_and_epoch_alone():
    assert torch.equal(drawn(3, 1).candidates, drawn(3, 1).candidates)
    assert not torch.equal(drawn(3, 1).candidates, drawn(4, 1).candidates)
    assert not torch.equal(drawn(3, 1).candidates, drawn(3, 2).candidates)


def test_an_outfit_of_one_garment_is_refused():
    with pytest.raises(InputError, match="outfit 1: given 1 garment"):
        LeaveOneOut(torch.tensor([[0, 1], [2, -1]]), CATEGORIES, 1)


def test_a_category_with_a_single_garment_is_refused():
    with pytest.raises(InputError, match="garment 3, the only one of its category"):
        LeaveOneOut(torch.tensor([[0, 3]]), torch.tensor([0, 0, 0, 1]), 1)
