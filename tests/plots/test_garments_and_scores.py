import io

import pytest
import torch
from PIL import Image

from adde_lite import plots
from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.data.images import AttributeImages

SCHEMA = AttributeSchema.of({"pattern": ["plain", "floral"], "sleeve": ["short", "long"]})
IMAGES = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([1, 0])
FOUND = AttributeImages(IMAGES[1:4], torch.tensor([[1, 0], [1, 1], [0, -1]]), SCHEMA, ("a", "b", "c"))
VERSIONS = AttributeImages(
    IMAGES[:4],
    torch.tensor([[0, 0], [1, 0], [0, 1], [1, -1]]),
    SCHEMA,
    tuple("abcd"),
    {"product": ["x", "x", "y", "x"]},
)


def pictures():
    rows = {"chance": {"top_1": 0.1}, "embedding": {"top_1": 0.6}}
    return {
        "contact_sheet": plots.contact_sheet(list(IMAGES), list("abcde"), "Five patches of noise.", columns=3),
        "edit_answer": plots.edit_answer(IMAGES[0], Edit("pattern", "floral"), FOUND, TARGET),
        "version_sheet": plots.version_sheet(VERSIONS, columns=2),
        "score_bars": plots.score_bars(rows, ["top_1"], "Two bars.", ours="embedding"),
    }


@pytest.mark.parametrize("name", list(pictures()))
def test_picture_shows_as_png_with_its_alt_text(name):
    picture = pictures()[name]
    data, metadata = picture._repr_mimebundle_()
    image = Image.open(io.BytesIO(data["image/png"]))
    assert min(image.size) > 100
    assert len({pixel for _, pixel in image.convert("L").getcolors()}) > 10
    assert metadata["image/png"]["alt"] == picture.alt
    assert len(picture.alt) > 5


def test_same_picture_is_the_same_bytes():
    assert pictures()["edit_answer"].png() == pictures()["edit_answer"].png()


def test_alt_text_of_an_answer_says_what_is_right_and_what_drifted():
    alt = pictures()["edit_answer"].alt
    assert "1 of 3 results are exactly as asked for" in alt
    assert "result 1 is right; result 2 has sleeve: long; result 3 has pattern: plain, sleeve: none" in alt


def test_a_version_is_captioned_by_what_its_product_has_otherwise():
    sheet = pictures()["version_sheet"]
    captions = [place.get_title(loc="center") for place in sheet.axes]
    assert captions == ["0\nthe product", "1\npattern: floral", "2\nthe product", "3\npattern: floral, sleeve: none"]
    assert "4 garments, numbered from 0; 2 products. 1 is 0 with pattern: floral, 3 is 0 with" in sheet.alt


@pytest.mark.parametrize("value", ["floral", "horizontal stripes of two colours"])
def test_a_long_edit_stays_within_its_picture(value):
    picture = plots.edit_answer(IMAGES[0], Edit("pattern", value), FOUND, TARGET)
    picture.png()
    first = picture.axes[0]
    for text in (first.title, first.xaxis.label):
        ends = text.get_window_extent()
        assert picture.bbox.y0 - 1 <= ends.y0 <= ends.y1 <= picture.bbox.y1 + 1


def test_a_caption_of_two_lines_stands_below_its_garment():
    sheet = plots.contact_sheet(list(IMAGES[:2]), ["one\ntwo", "one"], "Two patches of noise.", columns=2)
    sheet.png()
    for place in sheet.axes:
        assert place.title.get_window_extent().y1 <= place.get_window_extent().y0
        assert place.title.get_window_extent().y0 >= sheet.bbox.y0 - 1  # a pixel for other versions of the letters


def test_more_images_than_one_row_holds_are_all_drawn():
    axes = pictures()["contact_sheet"].axes
    assert [place.get_title(loc="center") for place in axes if place.images] == list("abcde")


def test_drawing_leaves_the_readers_own_style_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    pictures()
    assert dict(mpl.rcParams) == before
