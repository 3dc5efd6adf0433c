"""The outfit builder without a browser: what each state of its controls shows."""

import pytest
import torch

from adde_lite import widgets
from adde_lite.attributes import Edit
from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits import EMPTY, RULE_BOOK, Outfits
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.models.outfits import ADDEO, ADDEORecipe
from adde_lite.training import seeded
from adde_lite.widgets.building import Building
from adde_lite.widgets.outfit_builder import NONE

WORN = ("shirt", "trousers", "boot", "bag", "bag", "bag", "bag")
COLOURS = ("white", "grey", "black", "white", "green", "grey", "navy")
BAG = WARDROBE.code("category", "bag")


@pytest.fixture(scope="module")
def building():
    """Seven garments whose embeddings are their one-hots."""
    plain = {"pattern": "plain", "sleeve": "short", "length": "long", "trim": "none"}
    rows = [{"category": name, "colour": colour, **plain} for name, colour in zip(WORN, COLOURS, strict=True)]
    labels = WARDROBE.encode(rows)
    d = max(WARDROBE.sizes)
    parts = WARDROBE.one_hot(labels).float().split(WARDROBE.sizes, dim=1)
    embeddings = torch.stack([torch.nn.functional.pad(part, (0, d - part.shape[1])) for part in parts], dim=1)
    noise = torch.randint(0, 256, (len(rows), 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    stock = AttributeImages(noise, labels, WARDROBE, tuple(map(str, range(len(rows)))))
    outfits = Outfits(stock, torch.tensor([[0, 1, 2, 3]]))
    memory = PrototypeMemory(WARDROBE, d)
    with torch.no_grad():
        memory.weight.zero_()
        for a, (offset, size) in enumerate(zip(WARDROBE.offsets, WARDROBE.sizes, strict=True)):
            memory.weight[a * d : a * d + size, offset : offset + size] = torch.eye(size)
    model = seeded(lambda: ADDEO(WARDROBE, ADDEORecipe(RULE_BOOK.attributes, 14, d)), 0)
    return Building(model, embeddings, outfits, memory, RULE_BOOK, k=3)


def test_offers_are_the_best_of_the_category_marked_by_the_rules(building):
    built = building.view([2, 0], "bag")  # a black boot: the white and the green bag are no neighbours of black
    assert built.summary.startswith("bag: the best of 4; ")
    assert built.drawing.alt.count("breaks harmony") + built.drawing.alt.count("keeps every rule") == 3
    assert "boot (looks at " in built.drawing.alt


def test_a_swap_offers_what_is_nearest_to_the_changed_garment(building):
    found, _ = building._completion.category_scores(torch.tensor([0]), BAG)
    assert found.tolist() == [3, 4, 5, 6]
    built = building.view([0], "bag", Edit("colour", "navy"))
    assert "but colour → navy" in built.summary
    assert "its distance goes from" in built.summary
    shown = [built.drawing.body.find(building._thumbnail(row)) for row in (6, 3, 4, 5)]
    assert 0 <= shown[0] < min(place for place in shown[1:] if place >= 0)


def test_an_empty_outfit_asks_for_a_garment(building):
    assert building.view([], "bag") == ("choose a garment to begin with", None)


def test_garments_of_the_outfit_are_not_offered(building):
    assert building.view([3, 0], "bag").summary.startswith("bag: the best of 3")
    assert building.view([3, 0], "bag", Edit("colour", "grey")).drawing.alt.count("breaks same place") == 2


def test_a_garment_that_is_named_twice_counts_once(building):
    assert building.view([3, 4, 5, 3, 0, 0], "bag") == building.view([3, 4, 5, 0], "bag")
    swap = Edit("colour", "navy")
    assert building.view([3, 4, 5, 3], "bag", swap) == building.view([3, 4, 5], "bag", swap)


def test_a_swap_never_offers_the_garment_that_was_swapped(building):
    best = building._completion.complete(torch.tensor([0]), BAG, 1)
    drawing = building.view([0], "bag", Edit("colour", "navy")).drawing
    assert building._thumbnail(int(best)) not in drawing.body
    only = building.view([0, 2], "trousers", Edit("colour", "navy")).drawing
    assert "1:" not in only.alt


def test_every_control_changes_what_is_shown(building):
    box = widgets.outfit_builder(
        building, {"upper": [0], "lower": [1], "shoes": [2]}, ["bag", "boot"], [Edit("colour", "navy")]
    )
    controls, label, picture = box.children
    named, sliders = zip(*(row.children for row in controls.children), strict=True)
    assert [one.description for one in named] == ["upper", "lower", "shoes", "looking for", "but"]
    assert [len(slider.options) for slider in sliders] == [2, 2, 2, 2, 2]
    upper, lower, shoes, target, swap = sliders
    assert (upper.value, lower.value, shoes.value) == (0, 1, EMPTY)
    assert shoes.options[0][0] == NONE
    seen = [(label.value, picture.value)]
    for control in (shoes, swap, target):
        control.index = 1
        seen.append((label.value, picture.value))
    assert len(set(seen)) == len(seen)
    for control in (upper, lower, shoes):
        control.index = 0
    assert "choose a garment" in label.value
    assert picture.value == ""


def test_frames_show_each_stop(building):
    frames = widgets.outfit_builder_frames(
        building, {"as it is": ([0, 2], "bag", None), "navy": ([0, 2], "bag", Edit("colour", "navy"))}
    )
    pictures = frames.children[2].children
    assert len({frame.value for frame in pictures}) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda one: widgets.outfit_builder(one, {}, ["bag"], []), "0 places"),
        (lambda one: widgets.outfit_builder_frames(one, {}), "no stops"),
        (lambda one: widgets.outfit_builder_frames(one, {"empty": ([], "bag", None)}), "no garment"),
        (lambda one: one.view([0], "bags"), "bag"),
        (lambda one: one.view([0, 7], "bag"), "row: given 7, expected 0 to 6"),
        (lambda one: one.view([-2], "bag"), "row: given -2, expected 0 to 6"),
    ],
)
def test_what_cannot_be_shown_is_refused(building, make, message):
    with pytest.raises(InputError, match=message):
        make(building)
