import numpy as np
import pytest
from matplotlib.colors import to_hex

from adde_lite import plots
from adde_lite.plots.picture import BLUE, GREY

PANELS = {
    "new value": {"without a": [-0.2, -0.3, -0.25], "without b": [0.01, -0.01, 0.0]},
    "others kept": {"without a": [0.0, 0.0, 0.0], "without b": [0.0, 0.0, 0.0]},
}


def large(differences):
    return abs(np.mean(differences)) > 0.1


@pytest.fixture
def places():
    return plots.difference_strips(PANELS, large, "Dots beside zero.").axes


def test_every_seed_is_a_dot_on_the_line_of_its_variant(places):
    for place, groups in zip(places, PANELS.values(), strict=True):
        for row, (dots, differences) in enumerate(zip(place.collections, groups.values(), strict=True)):
            np.testing.assert_allclose(dots.get_offsets(), [(difference, row) for difference in differences])
    assert [label.get_text() for label in places[0].get_yticklabels()] == ["without a", "without b"]


def test_only_what_matters_is_blue_and_full(places):
    drawn = [[to_hex(dots.get_edgecolor()[0]).upper() for dots in place.collections] for place in places]
    assert drawn == [[BLUE, GREY], [GREY, GREY]]
    full = [[to_hex(dots.get_facecolor()[0]) != "#ffffff" for dots in place.collections] for place in places]
    assert full == [[True, False], [False, False]]


def test_the_bar_is_the_mean_and_zero_lies_in_the_middle(places):
    first_bar, second_bar, zero = places[0].lines
    assert first_bar.get_xdata()[0] == pytest.approx(-0.25)
    assert second_bar.get_xdata()[0] == pytest.approx(0)
    assert zero.get_xdata()[0] == 0
    for place in places:
        low, high = place.get_xlim()
        assert low == -high < 0
