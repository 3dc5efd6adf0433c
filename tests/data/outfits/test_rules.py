"""The rule book: what its tables say, that garments have what it looks at, how strict it is."""

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.data.outfits import KEPT, RULE_BOOK, SAME_PLACE, Relation, Rule, RuleBook
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.data.wardrobe.schema import HAS
from adde_lite.errors import InputError

CATEGORIES = WARDROBE.options("category")
GARMENTS = torch.tensor([label_row(k, 1, 0.0, 1) for k in range(400)])
garment = st.integers(0, len(GARMENTS) - 1)


def worn(**values):
    """A label row of these values; nothing else is labelled."""
    return WARDROBE.encode([values])[0]


@pytest.mark.parametrize(
    ("one", "other", "broken"),
    [
        ({"category": "shirt", "colour": "navy"}, {"category": "skirt", "colour": "sky"}, None),
        ({"category": "shirt", "colour": "white"}, {"category": "skirt", "colour": "green"}, None),  # the ring closes
        ({"category": "shirt", "colour": "navy"}, {"category": "skirt", "colour": "pink"}, "harmony"),
        ({"category": "shirt", "pattern": "dots"}, {"category": "boot", "pattern": "floral"}, None),
        ({"category": "shirt", "pattern": "plain"}, {"category": "boot", "pattern": "camouflage"}, "calm"),  # no ring
        ({"category": "dress", "sleeve": "short"}, {"category": "coat", "sleeve": "sleeveless"}, None),
        ({"category": "dress", "sleeve": "short"}, {"category": "coat", "sleeve": "long"}, "season"),
        ({"category": "dress", "trim": "band"}, {"category": "bag", "trim": "side stripes"}, None),
        ({"category": "dress", "trim": "band"}, {"category": "bag", "trim": "fringe"}, "occasion"),
        ({"category": "hat", "length": "long"}, {"category": "bag", "length": "long"}, None),
        ({"category": "hat", "length": "long"}, {"category": "bag", "length": "medium"}, "proportion"),
    ],
)
def test_garments_by_hand_keep_or_break_the_rule_of_their_pair(one, other, broken):
    number = int(RULE_BOOK.broken(worn(**one), worn(**other)))
    assert (RULE_BOOK.rules[number].relation.name if number >= 0 else None) == broken


@pytest.mark.parametrize(
    ("one", "other"), [("hat", "hat"), ("boot", "sneaker"), ("dress", "shorts"), ("shirt", "dress")]
)
def test_two_garments_in_one_place_are_never_an_outfit(one, other):
    assert int(RULE_BOOK.broken(worn(category=one), worn(category=other))) == SAME_PLACE


def test_a_pair_without_a_rule_breaks_none():
    assert int(RULE_BOOK.broken(worn(category="shirt"), worn(category="hat"))) == KEPT


@given(garment, garment)
def test_the_order_of_two_garments_does_not_matter(one, other):
    assert RULE_BOOK.broken(GARMENTS[one], GARMENTS[other]) == RULE_BOOK.broken(GARMENTS[other], GARMENTS[one])


@given(garment, garment, st.data())
def test_only_the_attribute_of_the_pair_decides(one, other, data):
    before, changed = RULE_BOOK.broken(GARMENTS[one], GARMENTS[other]), GARMENTS[one].clone()
    place = int(RULE_BOOK.looked_at[GARMENTS[one, 0], GARMENTS[other, 0]])
    free = [
        name for name in WARDROBE.names if name != "category" and (place < 0 or name != RULE_BOOK.attributes[place])
    ]
    name = data.draw(st.sampled_from(free))
    changed[WARDROBE.index(name)] = data.draw(st.integers(-1, len(WARDROBE.options(name)) - 1))
    assert RULE_BOOK.broken(changed, GARMENTS[other]) == before


