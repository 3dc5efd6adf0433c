from xml.etree import ElementTree

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.plots.drawing import thumbnail
from adde_lite.plots.explorer import ROW, Marks, explored_memory, explored_results, marks, memory_cells
from adde_lite.plots.picture import BLUE, ORANGE, RUST

SVG = "{http://www.w3.org/2000/svg}"
SCHEMA = AttributeSchema.of({"pattern": ["plain", "floral"], "sleeve": ["short", "long"], "collar": ["fur"]})
NOW, TARGET = torch.tensor([0, 1, -1]), torch.tensor([1, 1, -1])
FOUND = torch.tensor([[1, 1, -1], [1, 0, -1], [0, 1, 0], [1, -1, -1]])


def elements(one, tag):
    return list(ElementTree.fromstring(one.svg()).iter(f"{SVG}{tag}"))


def texts(one):
    return [element.text for element in elements(one, "text")]


def results(edited=("pattern",), found=FOUND):
    images = [thumbnail(torch.full((3, 8, 8), shade, dtype=torch.uint8)) for shade in range(len(found) + 1)]
    marked = marks(found, TARGET if edited else NOW, edited, SCHEMA)
    target = TARGET if edited else NOW
    return explored_results(images[0], NOW, target, SCHEMA, found=images[1:], marked=marked)


def test_marks_tell_changed_from_kept_and_right_from_wrong():
    assert marks(FOUND, TARGET, ["pattern"], SCHEMA) == [
        Marks({"pattern": ("floral", True)}, {}),
        Marks({"pattern": ("floral", True)}, {"sleeve": "short"}),
        Marks({"pattern": ("plain", False)}, {"collar": "fur"}),
        Marks({"pattern": ("floral", True)}, {"sleeve": "none"}),
    ]


def test_a_result_is_right_when_it_is_changed_and_nothing_drifted():
    marked = marks(FOUND, TARGET, ["pattern"], SCHEMA)
    assert [mark.changed_right for mark in marked] == [True, True, False, True]
    assert [mark.right for mark in marked] == [True, False, False, False]


def test_every_mark_is_written_under_its_result():
    assert [text for text in texts(results()) if text[0] in "✓✗≠=" and text[2:] not in LEGEND_WORDS] == [
        *("✓ floral", "=", "="),
        *("✓ floral", "≠ short", "="),
        *("✗ plain", "=", "≠ fur"),
        *("✓ floral", "≠ none", "="),
    ]


LEGEND_WORDS = ("changed", "not as asked", "kept", "drifted")


def test_the_marks_are_explained():
    assert texts(results())[:4] == [f"{sign} {word}" for sign, word in zip("✓✗=≠", LEGEND_WORDS, strict=True)]


def test_frames_are_blue_for_right_results_and_dashed_for_others():
    frames = [box for box in elements(results(), "rect") if box.get("stroke") in (BLUE, ORANGE)]
    assert [(box.get("stroke"), "stroke-dasharray" in box.attrib) for box in frames] == [
        (BLUE, False),
        *[(ORANGE, True)] * 3,
    ]


def test_the_garment_and_every_result_are_shown_in_order():
    addresses = [image.get("href") for image in elements(results(), "image")]
    assert addresses == [thumbnail(torch.full((3, 8, 8), shade, dtype=torch.uint8)) for shade in range(5)]


def test_the_garment_shows_what_it_has_and_what_it_is_to_become():
    assert {"plain → floral", "long", "none"} <= set(texts(results()))
    assert "plain" in texts(results(edited=()))


def test_alt_text_says_garment_edit_and_every_mark():
    assert results().alt == (
        "Your garment: pattern plain, sleeve long. Asked for: pattern → floral. Result 1: as asked for. "
        "Result 2: sleeve drifted to short. Result 3: pattern is plain; collar drifted to fur. "
        "Result 4: sleeve drifted to none."
    )
    assert "Asked for: nothing changed." in results(edited=()).alt


