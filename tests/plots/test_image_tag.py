import base64
import html
import io
import re

import numpy as np
import pytest
from PIL import Image

from adde_lite import plots
from adde_lite.data.wardrobe import wardrobe
from adde_lite.plots.image_tag import image_tag, mime_bundle, webp

LARGEST_ERROR = 8.0  # of 255, root mean square
ALT = 'Two curves: "loss" falls from <3> & stays.'


def curves():
    steps = range(1, 60)
    lines = {name: (steps, [3 / step + gap for step in steps]) for name, gap in [("training", 0), ("test", 0.2)]}
    return plots.curves({"loss": lines, "loss again": lines}, "step", ALT)


def garments():
    images = wardrobe(4, seed=1, progress=False, cache=False, workers=1).images
    return plots.contact_sheet(list(images), ["one", "two", "three", "four"], ALT, columns=4)


PICTURES = {"curves": curves, "garments": garments}
each_kind = pytest.mark.parametrize("kind", PICTURES)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def saved(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def shown(tag: str) -> bytes:
    return base64.b64decode(re.search(r"base64,([^\"]+)", tag)[1])


@each_kind
def test_a_notebook_keeps_less_than_the_png_file_alone(kind):
    picture = PICTURES[kind]()
    data, _ = picture._repr_mimebundle_()
    kept = len(data["text/html"]) + len(base64.b64encode(data["image/png"]))
    assert kept < len(base64.b64encode(picture.png()))


@each_kind
def test_every_form_of_the_output_carries_the_alt_text(kind):
    data, metadata = PICTURES[kind]()._repr_mimebundle_()
    alt = re.search(r' alt="([^"]*)"', data["text/html"])[1]
    assert html.unescape(alt) == metadata["image/png"]["alt"] == data["text/plain"] == ALT
    assert list(data) == ["text/html", "image/png", "text/plain"]


@each_kind
def test_what_is_shown_is_as_large_as_the_picture_and_looks_like_it(kind):
    picture = PICTURES[kind]()
    data, _ = picture._repr_mimebundle_()
    drawn = decoded(picture.png())
    for form in (shown(data["text/html"]), data["image/png"]):
        assert decoded(form).shape == drawn.shape
        assert np.sqrt(((decoded(form) - drawn) ** 2).mean()) < LARGEST_ERROR


def test_no_pixel_of_a_plot_is_far_from_its_colour():
    picture = curves()
    data, _ = picture._repr_mimebundle_()
    assert abs(decoded(shown(data["text/html"])) - decoded(picture.png())).max() < 12


def test_soft_light_is_not_broken_into_bands():
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (12, 12, 3)).repeat(24, 0).repeat(24, 1)
    light = 225 + np.linspace(0, 25, 288)[:, None, None] * np.array([1, 0.8, 0.5])
    scene = np.concatenate([blocks, np.broadcast_to(light, blocks.shape)], 1).round().astype(np.uint8)
    data, _ = mime_bundle(saved(scene), ALT)
    forms = (webp(saved(scene)), shown(data["text/html"]), saved(scene))
    steps = [np.unique(decoded(form)[:, 300:, 0].mean(1).round(1)).size for form in forms]
    assert min(steps[:2]) > 0.8 * steps[2]


def test_the_fallback_keeps_a_strong_colour_that_few_pixels_have():
    pixels = np.repeat(np.linspace(200, 255, 160, dtype=np.uint8)[:, None, None], 160, 1).repeat(3, 2).copy()
    pixels[70:76, 70:76] = (240, 60, 170)
    data, _ = mime_bundle(saved(pixels), ALT)
    assert abs(decoded(data["image/png"])[72, 72] - (240, 60, 170)).max() < 12


@each_kind
def test_shown_twice_it_is_the_same_bytes(kind):
    picture = PICTURES[kind]()
    assert picture._repr_mimebundle_() == picture._repr_mimebundle_()


@each_kind
def test_drawn_twice_it_is_the_same_bytes(kind):
    assert PICTURES[kind]()._repr_mimebundle_() == PICTURES[kind]()._repr_mimebundle_()


def test_signs_of_markup_in_alt_text_stay_inside_it():
    tag = image_tag("webp", b"", '"><script>')
    assert tag.count("<") == tag.count(">") == 1


def test_transparent_pixels_become_opaque():
    clear = np.zeros((8, 8, 4), dtype=np.uint8)
    assert Image.open(io.BytesIO(webp(saved(clear)))).mode == "RGB"


def test_a_picture_that_follows_a_slider_carries_its_alt_text_at_its_size():
    tag = curves().tag()
    assert html.unescape(re.search(r' alt="([^"]*)"', tag)[1]) == ALT
    assert decoded(shown(tag)).shape == decoded(curves().png()).shape
