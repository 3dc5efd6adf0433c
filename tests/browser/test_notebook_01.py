"""Notebook 01 as a student meets it: every latent slider moves the picture, and back again."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SLIDER, PICTURE = ".latent-slider", ".latent-picture"
PRESSES = 4  # a standard deviation


def test_every_latent_slider_moves_the_picture_and_moving_back_restores_it(open_notebook):
    tab = open_notebook("01_vae_baseline")
    tab.run_all()

    tab.show(SLIDER)
    count = tab.page.locator(SLIDER).count()
    assert count >= 3
    before, alt = tab.pixels(PICTURE), tab.page.locator(f"{PICTURE} img").get_attribute("alt")
    for position in range(count):
        slider = tab.page.locator(SLIDER).nth(position).get_by_role("slider")
        start = float(slider.get_attribute("aria-valuenow"))
        away, back = ("ArrowRight", "ArrowLeft") if start < 0 else ("ArrowLeft", "ArrowRight")  # never into an end
        slider.focus()
        for _ in range(PRESSES):
            slider.press(away)
        tab.wait_for_pixels(PICTURE, lambda now: now != before)
        assert tab.page.locator(f"{PICTURE} img").get_attribute("alt") != alt
        for _ in range(PRESSES):
            slider.press(back)
        tab.wait_for_pixels(PICTURE, lambda now: now == before)
    assert tab.page.locator(f"{PICTURE} img").get_attribute("alt") == alt
