"""Notebooks as a student meets them: JupyterLab, a real browser, run all, move the slider."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"


@pytest.mark.parametrize("name", ["00_start_here", "02_disentanglement_analysis"])
def test_it_runs_top_to_bottom_and_the_slider_changes_the_picture(open_notebook, name):
    tab = open_notebook(name)
    tab.run_all()

    slider = tab.show(SLIDER).get_by_role("slider").first
    label = tab.page.locator(LABEL).first
    before_text, before = label.text_content(), tab.pixels(PICTURE)
    assert before_text.strip()

    slider.focus()
    slider.press("ArrowRight")
    expect(label).not_to_have_text(before_text)
    tab.wait_for_pixels(PICTURE, lambda now: now != before)

    slider.press("ArrowLeft")
    expect(label).to_have_text(before_text)
    tab.wait_for_pixels(PICTURE, lambda now: now == before)