WEIGHT = torch.zeros(6, 5)
WEIGHT[:2, :2], WEIGHT[2:4, 2:4], WEIGHT[4:, 4:] = 2.0, -1.0, 4.0


def memory(coming, *, going=None, strength=1.0, moved=(0.0, 0.0, 0.0), top=1.0):
    return explored_memory(
        memory_cells(WEIGHT, SCHEMA), SCHEMA, coming=coming, going=going, strength=strength, moved=moved, top=top
    )


def outlined(one, colour):
    return [box for box in elements(one, "rect") if box.get("stroke") == colour]


def test_the_blocks_that_are_edited_are_outlined():
    assert outlined(memory({}), RUST) == []
    (block,) = outlined(memory({"sleeve": "long"}), RUST)
    column = 240 // SCHEMA.J
    (image,) = elements(memory({}), "image")
    assert float(block.get("x")) == float(image.get("x")) + 2 * column
    assert float(block.get("width")) == 2 * column
    assert float(block.get("y")) == float(image.get("y")) + ROW


def test_columns_that_come_and_go_carry_a_sign():
    assert "+" not in texts(memory({}))
    one = memory({"sleeve": "long"}, going={"sleeve": "short"})
    assert [text for text in texts(one) if text in "+−"] == ["+", "−"]
    ticks = [float(box.get("x")) for box in elements(one, "rect") if box.get("fill") in (BLUE, RUST)]
    assert ticks[-2] - ticks[-1] == 240 // SCHEMA.J


def test_bars_are_as_long_as_the_subspaces_move():
    one = memory({"sleeve": "long"}, moved=(0.0, 2.0, 1.0), top=2.0)
    bars = [
        (float(box.get("width")), box.get("fill")) for box in elements(one, "rect") if box.get("height") == f"{ROW - 6}"
    ]
    assert bars == [(0, ORANGE), (64, BLUE), (32, ORANGE)]
    assert "full bar: 2.00" in texts(one)
    assert not any("full bar" in text for text in texts(memory({}, top=0.0)))


def test_memory_alt_text_says_what_moves_and_what_stays():
    assert memory({}).alt == "The memory: 3 subspaces, 5 values. Nothing is moved."
    one = memory({"sleeve": "long"}, going={"sleeve": "short"}, strength=0.5, moved=(0.0, 2.0, 0.0))
    assert one.alt == (
        "The memory: 3 subspaces, 5 values. Blocks marked, 50% of the way: "
        "sleeve: minus short plus long, moved by 2.00. All other subspaces stay."
    )
    assert "Moved with them: pattern by 0.30." in memory({"sleeve": "long"}, moved=(0.3, 2.0, 0.0)).alt


def test_many_edits_are_counted_where_they_cannot_be_listed():
    schema = AttributeSchema.of({f"a{n}": ["x", "y"] for n in range(6)})
    coming = dict.fromkeys(schema.names, "y")
    cells = memory_cells(torch.ones(6, 12), schema)
    one = explored_memory(cells, schema, coming=coming, strength=1.0, moved=[1.0] * 6, top=1.0)
    assert [text for text in texts(one) if "→" in text or "more" in text] == [
        "a0 → y",
        "a1 → y",
        "a2 → y",
        "and 3 more",
    ]
    assert all(f"{name}: plus y" in one.alt for name in schema.names)


def test_an_empty_memory_can_be_drawn():
    cells = memory_cells(torch.zeros(6, 5), SCHEMA)
    one = explored_memory(cells, SCHEMA, coming={}, strength=0.0, moved=[0.0] * 3, top=0.0)
    assert one.png()


def test_a_memory_of_another_schema_is_refused():
    with pytest.raises(InputError, match=r"shape \(6, 4\)"):
        memory_cells(torch.zeros(6, 4), SCHEMA)


def test_both_drawings_have_their_rows_at_the_same_heights():
    own = {text.text: text.get("y") for text in elements(results(), "text") if text.text in SCHEMA.names}
    beside = {text.text: text.get("y") for text in elements(memory({}), "text") if text.text in SCHEMA.names}
    assert own == beside
    assert len(own) == SCHEMA.A
