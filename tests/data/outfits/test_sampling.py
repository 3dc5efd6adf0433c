"""Outfits from a seed: all keep the book, the parts share no garment, the seed decides."""

import pytest
import torch

from adde_lite.data.outfits import EMPTY, KEPT, RULE_BOOK, SAME_PLACE, RuleBook, sample_outfits, wardrobe_outfits
from adde_lite.data.outfits.sampling import FIRST_SEED
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.errors import InputError

SMALL = {"garments": 400, "size": 16, "progress": False, "workers": 1}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADDE_LITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield {part: wardrobe_outfits(20, 0, part=part, **SMALL) for part in ("train", "validation", "test")}


def test_every_pair_of_every_outfit_keeps_its_rule(stock, outfits):
    against = RULE_BOOK.against(stock.labels)
    for line in outfits.items:
        held = line[line != EMPTY]
        upper = torch.triu_indices(len(held), len(held), 1)
        assert (against[held[upper[0]], held[upper[1]]] == KEPT).all()


def test_an_outfit_covers_the_body_once(outfits):
    names = [name for name, _ in RULE_BOOK.slots]
    for line in outfits.categories_of(outfits.items):
        slots = [names[slot] for slot in RULE_BOOK.slot_of[line[line != EMPTY]]]
        assert len(set(slots)) == len(slots) >= 3
        assert "shoes" in slots
        assert ("dress" in slots) != ({"upper", "lower"} <= set(slots))
        assert ("upper" in slots) == ("lower" in slots)


def test_all_slots_and_all_lengths_occur(outfits):
    counts = (outfits.items != EMPTY).sum(1)
    assert set(counts.tolist()) == {3, 4, 5, 6}
    used = outfits.categories_of(outfits.items)
    assert set(used[used != EMPTY].tolist()) == set(range(14))


def test_fewer_outfits_are_a_prefix_of_more(stock, outfits):
    few = sample_outfits(stock, 10, 0).items
    assert torch.equal(few, outfits.items[:10, : few.shape[1]])
    assert (outfits.items[:10, few.shape[1] :] == EMPTY).all()


def test_another_seed_is_other_outfits(stock, outfits):
    assert not torch.equal(sample_outfits(stock, 150, 1).items, outfits.items)


def test_parts_share_no_garment_and_together_are_the_whole_wardrobe(parts):
    ids = [set(part.stock.ids) for part in parts.values()]
    products = [set(part.stock.columns["product"]) for part in parts.values()]
    assert [len(part) for part in ids] == [200, 100, 100]
    assert len(set.union(*ids)) == 400
    assert len(set.union(*products)) == sum(map(len, products))


def test_garments_are_of_no_wardrobe_that_encoders_learn_from(parts):
    stock = parts["train"].stock
    number = int(stock.ids[0].rpartition("-")[2])
    assert stock.labels[0].tolist() == list(label_row(number, FIRST_SEED, 0.0, 1))
    assert all(name.startswith(f"w{FIRST_SEED}-") for name in stock.ids)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"part": "valid"}, "Did you mean 'validation'"),
        ({"count": 0}, "count: given 0"),
        ({"garments": 0}, "wardrobe: n"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=message):
        wardrobe_outfits(**{"count": 1, "seed": 0} | SMALL | {"garments": 40} | arguments)


def test_a_stock_without_shoes_makes_no_outfits_and_says_so(stock):
    barefoot = stock.subset((RULE_BOOK.slot_of[stock.labels[:, 0]] != 4).nonzero()[:, 0])
    with pytest.raises(InputError, match=r"of which no .*shoes"):
        sample_outfits(barefoot, 1, 0)


def test_a_book_without_the_slots_of_outfits_is_refused(stock):
    bare = RuleBook(RULE_BOOK.schema, RULE_BOOK.slots[:5], (), RULE_BOOK.rules[:2])
    with pytest.raises(InputError, match="rules: given slot 'bag'"):
        sample_outfits(stock, 1, 0, rules=bare)


def test_two_garments_of_one_place_are_in_no_outfit(stock, outfits):
    against = RULE_BOOK.against(stock.labels)
    pairs = torch.combinations(torch.arange(outfits.items.shape[1]))
    lines = outfits.items[:, pairs]
    held = (lines != EMPTY).all(2)
    assert not (against[lines[..., 0], lines[..., 1]][held] == SAME_PLACE).any()
