"""Notebook 06 as a student meets it: the explorer by keyboard, and its frames that need no kernel."""

from functools import partial

import pytest

from tests.browser.conftest import changed

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

VALUE, LABEL = ".explorer-value", ".explorer-label"
RESULTS, MEMORY = ".explorer-results", ".explorer-memory"
FRAMES, FRAME_LABEL, FRAME = ".edit-slider", ".edit-label", ".edit-picture"


def test_the_explorer_and_its_frames_move_and_come_back_by_keyboard(open_notebook):
    tab = open_notebook("06_retrieval_evaluation")
    tab.run_all()

    tab.show(LABEL)
    label = tab.page.locator(LABEL)
    start = label.text_content(), tab.pixels(RESULTS), tab.pixels(MEMORY)
    count = tab.page.locator(VALUE).count()
    assert count == 5
    for position in range(count):
        slider = tab.page.locator(VALUE).nth(position).get_by_role("slider")
        slider.focus()
        slider.press("End")
        expect(label).not_to_have_text(start[0])
        tab.wait_for_pixels(MEMORY, partial(changed, start[2]))
        slider.press("Home")
        expect(label).to_have_text(start[0])
        tab.wait_for_pixels(RESULTS, lambda now: now == start[1])
        tab.wait_for_pixels(MEMORY, lambda now: now == start[2])

    stops = tab.show(FRAMES).get_by_role("slider").first
    first, picture = tab.page.locator(FRAME_LABEL).first.text_content(), tab.pixels(FRAME)
    stops.focus()
    stops.press("End")
    expect(tab.page.locator(FRAME_LABEL).first).not_to_have_text(first)
    tab.wait_for_pixels(FRAME, partial(changed, picture))
    stops.press("Home")
    expect(tab.page.locator(FRAME_LABEL).first).to_have_text(first)
    tab.wait_for_pixels(FRAME, lambda now: now == picture)
