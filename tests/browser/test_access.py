"""Every widget of the course for those who see no picture or use no mouse: names, the keyboard alone, alt text."""

import pytest

from tests.browser.conftest import made

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

SET_UP = """
import torch
from adde_lite import Edit, Gallery, PrototypeMemory, plots, widgets
from adde_lite.data.outfits import RULE_BOOK, Outfits
from adde_lite.data.wardrobe import WARDROBE, wardrobe
from adde_lite.models.outfits import ADDEO, ADDEORecipe
from adde_lite.widgets.building import Building

clothes = wardrobe(100, seed=1, progress=False, cache=False, workers=1)
blocks = [part.float() for part in WARDROBE.one_hot(clothes.labels).split(WARDROBE.sizes, dim=1)]
embeddings = torch.stack([torch.nn.functional.pad(block, (0, 16 - block.shape[1])) for block in blocks], dim=1)
memory = PrototypeMemory.of_means(embeddings, clothes.labels, WARDROBE)
gallery = Gallery(embeddings, clothes.labels, WARDROBE, memory)

def sheet(words):
    patch = torch.full((3, 16, 16), sum(map(ord, words)) % 251, dtype=torch.uint8)
    return plots.contact_sheet([patch], [words], f"A grey patch under the words {words}.", columns=1)

sheet("first")
"""
EDIT = 'widgets.edit_slider("pattern", {name: sheet(name) for name in ("plain", "dots", "checks")})'
LATENT = "widgets.latent_sliders({3: 0.0, 8: -1.0}, lambda at: sheet(str(at)))"
VALUE = """
options = {"trim": ["lace", "none"], "sleeve": ["long", "short"]}
widgets.value_sliders(options, {"trim": "lace", "sleeve": "long"}, lambda at: sheet(str(at)))
"""
CONDITION = 'widgets.condition_sliders(gallery, clothes.images, [0, 5], start={"colour": 1.0}, k=3)'
EXPLORER = 'widgets.explorer(gallery, clothes.images, [0, 5], attributes=["colour", "pattern"], k=3)'
BUILDER = """
model = ADDEO(WARDROBE, ADDEORecipe(RULE_BOOK.attributes, 14, 16))
building = Building(model, embeddings, Outfits(clothes, torch.arange(4)[None]), memory, RULE_BOOK, k=3)
widgets.outfit_builder(building, {"upper": [0, 1], "lower": [2, 3]}, ["bag", "hat"], [Edit("pattern", "dots")])
"""
# The code of a widget, the class of its picture, and names of its controls that are moved here, in their order.
WIDGETS = {
    "edit slider": (EDIT, "edit-picture", ["pattern"]),
    "latent sliders": (LATENT, "latent-picture", ["latent 3", "latent 8"]),
    "value sliders": (VALUE, "value-picture", ["trim", "sleeve"]),
    "condition sliders": (CONDITION, "condition-picture", ["garment", "category"]),
    "explorer": (EXPLORER, "explorer-results", ["garment", "colour"]),
    "outfit builder": (BUILDER, "builder-picture", ["upper", "looking for"]),
}
each_widget = pytest.mark.parametrize("kind", WIDGETS)


@pytest.fixture(scope="module")
def tab(browser, lab):
    """A notebook with a picture and one widget of each kind, made and run."""
    with made(browser, lab, "access", [SET_UP, *(code for code, *_ in WIDGETS.values())]) as one:
        yield one


def shown(tab, kind):
    """The output that holds a widget, scrolled into sight, and the picture in it that is seen now."""
    place = tab.page.locator(".jp-OutputArea-output", has=tab.show(f".{WIDGETS[kind][1]}"))
    return place, place.locator(f".{WIDGETS[kind][1]} img:visible")


def controls(place):
    """(role, name) of what can be moved, in the order of the page, as the browser tells a screen reader."""
    spoken = [line.strip().removeprefix("- ") for line in place.aria_snapshot().splitlines()]
    found = [line.split(" ", 1) for line in spoken if line.startswith(("combobox", "spinbutton", "slider"))]
    return [(role.rstrip(":"), *(name.split('"')[1:2] for name in rest)) for role, *rest in found]


@each_widget
def test_every_slider_stands_behind_a_control_that_has_a_name_of_its_own(tab, kind):
    place, _ = shown(tab, kind)
    spoken = controls(place)
    assert len(spoken) >= 2
    names = [name for role, *name in spoken[::2]]
    assert all(role in ("combobox", "spinbutton") for role, *_ in spoken[::2])
    assert [role for role, *_ in spoken[1::2]] == ["slider"] * len(names)
    assert len({name for (found,) in names for name in found}) == len(names), "a name is missing or said twice"


@each_widget
def test_the_keyboard_alone_moves_a_slider_and_its_named_control_moves_it_too(tab, kind):
    place, picture = shown(tab, kind)
    first = picture.get_attribute("alt")
    assert WIDGETS[kind][2]
    for name in WIDGETS[kind][2]:
        named = place.get_by_label(name, exact=True)
        slider = named.locator("xpath=ancestor::*[contains(@class, 'widget-hbox')][1]").get_by_role("slider")
        start, at = named.input_value(), _stop(slider)
        begins = at <= float(slider.get_attribute("aria-valuemin"))
        named.focus()
        tab.page.keyboard.press("Tab")
        expect(slider).to_be_focused()
        tab.page.keyboard.press("ArrowRight" if begins else "ArrowLeft")
        expect(picture).not_to_have_attribute("alt", first)
        expect(named).not_to_have_value(start)
        tab.page.keyboard.press("ArrowLeft" if begins else "ArrowRight")
        expect(named).to_have_value(start)
        expect(picture).to_have_attribute("alt", first)

        tab.page.keyboard.press("Shift+Tab")
        expect(named).to_be_focused()
        if named.evaluate("one => one.tagName") == "SELECT":  # Lab keeps its arrow keys: the slider is for them
            named.select_option(index=int(at) + (1 if begins else -1))
        else:
            tab.page.keyboard.press("ArrowUp")
            tab.page.keyboard.press("Enter")  # it takes what is typed when it is told so
        expect(slider).not_to_have_attribute("aria-valuenow", f"{at:.1f}")
        expect(picture).not_to_have_attribute("alt", first)
        tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("ArrowLeft" if _stop(slider) > at else "ArrowRight")
        expect(picture).to_have_attribute("alt", first)


@each_widget
def test_a_screen_reader_is_told_what_the_picture_of_a_widget_shows(tab, kind):
    place, picture = shown(tab, kind)
    alt = picture.get_attribute("alt")
    assert len(alt.split()) > 5
    expect(place.get_by_role("img", name=alt, exact=True)).to_have_count(1)


def test_a_screen_reader_is_told_what_the_picture_of_an_output_shows(tab):
    tab.show("img[alt^='A grey patch under the words first']")
    expect(tab.page.get_by_role("img", name="A grey patch under the words first.", exact=True)).to_have_count(1)


def _stop(slider):
    return float(slider.get_attribute("aria-valuenow"))
