import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from adde_lite import plots
from adde_lite.errors import InputError
from adde_lite.plots.picture import CYCLE, MIST
from adde_lite.training import History

ALT = "A picture of training."
ROWS = [
    {"epoch": 0, "learning_rate": 0.1, "classification": 4.0, "contrast": 2.0, "cpu_seconds": 1.0},
    {"epoch": 1, "learning_rate": 0.2, "classification": 3.0, "contrast": 1.0, "cpu_seconds": 2.0},
]


@pytest.fixture
def table():
    return History(tuple(ROWS)).table()


def lines(place):
    return {line.get_label(): list(line.get_ydata()) for line in place.lines if not line.get_label().startswith("_")}


def names(picture):
    return [text.get_text() for text in picture.legends[0].get_texts()]


def test_one_run_shows_each_term_over_the_learning_rate(table):
    picture = plots.history(table)
    losses, rates = picture.axes
    assert lines(losses) == {"classification": [4.0, 3.0], "contrast": [2.0, 1.0]}
    assert list(rates.lines[0].get_ydata()) == [0.1, 0.2]
    assert picture.alt == (
        "Losses over 2 epoch(s): classification from 4 to 3, contrast from 2 to 1. The learning rate is drawn beneath."
    )


def test_several_runs_show_their_sums_each_in_one_colour_of_both_panels(table):
    losses, rates = plots.history({"a": table, "b": 2 * table}, ALT).axes
    assert lines(losses) == {"a": [6.0, 4.0], "b": [12.0, 8.0]}
    assert [line.get_color() for line in losses.lines] == [line.get_color() for line in rates.lines] == list(CYCLE[:2])


def test_validation_is_dashed_and_no_loss_of_its_own(table):
    held_out = table.assign(validation=9.0, **{"validation classification": [5.0, 4.0], "validation contrast": 2.5})
    one = plots.history(held_out).axes[0]
    assert lines(one)["contrast, validation"] == [2.5, 2.5]
    assert {line.get_linestyle() for line in one.lines if "validation" in line.get_label()} == {"--"}
    assert len(lines(one)) == 4
    both = plots.history({"with": held_out, "without": table}, ALT).axes[0]
    assert lines(both) == {"with": [6.0, 4.0], "with, validation": [7.5, 6.5], "without": [6.0, 4.0]}


def test_where_a_run_went_on_is_marked_in_both_panels(table):
    picture = plots.history(table, ALT, resumed=[0.5])
    for place in picture.axes:
        assert next(line.get_xdata() for line in place.lines if line.get_linestyle() == ":") == [0.5, 0.5]
    assert names(picture)[-1] == "went on here"
    assert "went on here" not in names(plots.history(table, ALT))


@pytest.mark.parametrize("runs", [{}, {str(run): pd.DataFrame(ROWS) for run in range(7)}])
def test_runs_that_no_colour_is_left_for_are_refused(runs):
    with pytest.raises(InputError, match="runs"):
        plots.history(runs)


def test_a_history_without_an_epoch_is_refused(table):
    with pytest.raises(InputError, match="no epoch"):
        plots.history(table.iloc[:0])


PARTS = {"float32": {"trunk": 0.030, "backward": 0.060, "optimiser": 0.001}, "bfloat16": dict.fromkeys("abc", 0.01)}


def test_parts_of_a_step_follow_one_another_and_end_at_the_whole():
    parts = {"float32": PARTS["float32"], "bfloat16": {part: 0.5 * s for part, s in PARTS["float32"].items()}}
    picture = plots.step_profile(parts, ALT)
    place = picture.axes[0]
    widths = np.array([[bar.get_width() for bar in bars] for bars in place.containers])
    np.testing.assert_allclose(widths, [[30, 15], [60, 30], [1, 0.5]])
    starts = [[bar.get_x() for bar in bars] for bars in place.containers]
    np.testing.assert_allclose(starts, [[0, 0], [30, 15], [90, 45]])
    assert names(picture) == ["trunk", "backward", "optimiser"]
    said = [text.get_text() for text in place.texts]
    assert said == ["33%", "33%", "66%", "66%", "91 ms", "45.5 ms"]  # the optimiser has no room for its number
    assert picture.alt == ALT


def test_without_alt_text_the_bars_of_a_step_are_told():
    steps = {"plain": PARTS["float32"], "ours": {"trunk": 0.04, "backward": 0.01, "optimiser": 0.001}}
    told = "Stacked bars: plain 91 ms, most of it backward; ours 51 ms, most of it trunk."
    assert plots.step_profile(steps).alt == told


def test_steps_of_other_parts_cannot_be_compared():
    with pytest.raises(InputError, match="bfloat16"):
        plots.step_profile(PARTS, ALT)


def test_rates_far_apart_get_a_logarithmic_axis_that_says_so():
    near = plots.rates({"a": {"x": 20.0, "y": 190.0}}, ALT).axes[0]
    far = plots.rates({"a": {"x": 20.0}, "b": {"x": 210.0}}, ALT).axes[0]
    assert (near.get_xscale(), far.get_xscale()) == ("linear", "log")
    assert near.get_xlim()[0] == 0
    assert "ten times" in far.get_xlabel()
    assert "ten times" not in near.get_xlabel()


def test_bars_stand_for_rates_and_what_was_not_measured_is_said():
    picture = plots.rates({"here": {"x": 20.0, "y": 30.0}, "there": {"x": 40.0}, "a GPU": "not measured"}, ALT)
    place = picture.axes[0]
    assert [[bar.get_width() for bar in bars] for bars in place.containers] == [[20, 30], [40, 0], [0, 0]]
    assert [text.get_text() for text in place.texts] == ["20", "30", "40", *["not measured"] * 3]
    assert names(picture) == ["here", "there", "a GPU: not measured"]
    assert to_hex(picture.legends[0].get_patches()[2].get_facecolor()).upper() == MIST


def test_without_alt_text_every_rate_is_told():
    told = "Bars of images a second. here: x 1,250, y 20.3; a GPU: not measured."
    assert plots.rates({"here": {"x": 1250.4, "y": 20.31}, "a GPU": "not measured"}).alt == told
    assert plots.rates({"here": {"x": 1.0}}, ALT).alt == ALT


def test_no_rate_at_all_is_refused():
    with pytest.raises(InputError, match="no rate"):
        plots.rates({"a GPU": "not measured"}, ALT)


def test_weights_apart_are_drawn_by_step_and_equality_is_said():
    picture = plots.weights_apart({"two": [1e-7, 0.0, 3e-7], "resumed": [0.0, 0.0, 0.0]}, ALT, allowed=1e-5)
    two, resumed, allowed = picture.axes[0].lines
    np.testing.assert_array_equal(two.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(two.get_ydata(), [1e-7, np.nan, 3e-7])
    assert np.isnan(resumed.get_ydata()).all()
    assert allowed.get_ydata()[0] == 1e-5
    assert names(picture) == ["two", "resumed: equal to the last bit", "allowed: 1e-05"]
    assert picture.axes[0].get_yscale() == "log"
