"""Notebook 08 as a student meets it: the outfit builder by keyboard, and its frames that need no kernel."""

from functools import partial

import pytest

from tests.browser.conftest import changed

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

PIECE, TARGET, SWAP = ".builder-piece", ".builder-target", ".builder-swap"
LABEL, PICTURE = ".builder-label", ".builder-picture"
FRAMES, FRAME_LABEL, FRAME = ".edit-slider", ".edit-label", ".edit-picture"


def test_the_builder_and_its_frames_move_and_come_back_by_keyboard(open_notebook):
    tab = open_notebook("08_outfit_completion")
    tab.run_all()

    tab.show(LABEL)
    label = tab.page.locator(LABEL)
    start = label.text_content(), tab.pixels(PICTURE)
    assert tab.page.locator(PIECE).count() == 4
    pieces = [tab.page.locator(PIECE).nth(place).get_by_role("slider") for place in range(4)]
    others = [tab.page.locator(part).get_by_role("slider") for part in (TARGET, SWAP)]
    for slider in (*pieces, *others):
        stop = int(float(slider.get_attribute("aria-valuenow")))
        slider.focus()
        slider.press("End")
        tab.wait_for_pixels(PICTURE, partial(changed, start[1]))
        slider.press("Home")
        for _ in range(stop):
            slider.press("ArrowRight")
        expect(label).to_have_text(start[0])
        tab.wait_for_pixels(PICTURE, lambda now: now == start[1])

    for slider in pieces[:2]:
        slider.focus()
        slider.press("Home")
    expect(label).to_have_text("choose a garment to begin with")
    for slider in pieces[:2]:
        slider.focus()
        slider.press("ArrowRight")
    expect(label).to_have_text(start[0])

    stops = tab.show(FRAMES).get_by_role("slider").first
    first, picture = tab.page.locator(FRAME_LABEL).first.text_content(), tab.pixels(FRAME)
    stops.focus()
    stops.press("End")
    expect(tab.page.locator(FRAME_LABEL).first).not_to_have_text(first)
    tab.wait_for_pixels(FRAME, partial(changed, picture))
    stops.press("Home")
    expect(tab.page.locator(FRAME_LABEL).first).to_have_text(first)
    tab.wait_for_pixels(FRAME, lambda now: now == picture)
