"""What the sampled scores draw: one value shared, everything else free."""

import itertools

import numpy as np
import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.metrics.disentanglement import FactorSpace, LabelledCodes, code_grid, factor_vae_score

SIZES = (2, 3, 4)
GRID = np.array(list(itertools.product(*map(range, SIZES))))


def sources():
    """Three ways to the same codes: the factors themselves."""
    return {
        "space": FactorSpace(lambda factors: torch.tensor(factors).float(), SIZES),
        "grid": code_grid(GRID, SIZES),
        "labelled": LabelledCodes(np.repeat(GRID, 3, axis=0), np.repeat(GRID, 3, axis=0)),
    }


@pytest.mark.parametrize("kind", sources())
@pytest.mark.parametrize("factor", [0, 1, 2])
def test_a_batch_shares_one_value_and_is_free_otherwise(kind, factor):
    batches = sources()[kind].batches(factor, 50, 40, np.random.default_rng(0))
    assert batches.shape == (50, 40, 3)
    spread = np.ptp(batches, axis=1)
    assert (spread[:, factor] == 0).all()
    others = [other for other in range(3) if other != factor]
    assert (spread[:, others] == np.array(SIZES)[others] - 1).mean() > 0.95
    assert set(batches[:, 0, factor]) == set(range(SIZES[factor]))


@pytest.mark.parametrize("kind", sources())
@pytest.mark.parametrize("factor", [0, 1, 2])
def test_a_pair_shares_one_value_and_is_free_otherwise(kind, factor):
    left, right = sources()[kind].pairs(factor, 600, np.random.default_rng(0))
    differ = (left != right).mean(0)
    expected = 1 - 1 / np.array(SIZES)
    expected[factor] = 0
    assert differ == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("kind", sources())
def test_draws_cover_all_codes_evenly(kind):
    codes = sources()[kind].some(4000, np.random.default_rng(0))
    assert codes.mean(0) == pytest.approx((np.array(SIZES) - 1) / 2, abs=0.1)


def test_a_grid_scores_as_the_encoder_it_was_made_with():
    sizes = (3, 4, 5)
    grid = np.array(list(itertools.product(*map(range, sizes))))
    mixed = np.array([[1.0, 0.9, 0.2], [-0.7, 1, 0.8], [0.6, -0.8, 1]])
    by_encoder, by_grid = FactorSpace(lambda factors: factors @ mixed, sizes), code_grid(grid @ mixed, sizes)
    first, second = (factor_vae_score(source, votes=500, votes_test=500) for source in (by_encoder, by_grid))
    assert first.score == second.score < 1


def test_a_pair_is_never_one_row_twice():
    source = LabelledCodes(np.arange(4.0)[:, None], np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    left, right = source.pairs(0, 200, np.random.default_rng(0))
    assert (left != right).all()


def test_a_value_that_one_row_has_is_never_drawn():
    factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]])
    drawn = LabelledCodes(factors, factors).batches(0, 200, 3, np.random.default_rng(0))
    assert set(drawn[:, 0, 0]) == {0, 1}


def test_a_factor_that_no_two_rows_share_is_refused():
    factors = np.array([[0, 0], [0, 1], [1, 2], [1, 3]])
    with pytest.raises(InputError, match="factors, column 1: given a different value in every row"):
        LabelledCodes(factors, factors)


def test_a_grid_with_missing_rows_is_refused():
    with pytest.raises(InputError, match=r"codes: given 23 rows, expected 24, the product of \(2, 3, 4\)"):
        code_grid(GRID[1:], SIZES)


@pytest.mark.parametrize("sizes", [(5,), (3, 1)])
def test_a_space_in_which_nothing_can_be_compared_is_refused(sizes):
    with pytest.raises(InputError, match="sizes: given"):
        FactorSpace(lambda factors: factors, sizes)


def test_an_encoder_that_returns_other_rows_is_refused():
    source = FactorSpace(lambda factors: factors[1:], SIZES)
    with pytest.raises(InputError, match=r"represent\(\): given 9 rows, expected 10"):
        source.some(10, np.random.default_rng(0))
