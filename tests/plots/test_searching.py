import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from adde_lite import plots
from adde_lite.plots.drawing import thumbnail
from adde_lite.plots.picture import BLUE, MIST

ALT = "A picture of a search."


def test_the_parts_of_a_score_stand_end_to_end_and_the_best_is_ticked():
    products = torch.tensor([[3.0, 1.0], [1.0, 2.0]])
    picture = plots.stacked_scores({"as it is": products}, ["shirt", "shoe"], ["colour", "sleeve"], ALT)
    place = picture.axes[0]
    starts = [[bar.get_x() for bar in part] for part in place.containers]
    assert starts == [[0, 0], [3, 1]]
    assert [text.get_text() for text in place.texts] == [" 4 ✓", " 3"]
    heavy = plots.stacked_scores({"as it is": products, "heavy": 9 * products}, ["shirt", "shoe"], ["a", "b"], ALT)
    assert all(place.get_xlim()[1] > 36 for place in heavy.axes)  # one scale, with room for the longest bar
    assert picture.alt == ALT


def test_the_cells_visited_are_in_colour_and_their_share_is_in_the_title():
    picture = plots.answers_by_cell({"plain": [0.5, 0.3, 0.2], "one subspace": [0.2, 0.3, 0.5]}, 2, ALT)
    left, right = picture.axes
    assert [to_hex(bar.get_facecolor()).upper() for bar in left.patches] == [BLUE, BLUE, MIST]
    assert [bar.get_height() for bar in right.patches] == [0.2, 0.3, 0.5]
    assert [place.get_title(loc="left") for place in (left, right)] == ["plain: 80%", "one subspace: 50%"]


def test_a_line_is_the_mean_of_the_seeds_and_its_band_reaches_from_least_to_most():
    lines = {"cells": ([1, 10], [[0.2, 0.9], [0.4, 1.0]])}
    guides = {"oracle": ([1, 10], [1, 1]), "chance": ([1, 10], [0.1, 0.1])}
    picture = plots.seed_lines({"plain": lines, "re-weighted": lines}, "read", "found", ALT, guides=guides, log=True)
    for place in picture.axes:
        mean, oracle, chance = place.lines
        np.testing.assert_allclose(mean.get_ydata(), [0.3, 0.95])
        assert (oracle.get_linestyle(), chance.get_linestyle()) == ("--", ":")
        band = place.collections[0].get_datalim(place.transData)
        assert (band.y0, band.y1) == pytest.approx((0.2, 1.0))
        assert place.get_xscale() == "log"
    assert [text.get_text() for text in picture.legends[0].get_texts()] == ["cells", "oracle", "chance"]


@pytest.mark.parametrize(("ends", "named"), [([1, 40], ["1", "2", "5", "10", "20"]), ([10, 100_000], ["10", "100"])])
def test_a_logarithmic_axis_has_numbers_that_a_reader_knows(ends, named):
    picture = plots.seed_lines({"plain": {"cells": (ends, [[0.2, 0.9]])}}, "read", "found", ALT, log=True)
    picture.png()
    told = {label.get_text() for label in picture.axes[0].get_xticklabels()}
    assert set(named) <= told
    assert ("20" in told) == ("20" in named)  # a long axis has no room for it


def test_counts_have_no_fractions_on_their_axis_and_shares_do():
    for ends, whole in (([1, 2, 3], True), ([0.0, 0.25, 1.0], False)):
        picture = plots.seed_lines({"plain": {"cells": (ends, [[0.9, 0.5, 0.2]])}}, "asked for", "found", ALT)
        picture.png()
        told = [label.get_text() for label in picture.axes[0].get_xticklabels()]
        assert all("." not in text for text in told) == whole


def test_a_missed_answer_is_dashed_and_the_alt_text_counts_what_was_found():
    images = [thumbnail(torch.full((3, 8, 8), shade, dtype=torch.uint8)) for shade in (0, 90, 180)]
    rows = {"alike": (images[1:], [True, True]), "its pattern": (images[1:], [False, True])}
    drawing = plots.visited_results(images[0], rows, {"alike": 0.1, "its pattern": 0.2}, "2 of 8 cells visited")
    assert drawing.alt == (
        "2 of 8 cells visited. alike, 2 of 2 found, 10% of the gallery read; "
        "its pattern, 1 of 2 found, 20% of the gallery read."
    )
    assert drawing.body.count("stroke-dasharray") == drawing.body.count("missed") == 1
    assert drawing.body.count("<image") == 5
    assert drawing.png().startswith(b"\x89PNG")