def test_all_pairs_at_once_are_each_pair_alone():
    few = GARMENTS[:40]
    one_by_one = [[int(RULE_BOOK.broken(left, right)) for right in few] for left in few]
    assert RULE_BOOK.against(few).tolist() == one_by_one


def test_every_garment_has_the_attribute_that_its_rules_look_at():
    for one, other in product(CATEGORIES, CATEGORIES):
        place = int(RULE_BOOK.looked_at[CATEGORIES.index(one), CATEGORIES.index(other)])
        if place >= 0:
            assert {one, other} <= set(HAS[RULE_BOOK.attributes[place]])


def test_a_rule_passes_a_quarter_to_a_bit_more_than_a_third_of_random_pairs():
    against, category = RULE_BOOK.against(GARMENTS), GARMENTS[:, 0]
    asked = RULE_BOOK.numbers[category][:, category]
    for number, rule in enumerate(RULE_BOOK.rules):
        pairs = asked == number
        kept = float((against[pairs] == KEPT).float().mean())
        assert 0.22 < kept < 0.42, (str(rule), kept)


def test_each_slot_looks_at_several_attributes_so_the_pair_has_to_be_known():
    for slot, _ in RULE_BOOK.slots:
        used = {rule.relation.attribute for rule in RULE_BOOK.rules if slot in rule.slots}
        assert len(used) >= 3, slot


def test_the_relations_cannot_be_read_off_as_groups():
    """Burgundy goes with pink and pink with lilac, but burgundy not with lilac."""
    for name in ("harmony", "calm"):
        relation = next(rule.relation for rule in RULE_BOOK.rules if rule.relation.name == name)
        table = relation.table(WARDROBE)
        assert any(table[a, b] and table[b, c] and not table[a, c] for a, b, c in product(range(len(table)), repeat=3))


def test_every_category_is_in_an_outfit_and_every_slot_has_rules():
    assert (RULE_BOOK.slot_of >= 0).all()
    named = {slot for rule in RULE_BOOK.rules for slot in rule.slots}
    assert named == {slot for slot, _ in RULE_BOOK.slots}


def test_five_attributes_are_looked_at():
    assert RULE_BOOK.attributes == ("colour", "pattern", "sleeve", "length", "trim")


def test_a_garment_without_the_attribute_is_an_error_that_names_the_rule():
    with pytest.raises(InputError, match=r"upper and lower: harmony \(colour\)"):
        RULE_BOOK.broken(worn(category="shirt"), worn(category="skirt", colour="sky"))


HARMONY = RULE_BOOK.rules[0].relation
SLOTS = (("upper", ("shirt",)), ("lower", ("skirt",)))


@pytest.mark.parametrize(
    ("slots", "apart", "rules", "message"),
    [
        ((("upper", ("shirt",)), ("lower", ("shirt",))), (), (), "'shirt' in two slots"),
        ((("upper", ("shrit",)),), (), (), "Did you mean 'shirt'"),
        (SLOTS, (), (), "no rules"),
        (SLOTS, (("upper", "lover"),), (), "Did you mean 'lower'"),
        (SLOTS, (), (Rule(("upper", "upper"), HARMONY),), "two different slots"),
        (SLOTS, (), (Rule(("upper", "lower"), HARMONY), Rule(("lower", "upper"), HARMONY)), "lower and upper twice"),
        (SLOTS, (("lower", "upper"),), (Rule(("upper", "lower"), HARMONY),), "lower and upper twice"),
        (SLOTS, (), (Rule(("upper", "lower"), Relation("x", "fit", (("slim",), ("loose",)))),), "'regular'"),
        (SLOTS, (), (Rule(("upper", "lower"), Relation("x", "fti", (("slim",),))),), "Did you mean 'fit'"),
    ],
)
def test_a_book_that_contradicts_itself_is_refused(slots, apart, rules, message):
    with pytest.raises(InputError, match=message):
        RuleBook(WARDROBE, slots, apart, rules)
