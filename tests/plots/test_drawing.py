import io
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from adde_lite.plots import drawing
from adde_lite.plots.drawing import Drawing

SVG = "{http://www.w3.org/2000/svg}"


def read(one: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(one.svg())


def drawn(one: Drawing) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(one.png())).convert("RGB"))


def test_png_has_the_size_and_the_colours_of_the_drawing():
    pixels = drawn(Drawing("A blue half.", 40, 20, drawing.box(20, 0, 20, 20, fill="#0000ff")))
    assert pixels.shape == (20, 40, 3)
    assert (pixels[:, :19] == 255).all()
    assert (pixels[:, 21:] == (0, 0, 255)).all()


def test_letters_are_drawn_in_the_png():
    line = Drawing("A word.", 60, 20, drawing.words("word", 4, 14, room=50))
    assert (drawn(line) < 128).any()


def test_it_shows_in_a_notebook_with_its_alt_text():
    data, metadata = Drawing("A box.", 10, 10, "")._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == "A box."


def test_signs_of_markup_in_words_stay_words():
    (line,) = read(Drawing("", 9, 9, drawing.words("a < b & c", 0, 0, room=200))).findall(f"{SVG}text")
    assert line.text == "a < b & c"


@pytest.mark.parametrize("bold", [False, True])
def test_words_are_squeezed_only_where_they_are_longer_than_their_room(bold):
    text = "horizontal stripes"
    assert 'textLength="30"' in drawing.words(text, 0, 0, room=30, bold=bold)
    assert "textLength" not in drawing.words(text, 0, 0, room=200, bold=bold)
    assert "textLength" not in drawing.words("", 0, 0, room=0, bold=bold)


def test_squeezed_words_end_where_their_room_ends():
    line = Drawing("", 100, 20, drawing.words("WWWWWWWW", 0, 15, room=50))
    columns = (drawn(line) < 128).any((0, 2)).nonzero()[0]
    assert 44 <= columns.max() <= 51


def test_beside_puts_drawings_in_order_and_keeps_both_alt_texts():
    red, blue = (
        Drawing(name, 10, size, drawing.box(0, 0, 10, size, fill=name)) for name, size in [("red", 8), ("blue", 12)]
    )
    both = drawing.beside(red, blue)
    assert both.alt == "red blue"
    pixels = drawn(both)
    assert pixels.shape == (12, 20, 3)
    assert (pixels[3, 5] == (255, 0, 0)).all()
    assert (pixels[10, 15] == (0, 0, 255)).all()
    assert (pixels[10, 5] == 255).all()


def test_pixels_are_drawn_to_the_last_digit():
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    one = Drawing("", 8, 6, drawing.picture(drawing.pixels(colours), 0, 0, 8, 6))
    np.testing.assert_array_equal(drawn(one), colours)


def test_a_thumbnail_shows_its_image():
    image = torch.zeros(3, 16, 16, dtype=torch.uint8)
    image[0, :, 8:] = 250
    pixels = drawn(Drawing("", 32, 32, drawing.picture(drawing.thumbnail(image), 0, 0, 32, 32))).astype(int)
    assert (abs(pixels[16, 26] - (250, 0, 0)) < 30).all()
    assert (pixels[16, 6] < 30).all()
