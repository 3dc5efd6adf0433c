"""Notebook 05 as it is committed: with no run, what a step costs, by a slider over the steps between checkpoints."""

import re

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"


def test_every_stop_of_the_slider_tells_its_cost_and_moving_back_restores_it(open_notebook):
    tab = open_notebook("05_training_on_gpu", saved=True)

    slider = tab.show(SLIDER).get_by_role("slider").first
    label, image = tab.page.locator(LABEL).first, tab.page.locator(f"{PICTURE} img").first
    last = int(float(slider.get_attribute("aria-valuemax")))
    assert last >= 5
    start, seen = tab.pixels(PICTURE), []
    slider.focus()
    for stop in range(last + 1):
        if stop:
            slider.press("ArrowRight")
            expect(label).not_to_have_text(seen[-1][0])
            tab.wait_for_pixels(PICTURE, lambda now: now != seen[-1][1])
        alt = image.get_attribute("alt")
        assert f"a checkpoint every {label.text_content()}" in alt
        seen.append((label.text_content(), tab.pixels(PICTURE), _milliseconds(alt)))
    assert len({tuple(pixels) for _, pixels, _ in seen}) == last + 1
    rare, often = seen[-1][2], seen[0][2]
    assert rare["10 minutes"] > rare["hour"] > rare["day"] > 0
    assert rare["day"] < often["day"]

    for _ in range(last):
        slider.press("ArrowLeft")
    expect(label).to_have_text(seen[0][0])
    tab.wait_for_pixels(PICTURE, lambda now: now == start)


def _milliseconds(alt):
    """Time between kills -> what a step costs, as the picture's alt text says."""
    return {name: float(cost) for name, cost in re.findall(r"(10 minutes|hour|day): ([\d.]+) ms", alt)}
