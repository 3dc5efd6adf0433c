"""Notebook 04 as a student meets it: training by a slider without the kernel, prototypes by sliders with it."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

STAGE, STAGE_LABEL, STAGE_PICTURE = ".edit-slider", ".edit-label", ".edit-picture"
VALUE, SWAP = ".value-slider", ".value-picture"


def test_training_moves_by_a_slider_without_a_run(open_notebook):
    tab = open_notebook("04_memory_and_losses", saved=True)  # in profile tiny the stops look alike

    slider, label = tab.show(STAGE).get_by_role("slider").first, tab.page.locator(STAGE_LABEL).first
    start, memory = label.text_content(), tab.pixels(STAGE_PICTURE)
    slider.focus()
    slider.press("ArrowRight")
    expect(label).not_to_have_text(start)
    tab.wait_for_pixels(STAGE_PICTURE, lambda now: now != memory)
    slider.press("ArrowLeft")
    tab.wait_for_pixels(STAGE_PICTURE, lambda now: now == memory)


def test_every_prototype_slider_changes_the_picture_and_moving_back_restores_it(open_notebook):
    tab = open_notebook("04_memory_and_losses")
    tab.run_all()
    tab.show(VALUE)
    count = tab.page.locator(VALUE).count()
    assert count == 3
    before, alt = tab.pixels(SWAP), tab.page.locator(f"{SWAP} img").get_attribute("alt")
    for position in range(count):
        slider = tab.page.locator(VALUE).nth(position).get_by_role("slider")
        at, last = (int(float(slider.get_attribute(f"aria-value{which}"))) for which in ("now", "max"))
        away, back = ("ArrowLeft", "ArrowRight") if at == last else ("ArrowRight", "ArrowLeft")  # never into an end
        slider.focus()
        slider.press(away)
        tab.wait_for_pixels(SWAP, lambda now: now != before)
        assert tab.page.locator(f"{SWAP} img").get_attribute("alt") != alt
        slider.press(back)
        tab.wait_for_pixels(SWAP, lambda now: now == before)
    assert tab.page.locator(f"{SWAP} img").get_attribute("alt") == alt
