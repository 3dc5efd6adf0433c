"""Notebook 09 as it is committed: with no run, the slider over the cells visited moves, by keyboard, and comes back."""

import re
from itertools import pairwise

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"


def test_every_stop_of_the_slider_finds_as_much_or_more_and_moving_back_restores_it(open_notebook):
    tab = open_notebook("09_search_at_scale", saved=True)

    slider = tab.show(SLIDER).get_by_role("slider").first
    label, image = tab.page.locator(LABEL).first, tab.page.locator(f"{PICTURE} img").first
    named = tab.page.get_by_label("cells visited")
    last = int(float(slider.get_attribute("aria-valuemax")))
    assert last >= 4
    start, seen = tab.pixels(PICTURE), []
    slider.focus()
    for stop in range(last + 1):
        if stop:
            slider.press("ArrowRight")
            expect(label).not_to_have_text(seen[-1][0])
            tab.wait_for_pixels(PICTURE, lambda now: now != seen[-1][1])
        alt = image.get_attribute("alt")
        assert alt.startswith(f"{label.text_content()} of")
        expect(named).to_have_value(label.text_content())  # the control that has a name moves along
        seen.append((label.text_content(), tab.pixels(PICTURE), _found(alt)))
    for before, after in pairwise(seen):
        assert all(more >= less for less, more in zip(before[2], after[2], strict=True))
    *_, everything = seen
    assert "100% of the gallery read" in image.get_attribute("alt")
    assert min(everything[2]) == max(everything[2]) > 0
    assert min(seen[0][2]) < max(everything[2])  # a few cells miss something

    slider.press("Home")
    expect(label).to_have_text(seen[0][0])
    tab.wait_for_pixels(PICTURE, lambda now: now == start)


def _found(alt):
    """How many exact answers each question found, as the picture's alt text says."""
    return [int(count) for count in re.findall(r"(\d+) of \d+ found", alt)]
