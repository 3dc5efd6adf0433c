import io

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from adde_lite import plots
from adde_lite.errors import InputError
from adde_lite.plots.latents import TILE
from adde_lite.plots.picture import BLUE, MIST

IMAGES = torch.randint(0, 256, (3, 3, 8, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
START = torch.tensor([0.5, -1.0])
STEPS = (-2.0, 0.0, 2.0)
ZOOM = TILE // IMAGES.shape[3]
KL = torch.tensor([0.01, 1.5, 0.2])


def grey_by_sum(codes):
    """A decoder whose picture is one grey: 100 and ten times the sum of the code."""
    return (100 + 10 * codes.sum(1)).to(torch.uint8)[:, None, None, None].expand(-1, 3, 4, 4)


PICTURES = {
    "image_rows": lambda: plots.image_rows(
        {"one": IMAGES, "two": IMAGES.flip(0)}, "Two rows of noise.", columns=list("abc")
    ),
    "traversals": lambda: plots.traversals(grey_by_sum, START, {0: "first"}, STEPS, "Three greys."),
    "decoded_code": lambda: plots.decoded_code(grey_by_sum, START, {0: 1.0}),
    "curves": lambda: plots.curves({"bound": {"a": ([0, 1], [1, 2]), "b": ([0, 1], [2, 1])}}, "step", "A cross."),
    "latent_bars": lambda: plots.latent_bars({"seed 0": KL}, 0.05, "nats", "Three bars."),
}
every_picture = pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)


def shown(picture):
    """The pixels of the picture's only image, (H, W, 3)."""
    (place,) = picture.axes
    return np.asarray(place.images[0].get_array())


@every_picture
def test_picture_shows_as_png_with_its_alt_text(draw):
    picture = draw()
    data, metadata = picture._repr_mimebundle_()
    assert min(Image.open(io.BytesIO(data["image/png"])).size) > 80
    assert metadata["image/png"]["alt"] == picture.alt
    assert len(picture.alt) > 5


@every_picture
def test_same_picture_is_the_same_bytes(draw):
    assert draw().png() == draw().png()


@every_picture
def test_drawing_leaves_the_readers_own_style_alone(draw):
    before = dict(mpl.rcParams)
    draw().png()
    assert dict(mpl.rcParams) == before


def test_rows_hold_every_pixel_of_every_picture_with_white_between():
    sheet = shown(PICTURES["image_rows"]())
    assert np.array_equal(sheet, sheet[::ZOOM, ::ZOOM].repeat(ZOOM, 0).repeat(ZOOM, 1)), "squares of one size"
    sheet = sheet[::ZOOM, ::ZOOM]
    assert sheet.shape == (2 * 8 + 1, 3 * 6 + 2, 3)
    assert np.array_equal(sheet[:8, 7:13], IMAGES[1].permute(1, 2, 0))
    assert np.array_equal(sheet[9:, :6], IMAGES[2].permute(1, 2, 0))
    assert (sheet[8] == 255).all()
    assert (sheet[:, [6, 13]] == 255).all()


def test_titles_stand_over_the_middle_of_their_pictures():
    (place,) = PICTURES["image_rows"]().axes
    assert place.get_xticks().tolist() == [3 * ZOOM, 10 * ZOOM, 17 * ZOOM]
    assert place.get_yticks().tolist() == [4 * ZOOM, 13 * ZOOM]
    assert [label.get_text() for label in place.get_xticklabels()] == list("abc")
    assert [label.get_text() for label in place.get_yticklabels()] == ["one", "two"]


@pytest.mark.parametrize("rows", [{}, {"one": IMAGES[:2]}, {"one": IMAGES, "two": IMAGES[:, :, :4]}])
def test_rows_that_do_not_fit_are_refused(rows):
    with pytest.raises(InputError, match="3 pictures of one size"):
        plots.image_rows(rows, "Nothing.", columns=list("abc"))


def test_rows_without_titles_need_the_same_number_of_pictures_in_each():
    (place,) = plots.image_rows({"one": IMAGES}, "A row of noise.").axes
    assert place.get_xticks().tolist() == []
    with pytest.raises(InputError, match="3 pictures of one size"):
        plots.image_rows({"one": IMAGES, "two": IMAGES[:2]}, "Nothing.")


def test_a_traversal_moves_one_latent_and_keeps_the_others():
    sheet = shown(plots.traversals(grey_by_sum, START, {0: "first", 1: "second"}, STEPS, "Six greys."))
    greys = sheet[:: 5 * (TILE // 4), :: 5 * (TILE // 4), 0]
    assert greys.tolist() == [[70, 90, 110], [85, 105, 125]]
    assert START.tolist() == [0.5, -1.0]


def test_a_decoded_code_takes_the_moved_latents_and_its_alt_text_spells_them_out():
    picture = plots.decoded_code(grey_by_sum, START, {0: 1.0, 1: -0.25})
    assert (shown(picture) == 107).all()
    assert "latent 0 at +1.00, latent 1 at -0.25" in picture.alt
    assert START.tolist() == [0.5, -1.0]


@pytest.mark.parametrize("value", [-3.0, -0.25, 0.0, 3.0])
@pytest.mark.parametrize("latent", [0, 1])
def test_every_slider_position_can_be_drawn(latent, value):
    code = START.clone()
    code[latent] = value
    assert (shown(plots.decoded_code(grey_by_sum, START, {latent: value})) == int(100 + 10 * code.sum())).all()


def test_curves_draw_every_line_and_name_them_where_there_are_several():
    panels = {"one": {"a": ([0, 1], [1, 2])}, "two": {"a": ([0], [1]), "b": ([0], [2])}}
    picture = plots.curves(panels, "step", "Lines.")
    assert [len(place.lines) for place in picture.axes] == [1, 2]
    assert [place.get_legend() is not None for place in picture.axes] == [False, True]


def test_bars_are_sorted_named_by_latent_and_coloured_above_the_threshold():
    (place,) = PICTURES["latent_bars"]().axes
    assert [label.get_text() for label in place.get_xticklabels()] == ["1", "2", "0"]
    assert [round(bar.get_height(), 2) for bar in place.patches] == [1.5, 0.2, 0.01]
    assert [to_hex(bar.get_facecolor()).upper() for bar in place.patches] == [BLUE, BLUE, MIST]
