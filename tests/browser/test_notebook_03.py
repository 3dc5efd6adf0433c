"""Notebook 03 as it is committed: with no run, the slider moves from subspace to subspace, and back again."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_every_stop_of_the_slider_shows_the_subspace_that_its_label_names(open_notebook):
    seen = list(open_notebook("03_adde_encoder", saved=True).stops())
    for stop in seen:
        assert f"in the {stop.label} subspace" in stop.alt
    assert len({stop.label for stop in seen}) == len(seen) >= 4
