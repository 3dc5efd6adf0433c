import pytest
import torch

from adde_lite import Edit, Gallery, PrototypeMemory
from adde_lite.errors import InputError
from adde_lite.widgets import explorer, explorer_frames
from tests.coloured_bars import coloured_bars


@pytest.fixture(scope="module")
def bars():
    return coloured_bars(40)


@pytest.fixture(scope="module")
def gallery(bars):
    embeddings = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1))[[0, 1], bars.labels]
    memory = PrototypeMemory.of_means(embeddings, bars.labels, bars.schema)
    return Gallery(embeddings, bars.labels, bars.schema, memory)


def parts(widget):
    """Class without its prefix -> the widgets that carry it."""
    found, left = {}, [widget]
    while left:
        one = left.pop()
        for name in one._dom_classes:
            found.setdefault(name.removeprefix("explorer-"), []).append(one)
        left += reversed(getattr(one, "children", ()))
    return found


@pytest.fixture
def shown(gallery, bars):
    return parts(explorer(gallery, bars.images, [3, 5], k=3))


def pictures(shown):
    return [shown[name][0].value for name in ("label", "results", "memory")]


def test_there_is_a_slider_an_attribute_that_begins_at_the_garment_as_it_is(shown, gallery):
    assert shown["value"][0].options == ("as it is", "red", "green", "blue")
    assert [slider.index for slider in shown["value"]] == [0, 0]
    assert shown["strength"][0].value == 1.0


def test_every_slider_stands_beside_a_control_with_its_name(gallery, bars):
    grid = explorer(gallery, bars.images, [3, 5], k=3).children[0]
    named, sliders = zip(*(row.children for row in grid.children), strict=True)
    assert [one.description for one in named] == ["garment", "strength", "edits count", *gallery.schema.names]
    assert [(one.options, one.index) for one in named] == [(one.options, one.index) for one in sliders]


def test_moving_any_control_changes_the_view_and_moving_back_restores_it(shown):
    before = pictures(shown)
    assert 'alt="Your garment: ' in before[1]
    for slider in shown["value"]:
        for index in (*range(1, len(slider.options)), 0):
            slider.index = index
            assert (pictures(shown) == before) == (index == 0)
    shown["garment"][0].value = 5
    assert pictures(shown)[1] != before[1]
    shown["garment"][0].value = 3
    assert pictures(shown) == before


def test_strength_moves_between_old_and_new(shown):
    strength, slider = shown["strength"][0], shown["value"][0]
    slider.index = 3 if slider.index != 3 else 2
    full = pictures(shown)
    strength.index = 0
    none = pictures(shown)
    assert "at 0%" in none[0]
    assert none != full
    strength.index = len(strength.options) - 1
    assert pictures(shown) == full


def test_edits_that_count_more_are_said_and_counted_once_again(shown):
    weight, slider = shown["weight"][0], shown["value"][0]
    slider.index = 3 if slider.index != 3 else 2
    once = pictures(shown)
    weight.index = len(weight.options) - 1
    assert all(f"counted {weight.value:g} times" in shown[part][0].value for part in ("label", "memory"))
    weight.index = 0
    assert pictures(shown) == once


def test_edits_stay_when_another_garment_is_chosen(shown):
    shown["value"][0].value = "blue"
    shown["garment"][0].value = 5
    assert "colour → blue" in shown["label"][0].value


def test_attributes_can_be_chosen(gallery, bars):
    chosen = parts(explorer(gallery, bars.images, [3], attributes=["bar"], k=3))
    assert [slider.options for slider in chosen["value"]] == [("as it is", *gallery.schema.options("bar"))]


@pytest.mark.parametrize(
    ("rows", "attributes", "message"),
    [
        ([], None, "different rows"),
        ([1, 1], None, "different rows"),
        ([40], None, "0 to 39"),
        ([0], ["colr"], "colour"),
    ],
)
def test_what_cannot_be_shown_is_said(gallery, bars, rows, attributes, message):
    with pytest.raises(InputError, match=message):
        explorer(gallery, bars.images, rows, attributes=attributes, k=3)


def test_a_row_that_is_not_there_is_said_before_it_is_chosen(gallery, bars):
    with pytest.raises(InputError, match="0 to 39"):
        explorer(gallery, bars.images, [0, 40], k=3)


STOPS = {"as it is": ([], 1.0), "half way": ([Edit("colour", "blue")], 0.5), "blue": ([Edit("colour", "blue")], 1.0)}


def test_frames_move_without_a_kernel_and_say_what_was_found(gallery, bars):
    box = explorer_frames(gallery, bars.images, 3, STOPS, k=3)
    row, labels, frames = box.children
    assert len(row.children[1].options) == 3
    assert len({frame.value for frame in frames.children}) == 3
    assert all("Your garment: " in frame.value and "The memory: " in frame.value for frame in frames.children)
    assert "half way: colour → blue at 50%" in labels.children[1].value


def test_frames_need_a_stop(gallery, bars):
    with pytest.raises(InputError, match="no stops"):
        explorer_frames(gallery, bars.images, 3, {}, k=3)
