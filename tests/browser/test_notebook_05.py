"""Notebook 05 as it is committed: with no run, what a step costs, by a slider over the steps between checkpoints."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_every_stop_of_the_slider_tells_its_cost_and_moving_back_restores_it(open_notebook):
    seen = list(open_notebook("05_training_on_gpu", saved=True).stops())
    assert len({tuple(stop.pixels) for stop in seen}) == len(seen) >= 6
    for stop in seen:
        assert f"a checkpoint every {stop.label}" in stop.alt
    rare, often = _milliseconds(seen[-1].alt), _milliseconds(seen[0].alt)
    assert rare["10 minutes"] > rare["hour"] > rare["day"] > 0
    assert rare["day"] < often["day"]


def _milliseconds(alt):
    """Time between kills -> what a step costs, as the picture's alt text says."""
    return {name: float(cost) for name, cost in re.findall(r"(10 minutes|hour|day): ([\d.]+) ms", alt)}
