import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from adde_lite import plots
from adde_lite.errors import InputError
from adde_lite.plots.picture import CYCLE

FACTORS = np.indices((3, 2)).reshape(2, -1).T
CODES = FACTORS - FACTORS.mean(0)
ROWS = {"perfect": {"MIG": 1.0, "SAP": 0.25}, "random": {"MIG": 0.0, "SAP": 0.125}}


RUNS = np.array([[0.9, 0.5, 0.1], [0.7, 0.3, 0.1]])
NAMES = ["colour", "sleeve"]
PICTURES = {
    "code_scatter": lambda: plots.code_scatter({"perfect": CODES}, FACTORS, NAMES, "Six dots."),
    "codes_by_value": lambda: plots.codes_by_value(CODES, FACTORS, NAMES, "Four panels of dots."),
    "number_map": lambda: plots.number_map(ROWS, "Four numbers."),
    "code_portrait": lambda: plots.code_portrait(CODES, FACTORS, NAMES, np.eye(2), {"MIG": 1.0}),
    "baseline_ranges": lambda: plots.baseline_ranges({"MIG": 0.5}, {"MIG": [0.1, 0.2]}, "A dot right of a bar."),
    "score_curves": lambda: plots.score_curves({"bias": {"random": RUNS}}, [10, 100, 1000], "rows", "A falling line."),
}
every_picture = pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)


@every_picture
def test_picture_shows_as_png_with_its_alt_text(draw):
    picture = draw()
    data, metadata = picture._repr_mimebundle_()
    image = Image.open(io.BytesIO(data["image/png"]))
    assert min(image.size) > 80
    assert len({pixel for _, pixel in image.convert("L").getcolors()}) > 10
    assert metadata["image/png"]["alt"] == picture.alt


@every_picture
def test_same_picture_is_the_same_bytes(draw):
    assert draw().png() == draw().png()


@every_picture
def test_drawing_leaves_the_readers_own_style_alone(draw):
    before = dict(mpl.rcParams)
    draw()
    assert dict(mpl.rcParams) == before


def test_dots_carry_the_first_factor_as_colour_and_the_second_as_shape():
    first, second = PICTURES["code_scatter"]().axes[0].collections
    for cloud, value in ((first, 0), (second, 1)):
        rows = FACTORS[:, 1] == value
        np.testing.assert_array_equal(cloud.get_offsets(), CODES[rows])
        wanted = [CYCLE[colour].lower() for colour in FACTORS[rows, 0]]
        assert [to_hex(colour) for colour in cloud.get_facecolors()] == wanted
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)


def test_more_values_than_shapes_are_refused():
    with pytest.raises(InputError, match="a factor with the value 6"):
        plots.code_scatter({"wide": np.zeros((7, 2))}, np.arange(7)[:, None].repeat(2, 1), ["a", "b"], "Too many.")


def test_every_code_is_drawn_against_every_factor():
    places = np.reshape(PICTURES["codes_by_value"]().axes, (2, 2))
    for (j, k), place in np.ndenumerate(places):
        expected = np.stack([FACTORS[:, k], CODES[:, j]], axis=1)
        np.testing.assert_array_equal(place.collections[0].get_offsets(), expected)


def test_each_cell_of_a_map_shows_its_own_number():
    (place,) = PICTURES["number_map"]().axes
    written = {text.get_position(): text.get_text() for text in place.texts}
    assert written == {(0, 0): "1.00", (1, 0): "0.25", (0, 1): "0.00", (1, 1): "0.12"}
    np.testing.assert_array_equal(place.images[0].get_array(), [[1.0, 0.25], [0.0, 0.125]])


def test_whole_numbers_are_written_without_decimals():
    (place,) = plots.number_map({"one": {"a": 25, "b": 0}}, "Two counts.", top=25).axes
    assert [text.get_text() for text in place.texts] == ["25", "0"]


def test_numbers_on_dark_cells_are_light():
    (place,) = PICTURES["number_map"]().axes
    letters = {text.get_text(): to_hex(text.get_color()) for text in place.texts}
    assert letters["1.00"] == "#ffffff" != letters["0.00"]


def test_a_code_that_turns_stays_within_the_same_limits():
    quarter = CODES @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    limits = [
        plots.code_portrait(codes, FACTORS, ["a", "b"], np.eye(2), {"MIG": 1.0}).axes[0].get_xlim()
        for codes in (CODES, quarter)
    ]
    np.testing.assert_allclose(*limits)
    assert np.abs(CODES).max() < limits[0][1]


def test_a_portrait_spells_out_its_scores():
    portrait = plots.code_portrait(CODES, FACTORS, NAMES, np.eye(2), {"MIG": 0.25, "SAP": 0.5})
    assert portrait.alt.endswith("colour and sleeve, and the scores: MIG 0.25, SAP 0.50.")


def test_a_score_stands_beside_the_range_of_its_own_baseline():
    scores = {"MIG": 0.5, "SAP": 0.9}
    (place,) = plots.baseline_ranges(scores, {"SAP": [0.3, 0.4], "MIG": [0.2, 0.1]}, "Dots and bars.").axes
    ranges, means, dots = place.collections
    np.testing.assert_allclose([line[:, 0] for line in ranges.get_segments()], [[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(means.get_offsets()[:, 0], [0.15, 0.35])
    np.testing.assert_allclose(dots.get_offsets()[:, 0], [0.5, 0.9])


def test_a_curve_is_the_mean_over_seeds_within_their_range():
    (place,) = PICTURES["score_curves"]().axes
    np.testing.assert_allclose(place.lines[0].get_ydata(), [0.8, 0.4, 0.1])
    band = place.collections[0].get_paths()[0].vertices
    assert {round(height, 6) for height in band[:, 1]} == {0.9, 0.7, 0.5, 0.3, 0.1}
