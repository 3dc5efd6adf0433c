"""Notebooks as a student meets them: JupyterLab, a real browser, run all, move the slider."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"


def test_it_runs_top_to_bottom_and_the_slider_changes_the_picture(open_notebook):
    tab = open_notebook("00_start_here")
    tab.run_all()
    slider_changes_the_picture(tab)


def test_the_slider_of_a_committed_notebook_changes_the_picture_without_a_run(open_notebook):
    slider_changes_the_picture(open_notebook("02_disentanglement_analysis", saved=True))


def slider_changes_the_picture(tab):
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
