"""Bootstrap intervals: what they cover, what makes them wider or narrower, the same for the same seed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adde_lite.errors import InputError
from adde_lite.metrics import intervals as module
from adde_lite.metrics.intervals import bootstrap_interval, bootstrap_intervals, paired_interval


def some_values(count=400, seed=0):
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def width(interval):
    return interval.high - interval.low


def test_the_interval_is_that_of_the_normal_approximation_where_that_holds():
    values = some_values(2000)
    reach = 1.96 * float(values.std()) / len(values) ** 0.5
    interval = bootstrap_interval(values, draws=4000)
    assert interval.low == pytest.approx(float(values.mean()) - reach, abs=0.1 * reach)
    assert interval.high == pytest.approx(float(values.mean()) + reach, abs=0.1 * reach)


def test_nineteen_of_twenty_intervals_hold_the_true_mean():
    hits = 0
    for seed in range(200):
        low, high = bootstrap_interval(some_values(100, seed), draws=300, seed=seed)
        hits += low <= 0.5 <= high
    assert 180 <= hits <= 198


@given(level=st.floats(0.5, 0.95), seed=st.integers(0, 1000))
def test_a_higher_level_is_wider_and_a_seed_repeats(level, seed):
    values = some_values(60, seed)
    interval = bootstrap_interval(values, level=level, draws=200, seed=seed)
    assert interval == bootstrap_interval(values, level=level, draws=200, seed=seed)
    wider = bootstrap_interval(values, level=level + 0.04, draws=200, seed=seed)
    assert wider.low <= interval.low <= interval.high <= wider.high
    assert interval != bootstrap_interval(values, level=level, draws=200, seed=seed + 1)


def test_queries_that_never_differ_leave_no_doubt():
    for kind in (torch.float32, torch.bfloat16):
        assert bootstrap_interval(torch.full((50,), 0.25, dtype=kind)) == (0.25, 0.25)


def test_copies_of_a_query_add_no_certainty_when_they_are_grouped():
    values = some_values(80)
    copies, groups = values.repeat_interleave(5), torch.arange(80).repeat_interleave(5)
    alone = bootstrap_interval(values)
    assert bootstrap_interval(copies, groups=groups) == pytest.approx(alone, abs=1e-12)
    assert width(bootstrap_interval(copies)) < 0.6 * width(alone)


def test_groups_of_uneven_size_still_give_means_of_queries():
    groups = torch.tensor([0] * 1 + [1] * 5 + [2] * 30)
    assert bootstrap_interval(torch.full((36,), 0.25), groups=groups) == (0.25, 0.25)


def test_the_paired_difference_is_sharper_than_the_two_rows():
    hard, noise = some_values(seed=1), 0.02 * some_values(seed=2)
    difference = paired_interval(hard + noise, hard)
    assert 0 < difference.low < float(noise.mean()) < difference.high
    assert width(difference) < 0.1 * width(bootstrap_interval(hard))


def test_measures_together_have_the_intervals_of_each_alone(monkeypatch):
    measures = {"a": some_values(seed=1), "b": some_values(seed=2)}
    together = bootstrap_intervals(measures, seed=3)
    for name, values in measures.items():
        assert together[name] == pytest.approx(bootstrap_interval(values, seed=3), abs=1e-12)
    monkeypatch.setattr(module, "COUNTS_AT_ONCE", 900)
    assert together["a"] == pytest.approx(bootstrap_interval(measures["a"], seed=3), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap_interval(torch.zeros(0)), r"values: given shape \(0,\)"),
        (lambda: bootstrap_interval(torch.zeros(2, 2)), r"values: given shape \(2, 2\)"),
        (lambda: bootstrap_interval(torch.tensor([0, torch.nan])), "values, query 1: given nan"),
        (lambda: bootstrap_interval(torch.zeros(3), level=1), "level: given 1"),
        (lambda: bootstrap_interval(torch.zeros(3), draws=0), "draws: given 0"),
        (lambda: bootstrap_interval(torch.zeros(3), groups=torch.arange(2)), r"values: given \(3,\), expected \(2,\)"),
        (lambda: bootstrap_intervals({"a": torch.zeros(3), "b": torch.zeros(2)}), r"b: given \(2,\), expected \(3,\)"),
        (lambda: bootstrap_intervals({}), "measures: given none"),
        (lambda: paired_interval(torch.zeros(3), torch.zeros(2)), r"first and second: given \(3,\) and \(2,\)"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
