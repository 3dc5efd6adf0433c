"""Notebook 03 as it is committed: with no run, the slider moves from subspace to subspace, and back again."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"


def test_every_stop_of_the_slider_shows_the_subspace_that_its_label_names(open_notebook):
    tab = open_notebook("03_adde_encoder", saved=True)

    slider = tab.show(SLIDER).get_by_role("slider")
    label, picture = tab.page.locator(LABEL), tab.page.locator(f"{PICTURE} img:visible")
    first = tab.pixels(PICTURE)
    stops = int(float(slider.get_attribute("aria-valuemax")))
    assert stops >= 3
    seen = [label.text_content().strip()]
    slider.focus()
    for _ in range(stops):
        before = tab.pixels(PICTURE)
        slider.press("ArrowRight")
        tab.wait_for_pixels(PICTURE, lambda now, before=before: now != before)
        seen.append(label.text_content().strip())
        assert f"in the {seen[-1]} subspace" in picture.get_attribute("alt")
    assert len(set(seen)) == stops + 1
    for _ in range(stops):
        slider.press("ArrowLeft")
    tab.wait_for_pixels(PICTURE, lambda now: now == first)
