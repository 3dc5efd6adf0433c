"""Triplets from labels: the edit between reference and positive is exact, the draw fair and seeded."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.data.wardrobe import WARDROBE, wardrobe
from adde_lite.errors import InputError
from adde_lite.sampling import Triplets, manipulation_triplets, pairs

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "sleeve": ["short", "long"], "fit": ["slim", "loose"]})


def random_labels(seed, rows):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([rng.integers(-1, size, rows) for size in SCHEMA.sizes], axis=1))


def apart(one, other):
    """How many edits lie between two label rows; None when an attribute is missing in only one of them."""
    if ((one == MISSING) != (other == MISSING)).any():
        return None
    return int((one != other).sum())


def tripled(labels, **options):
    """Triplets of labels in which such pairs are; hypothesis draws others otherwise."""
    try:
        return manipulation_triplets(labels, SCHEMA, **options)
    except InputError:
        assume(False)


labellings = st.builds(random_labels, st.integers(0, 2**32 - 1), st.integers(2, 25))


@given(labels=labellings, edits=st.integers(1, 3), count=st.integers(1, 60), at_once=st.sampled_from([1, 20, 10**6]))
def test_positives_lie_the_given_number_of_edits_away_and_negatives_elsewhere(labels, edits, count, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "PAIRS_AT_ONCE", at_once)
        triplets = tripled(labels, count=count, edits=edits)
    assert len(triplets) == count
    assert triplets.rows.shape == (count, 3)
    for reference, positive, negative in triplets.rows:
        assert apart(labels[reference], labels[positive]) == edits
        assert not torch.equal(labels[negative], labels[positive])


@given(labels=labellings, edits=st.integers(1, 2))
def test_every_row_with_a_partner_is_a_reference_equally_often_up_to_one(labels, edits):
    count = 40
    able = {i for i, one in enumerate(labels) if any(apart(one, other) == edits for other in labels)}
    drawn = tripled(labels, count=count, edits=edits).reference.tolist()
    assert {drawn.count(row) for row in able} <= {count // len(able), -(-count // len(able))}
    assert set(drawn) <= able


def test_partners_and_negatives_are_equally_likely():
    labels = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 1]])
    triplets = manipulation_triplets(labels, SCHEMA, count=20_000)
    of_first = triplets.positive[triplets.reference == 0]
    assert torch.bincount(of_first, minlength=5).div(len(of_first)).numpy() == pytest.approx(
        [0, 1 / 3, 1 / 3, 1 / 3, 0], abs=0.03
    )
    for positive, expected in [(1, [1 / 3, 0, 0, 1 / 3, 1 / 3]), (0, [0, 1 / 4, 1 / 4, 1 / 4, 1 / 4])]:
        drawn = triplets.negative[triplets.positive == positive]
        assert torch.bincount(drawn, minlength=5).div(len(drawn)).numpy() == pytest.approx(expected, abs=0.03)


@given(labels=labellings)
def test_same_seed_same_triplets(labels):
    drawn = [tripled(labels, count=30, seed=seed).rows for seed in (5, 5)]
    assert torch.equal(*drawn)


def test_another_seed_other_triplets():
    labels = random_labels(0, 40)
    rows = [manipulation_triplets(labels, SCHEMA, count=30, seed=seed).rows for seed in (0, 1)]
    assert not torch.equal(*rows)


@given(labels=labellings, edits=st.integers(1, 3))
def test_the_indicator_leads_from_reference_to_positive_and_takes_as_much_as_it_brings(labels, edits):
    triplets = tripled(labels, count=20, edits=edits)
    indicator = triplets.indicator(SCHEMA, labels)
    there = SCHEMA.one_hot(labels[triplets.reference]) + indicator
    assert torch.equal(there, SCHEMA.one_hot(labels[triplets.positive]))
    assert (indicator.clamp(min=0).sum(1) == edits).all()
    assert (indicator.clamp(max=0).sum(1) == -edits).all()


def test_missing_equals_missing_but_is_never_edited():
    labels = torch.tensor([[0, MISSING, 0], [1, MISSING, 0], [0, 1, 0]])
    rows = manipulation_triplets(labels, SCHEMA, count=10).rows
    assert {tuple(pair) for pair in rows[:, :2].tolist()} == {(0, 1), (1, 0)}


def test_versions_of_wardrobe_products_make_triplets():
    labels = wardrobe(60, seed=3, variants=6, progress=False, cache=False).labels
    assert len(manipulation_triplets(labels, WARDROBE, count=100)) == 100
    assert len(manipulation_triplets(labels, WARDROBE, count=100, edits=2)) == 100


def test_where_no_pair_is_so_near_the_error_says_how_far_the_nearest_are():
    labels = torch.tensor([[0, 0, 0], [1, 1, 0], [2, 0, MISSING]])
    with pytest.raises(InputError, match=r"3 label rows: given no two that lie 1 edits apart.*pass edits=2"):
        manipulation_triplets(labels, SCHEMA, count=1)
    with pytest.raises(InputError, match=r"no two that lie 1 edits apart.*several versions of a product"):
        manipulation_triplets(labels[1:], SCHEMA, count=1)


ROW = torch.zeros(1, 3, dtype=torch.int64)


def three(reference=(0,), positive=(1,), negative=(2,)):
    return Triplets(torch.tensor(reference), torch.tensor(positive), torch.tensor(negative))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: three(reference=(0.5,)), r"triplets, reference: given torch\.float32 \(1,\), expected int64 \(1,\)"),
        (lambda: three(negative=(0, 1)), r"triplets, negative: given torch\.int64 \(2,\), expected int64 \(1,\)"),
        (lambda: three(positive=(-1,)), "triplet 0, positive: given -1, expected 0 or more"),
        (lambda: three().indicator(SCHEMA, ROW.expand(2, 3)), "triplet 0, negative: given 2, expected 0 to 1"),
        (lambda: manipulation_triplets(ROW, SCHEMA, count=0), "manipulation_triplets, count: given 0"),
        (lambda: manipulation_triplets(ROW, SCHEMA, count=1, edits=4), "edits: given 4, expected 1 to 3"),
        (lambda: manipulation_triplets(ROW + 2, SCHEMA, count=1), "labels, row 0, attribute 'sleeve': given 2"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
