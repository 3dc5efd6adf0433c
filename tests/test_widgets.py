import pytest
import torch

from adde_lite import plots
from adde_lite.errors import InputError
from adde_lite.widgets import edit_slider, latent_sliders, value_sliders


def frames():
    image = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    return {
        name: plots.contact_sheet([image], [name], f"A patch called <{name}> & more.", columns=1)
        for name in ("a", "b", "c")
    }


def test_slider_has_a_stop_a_frame_and_links_label_and_picture_in_the_browser():
    box = edit_slider("pattern", frames())
    row, labels, pictures = box.children
    named, slider = row.children
    assert slider.options == named.options == ("a", "b", "c")
    assert named.description == "pattern"
    assert len(labels.children) == len(pictures.children) == 3
    assert len({child.value for child in pictures.children}) == 3


def test_a_slider_over_nothing_is_refused():
    with pytest.raises(InputError, match="slider 'pattern': given no picture"):
        edit_slider("pattern", {})


def test_alt_text_of_each_frame_is_escaped_and_kept():
    pictures = edit_slider("pattern", frames()).children[2]
    assert 'alt="A patch called &lt;b&gt; &amp; more."' in pictures.children[1].value


def drawn_recorder():
    """A draw function that shows its values as text, and the list of what it was asked for."""
    asked = []

    def draw(values):
        asked.append(dict(values))
        patch = torch.zeros(3, 4, 4, dtype=torch.uint8)
        return plots.contact_sheet([patch], [""], f"<{dict(values)}>", columns=1)

    return draw, asked


def test_latent_sliders_draw_at_once_and_again_when_any_of_them_moves():
    draw, asked = drawn_recorder()
    box = latent_sliders({4: 0.0, 7: -1.0}, draw)
    rows, picture = box.children[0].children, box.children[1]
    (named, first), (also_named, second) = (row.children for row in rows)
    assert [named.description, also_named.description] == ["latent 4", "latent 7"]
    before = picture.value
    first.value = 0.5
    second.value = 2.0
    assert asked == [{4: 0.0, 7: -1.0}, {4: 0.5, 7: -1.0}, {4: 0.5, 7: 2.0}]
    first.value, second.value = 0.0, -1.0
    assert picture.value == before


def test_latent_picture_spells_out_the_code_in_escaped_alt_text():
    box = latent_sliders({4: 0.0}, drawn_recorder()[0])
    assert 'alt="&lt;{4: 0.0}&gt;"' in box.children[1].value


def test_latent_sliders_begin_at_the_nearest_step_within_reach():
    draw, asked = drawn_recorder()
    latent_sliders({0: 0.3, 1: -7.0}, draw)
    assert asked == [{0: 0.25, 1: -3.0}]


def test_parts_carry_the_classes_that_pages_and_tests_look_for():
    box = latent_sliders({4: 0.0, 7: 0.0}, drawn_recorder()[0])
    assert all("latent-slider" in row.children[1]._dom_classes for row in box.children[0].children)
    assert "latent-picture" in box.children[1]._dom_classes


OPTIONS = {"colour": ("red", "green", "blue"), "sleeve": ("short", "long")}
SHOWN = {"colour": "red", "sleeve": "long"}


def test_value_sliders_begin_where_they_are_told_and_draw_again_when_any_of_them_moves():
    draw, asked = drawn_recorder()
    *rows, picture = value_sliders(OPTIONS, SHOWN, draw).children
    assert [(row.children[0].description, row.children[1].value) for row in rows] == list(SHOWN.items())
    sliders = [row.children[1] for row in rows]
    assert [slider.options for slider in sliders] == list(OPTIONS.values())
    before = picture.value
    sliders[0].value = "blue"
    sliders[1].value = "short"
    assert asked == [SHOWN, SHOWN | {"colour": "blue"}, {"colour": "blue", "sleeve": "short"}]
    sliders[0].value, sliders[1].value = SHOWN.values()
    assert picture.value == before


def test_value_sliders_ignore_what_else_is_known_of_the_start():
    draw, asked = drawn_recorder()
    value_sliders({"colour": OPTIONS["colour"]}, SHOWN, draw)
    assert asked == [{"colour": "red"}]


def test_value_sliders_carry_the_classes_that_pages_and_tests_look_for():
    *rows, picture = value_sliders(OPTIONS, SHOWN, drawn_recorder()[0]).children
    assert all("value-slider" in row.children[1]._dom_classes for row in rows)
    assert "value-picture" in picture._dom_classes
