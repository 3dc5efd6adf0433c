"""Triplets under a condition: labels agree where they should, missing ones stay out, the draw is fair and seeded."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.sampling import ConditionalTriplets, conditional_triplets, conflicting_triplets

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "fit": ["slim", "loose"]})
COLUMNS = ("anchor", "positive", "negative", "condition")


def random_labels(seed, rows, lowest=-1):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([rng.integers(lowest, size, rows) for size in SCHEMA.sizes], axis=1))


def drawn(labels, **options):
    """Triplets of labels in which every attribute has some; hypothesis draws others otherwise."""
    try:
        return conditional_triplets(labels, SCHEMA, **options)
    except InputError:
        assume(False)


labellings = st.builds(random_labels, st.integers(0, 2**32 - 1), st.integers(4, 30))


@given(labels=labellings, per_image=st.integers(1, 3), seed=st.integers(0, 99))
def test_positives_have_the_value_of_the_condition_negatives_another_and_nobody_lacks_one(labels, per_image, seed):
    triplets = drawn(labels, per_image=per_image, seed=seed)
    c = triplets.condition
    anchor, positive, negative = (labels[rows, c] for rows in triplets.rows.T)
    assert torch.equal(anchor, positive)
    assert (anchor != negative).all()
    assert (torch.stack([anchor, negative]) != MISSING).all()
    assert (triplets.anchor != triplets.positive).all()


@given(labels=labellings, per_image=st.integers(1, 3))
def test_every_image_that_can_is_an_anchor_of_each_of_its_attributes_equally_often(labels, per_image):
    triplets = drawn(labels, per_image=per_image, seed=0)
    for a in range(SCHEMA.A):
        codes = labels[:, a]
        twice = torch.tensor([value != MISSING and (codes == value).sum() > 1 for value in codes])
        counts = torch.bincount(triplets.under(a).anchor, minlength=len(labels))
        assert torch.equal(counts, twice * per_image)


def test_all_partners_are_equally_likely():
    labels = torch.tensor([[0, 0, 0]] * 4 + [[1, 1, 1]] * 4)
    triplets = conditional_triplets(labels, SCHEMA, per_image=3000, seed=0)
    of_first = triplets.picked((triplets.anchor == 1) & (triplets.condition == 0))
    assert (torch.bincount(of_first.positive, minlength=8)[[0, 2, 3]] / 3000 - 1 / 3).abs().max() < 0.05
    assert (torch.bincount(of_first.negative, minlength=8)[4:] / 3000 - 1 / 4).abs().max() < 0.05


def test_same_seed_same_triplets_and_another_seed_others():
    labels = random_labels(0, 60)
    one, again, other = (conditional_triplets(labels, SCHEMA, seed=seed) for seed in (3, 3, 4))
    assert all(torch.equal(getattr(one, name), getattr(again, name)) for name in COLUMNS)
    assert not torch.equal(one.rows, other.rows)


def test_an_attribute_of_one_value_has_no_negative_and_is_named():
    labels = torch.tensor([[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]])
    with pytest.raises(InputError, match=r"'sleeve'.*1 value in 4 images: no negative.*Leave it out"):
        conditional_triplets(labels, SCHEMA, seed=0)


def test_an_attribute_without_a_value_twice_has_no_positive_and_is_named():
    labels = torch.tensor([[0, 0, 0], [1, 0, 1], [2, 1, 0], [-1, 1, 1]])
    with pytest.raises(InputError, match=r"'colour'.*no value twice: no positive"):
        conditional_triplets(labels, SCHEMA, seed=0)


def test_fewer_than_one_triplet_an_image_is_refused():
    with pytest.raises(InputError, match="per_image"):
        conditional_triplets(random_labels(0, 60), SCHEMA, per_image=0, seed=0)


def test_a_triplet_tells_the_labels_of_its_condition_and_hides_the_others():
    labels = torch.tensor([[2, 0, 1], [2, 1, 1], [0, 0, 1]])
    triplets = ConditionalTriplets(*(torch.tensor([row]) for row in (0, 1, 2, 0)))
    assert triplets.told(labels).tolist() == [[[2, -1, -1], [2, -1, -1], [0, -1, -1]]]


def test_a_triplet_without_labels_tells_who_is_alike():
    triplets = ConditionalTriplets(*(torch.tensor([row]) for row in (0, 1, 2, 1)))
    assert triplets.told(torch.full((3, 2), MISSING)).tolist() == [[[-1, 0], [-1, 0], [-1, 1]]]


def test_triplets_beyond_the_data_are_refused_by_name():
    triplets = ConditionalTriplets(*(torch.tensor([row, row]) for row in (0, 1, 5, 1)))
    with pytest.raises(InputError, match="triplet 0, negative: given 5, expected 0 to 3"):
        triplets.told(torch.zeros(4, 2, dtype=torch.int64))
    with pytest.raises(InputError, match="triplet 0, condition: given 1, expected 0 to 0"):
        triplets.told(torch.zeros(6, 1, dtype=torch.int64))


@pytest.mark.parametrize("column", range(4))
def test_columns_of_another_type_or_below_0_are_refused(column):
    good = [torch.tensor([0, 1])] * 4
    for bad in (torch.tensor([0.0, 1.0]), torch.tensor([0, -1])):
        with pytest.raises(InputError, match=COLUMNS[column]):
            ConditionalTriplets(*[bad if k == column else good[k] for k in range(4)])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match=r"triplets, positive: given torch.int64 \(1,\), expected int64 \(2,\)"):
        ConditionalTriplets(torch.tensor([0, 1]), torch.tensor([1]), torch.tensor([2, 2]), torch.tensor([0, 0]))


def conflicting(labels, **options):
    try:
        return conflicting_triplets(labels, SCHEMA, **options)
    except InputError:
        assume(False)


@given(labels=labellings, count=st.integers(1, 40))
def test_conflicting_triplets_come_in_both_orders_of_one_shared_and_all_but_one(labels, count):
    triplets = conflicting(labels, count=count, seed=1)
    assert len(triplets) == 2 * count
    for k in range(0, 2 * count, 2):
        i, j, far, c = (int(getattr(triplets, name)[k]) for name in COLUMNS)
        assert [int(getattr(triplets, name)[k + 1]) for name in COLUMNS[:3]] == [i, far, j]
        other = int(triplets.condition[k + 1])
        shared = (labels[i] == labels[j]) & (labels[i] != MISSING)
        assert shared.nonzero().tolist() == [[c]]
        assert (labels[i] != labels[far]).nonzero().tolist() == [[c]]
        assert labels[i, other] == labels[far, other] != MISSING
        assert other != c


def test_any_single_space_is_wrong_on_half_of_the_conflicting_triplets():
    labels = random_labels(0, 200, lowest=0)
    triplets = conflicting_triplets(labels, SCHEMA, count=100, seed=0)
    space = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    near, far = ((space[triplets.anchor] - space[rows]).norm(dim=1) for rows in (triplets.positive, triplets.negative))
    assert int((near < far).sum()) == 100


def test_labels_without_conflict_are_refused():
    alike = torch.tensor([[0, 0, 0], [1, 1, 1]]).repeat(4, 1)
    for labels in (alike, alike[:0]):
        with pytest.raises(InputError, match="differs in one attribute"):
            conflicting_triplets(labels, SCHEMA, count=1, seed=0)
    with pytest.raises(InputError, match="count"):
        conflicting_triplets(alike, SCHEMA, count=0, seed=0)
