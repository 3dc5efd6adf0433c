import numpy as np
import pytest

from adde_lite import plots
from adde_lite.plots.picture import BLUE, INK, PAPER

ALT = "A picture of a study."


def colours(picture):
    """Colours of the scattered dots, a set a collection."""
    from matplotlib.colors import to_hex

    return [{to_hex(colour).upper() for colour in dots.get_facecolor()} for dots in picture.axes[0].collections]


def test_the_baseline_group_is_open_and_grey_and_the_median_is_marked():
    picture = plots.score_strips({"ours": [0.1, 0.2, 0.9], "untrained": [0.0, 0.1]}, "score", ALT, baseline="untrained")
    assert colours(picture) == [{BLUE}, {PAPER}]
    assert [line.get_xdata()[0] for line in picture.axes[0].lines] == pytest.approx([0.2, 0.05])


def test_an_interval_is_in_colour_only_when_it_keeps_off_zero():
    numbers = {"sure": (0.5, 0.2, 0.8), "unsure": (0.3, -0.1, 0.6), "below": (-0.5, -0.8, -0.2)}
    assert colours(plots.correlation_intervals(numbers, "correlation", ALT)) == [{BLUE}, {INK}, {BLUE}]


def test_runs_with_the_same_count_stay_apart():
    picture = plots.counted([2, 2, 2, 4], [2, 2, 2, 5], ("factors", "count"), ALT)
    dots = np.asarray(picture.axes[0].collections[-1].get_offsets())
    assert len(np.unique(dots, axis=0)) == 4


def test_every_value_has_its_colour_and_its_name_in_all_maps():
    points = np.random.default_rng(0).normal(size=(30, 2))
    picture = plots.maps({"PCA": points, "UMAP": -points}, np.arange(30) % 3, ["white", "navy", "pink"], ALT)
    assert [text.get_text() for text in picture.legends[0].get_texts()] == ["white", "navy", "pink"]
    for place in picture.axes:
        assert sum(len(dots.get_offsets()) for dots in place.collections) == 30
        for value, dots in enumerate(place.collections):
            np.testing.assert_array_equal(np.abs(dots.get_offsets()), np.abs(points[value::3]))
    assert picture.alt == ALT
