import pytest
import torch
from torch.nn import functional as F

from adde_lite import Gallery
from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.widgets import condition_frames, condition_sliders
from adde_lite.widgets.condition_slider import similar

SCHEMA = AttributeSchema.of({"kind": ["shirt", "shoe"], "colour": ["red", "blue"], "fit": ["slim", "loose"]})


@pytest.fixture
def shop():
    """Eight garments, one for each combination, whose blocks are the one-hots of their labels, and their images."""
    labels = torch.cartesian_prod(*[torch.arange(2)] * 3)
    images = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Gallery(F.one_hot(labels, 2).float(), labels, SCHEMA), images


def test_one_condition_finds_those_of_its_value(shop):
    assert similar(*shop, 0, {"kind": 1.0}, k=3).alt.startswith("Similar in kind: 3 of 3 have its kind")
    assert similar(*shop, 7, {"fit": 0.5}, k=3).alt.endswith("3 of 3 have its fit.")


def test_weights_decide_between_conditions_that_disagree(shop):
    alt = similar(*shop, 0, {"kind": 1.0, "colour": 0.5}, k=3).alt
    assert "3 of 3 have its kind, 1 of 3 have its colour" in alt


def test_a_garment_does_not_find_itself(shop):
    every = dict.fromkeys(SCHEMA.names, 1.0)
    assert similar(*shop, 0, every, k=7).body.count("<image") == 8
    assert "3 of 7 have its kind" in similar(*shop, 0, every, k=7).alt


def test_sliders_begin_as_told_and_every_move_searches_anew_and_back(shop):
    *rows, picture = condition_sliders(*shop, [0, 5], start={"colour": 0.5}, k=3).children
    named, sliders = zip(*(row.children for row in rows), strict=True)
    assert [control.description for control in named] == ["garment", *SCHEMA.names]
    assert [slider.value for slider in sliders] == [0, 0.0, 0.5, 0.0]
    before = picture.value
    assert "Similar in colour:" in before
    sliders[1].value = 1.0
    assert "Similar in kind, colour:" in picture.value
    sliders[1].value = 0.0
    assert picture.value == before
    sliders[2].value = 0.0
    assert "no attribute has any weight" in picture.value
    sliders[2].value, sliders[0].value = 0.5, 5
    assert picture.value != before


def test_parts_carry_the_classes_that_pages_and_tests_look_for(shop):
    *rows, picture = condition_sliders(*shop, [0], k=3).children
    sliders = [row.children[1] for row in rows]
    assert all("condition-slider" in slider._dom_classes for slider in sliders)
    assert "condition-picture" in picture._dom_classes
    assert sliders[1].value == 1.0


def test_frames_go_from_condition_to_condition_without_a_kernel(shop):
    box = condition_frames(*shop, 0, k=3)
    row, labels, pictures = box.children
    assert row.children[0].description == "similar in"
    assert [child.value for child in labels.children] == [f"<b>{name}</b>" for name in SCHEMA.names]
    for name, child in zip(SCHEMA.names, pictures.children, strict=True):
        assert f"Similar in {name}: " in child.value


def test_an_attribute_may_be_called_garment(shop):
    gallery, images = shop
    schema = AttributeSchema(("garment", *SCHEMA.names[1:]), SCHEMA.values)
    box = condition_sliders(Gallery(gallery.embeddings, gallery.labels, schema), images, [0, 5], k=3)
    *rows, picture = box.children
    assert len(rows) == 4
    assert "Similar in garment:" in picture.value
    before = picture.value
    rows[0].children[1].value = 5
    assert picture.value != before
    assert "Similar in garment:" in picture.value


def test_what_cannot_be_shown_is_refused(shop):
    gallery, images = shop
    for options, message in [
        ({"rows": [0, 8]}, "row 8 and k=3 of 8 garments"),
        ({"start": {"colr": 1.0}}, "Did you mean 'colour'"),
        ({"start": {"colour": 2.0}}, "start, colour: given 2.0, expected 0 to 1"),
    ]:
        with pytest.raises(InputError, match=message):
            condition_sliders(gallery, images, **({"rows": [0], "k": 3} | options))
    with pytest.raises(InputError, match="at least one"):
        condition_sliders(gallery, images, [])
    for row, k, given in ((8, 3, images), (0, 8, images), (0, 3, images[:7])):
        with pytest.raises(InputError, match="a row of the gallery"):
            similar(gallery, given, row, {"kind": 1.0}, k=k)
    with pytest.raises(InputError, match="attribute 'colr'"):
        similar(gallery, images, 0, {"colr": 1.0}, k=3)
