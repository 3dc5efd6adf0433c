"""Notebook 09 as it is committed: with no run, the slider over the cells visited moves, by keyboard, and comes back."""

import re
from itertools import pairwise

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def test_every_stop_of_the_slider_finds_as_much_or_more_and_moving_back_restores_it(open_notebook):
    tab, seen = open_notebook("09_search_at_scale", saved=True), []
    named = tab.page.get_by_label("cells visited")
    for stop in tab.stops():
        assert stop.alt.startswith(f"{stop.label} of")
        expect(named).to_have_value(stop.label)  # the control that has a name moves along
        seen.append(stop)
    found = [_found(stop.alt) for stop in seen]
    assert len(found) >= 5
    for before, after in pairwise(found):
        assert all(more >= less for less, more in zip(before, after, strict=True))
    everything = found[-1]
    assert "100% of the gallery read" in seen[-1].alt
    assert min(everything) == max(everything) > 0
    assert min(found[0]) < max(everything)  # a few cells miss something


def _found(alt):
    """How many exact answers each question found, as the picture's alt text says."""
    return [int(count) for count in re.findall(r"(\d+) of \d+ found", alt)]
