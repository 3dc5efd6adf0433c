import ipywidgets
import pytest

from adde_lite.widgets import edit_slider
from adde_lite.widgets.labelled_slider import number_slider, option_slider
from tests.test_widgets import frames


def links(widget):
    """(source, its trait, target, its trait) of every link that the browser keeps to or from `widget`."""
    everything = ipywidgets.Widget.get_manager_state()["state"].values()
    states = [one["state"] for one in everything if "Link" in one["model_name"]]
    ours = f"IPY_MODEL_{widget.model_id}"
    return [(*one["source"], *one["target"]) for one in states if ours in (one["source"][0], one["target"][0])]


@pytest.mark.parametrize(
    ("one", "trait", "kinds"),
    [
        (option_slider("colour", ["red", "green", "blue"], index=2), "index", ("Dropdown", "SelectionSlider")),
        (number_slider("latent 3", 0.5, -3.0, 3.0, 0.25), "value", ("BoundedFloatText", "FloatSlider")),
    ],
    ids=["options", "numbers"],
)
def test_a_slider_and_a_named_control_begin_alike_and_are_tied_in_the_browser(one, trait, kinds):
    named, slider = one.row.children
    assert (type(named).__name__, type(slider).__name__) == kinds
    assert slider is one.slider
    assert getattr(named, trait) == getattr(slider, trait)
    assert named.description
    assert not slider.description
    assert links(slider) == [(f"IPY_MODEL_{slider.model_id}", trait, f"IPY_MODEL_{named.model_id}", trait)]


def test_options_may_carry_values():
    assert option_slider("weight", [("none", 0.0), ("half", 0.5)], index=1).slider.value == 0.5


def test_frames_follow_slider_and_list_without_a_kernel():
    row, labels, pictures = edit_slider("pattern", frames()).children
    named, slider = row.children
    moved = {(target, trait) for _, _, target, trait in links(slider)}
    assert moved == {
        (f"IPY_MODEL_{named.model_id}", "index"),
        (f"IPY_MODEL_{labels.model_id}", "selected_index"),
        (f"IPY_MODEL_{pictures.model_id}", "selected_index"),
    }
