"""Notebook 07 as a student meets it: weights on conditions by keyboard, and frames that need no kernel."""

from functools import partial

import pytest

from tests.browser.conftest import changed

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLIDER, PICTURE = ".condition-slider", ".condition-picture"
FRAMES, FRAME_LABEL, FRAME = ".edit-slider", ".edit-label", ".edit-picture"


def test_every_weight_moves_to_both_ends_and_back_by_keyboard_and_frames_need_no_kernel(open_notebook):
    tab = open_notebook("07_conditional_similarity")
    tab.run_all()

    tab.show(SLIDER)
    start, picture = tab.pixels(PICTURE), tab.page.locator(f"{PICTURE} img")
    alt = picture.get_attribute("alt")
    assert alt.startswith("Similar in colour:")
    sliders = tab.page.locator(SLIDER)
    assert sliders.count() == 7  # which garment, and six conditions
    for position in range(7):
        slider = sliders.nth(position).get_by_role("slider")
        at, last = (int(float(slider.get_attribute(f"aria-value{which}"))) for which in ("now", "max"))
        away, back = ("Home", "End") if at == last else ("End", "Home")  # each begins at one of its ends
        slider.focus()
        slider.press(away)
        tab.wait_for_pixels(PICTURE, partial(changed, start))
        expect(picture).not_to_have_attribute("alt", alt)
        slider.press(back)
        tab.wait_for_pixels(PICTURE, lambda now: now == start)
    expect(picture).to_have_attribute("alt", alt)

    stops = tab.show(FRAMES).get_by_role("slider").first
    label = tab.page.locator(FRAME_LABEL).first
    first, frame = label.text_content(), tab.pixels(FRAME)
    stops.focus()
    stops.press("End")
    expect(label).not_to_have_text(first)
    tab.wait_for_pixels(FRAME, partial(changed, frame))
    assert f"Similar in {label.text_content().strip()}:" in tab.page.locator(f"{FRAME} img:visible").get_attribute(
        "alt"
    )
    stops.press("Home")
    expect(label).to_have_text(first)
    tab.wait_for_pixels(FRAME, lambda now: now == frame)
