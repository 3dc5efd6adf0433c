import numpy as np
import torch

from adde_lite import plots
from adde_lite.attributes import AttributeSchema
from adde_lite.plots.drawing import thumbnail

SCHEMA = AttributeSchema.of({"kind": ["shirt", "shoe"], "colour": ["red", "blue"]})
FOUND = torch.tensor([[0, 1], [1, 0], [0, -1]])


def drawn(weights, found=FOUND):
    images = torch.randint(0, 256, (len(found) + 1, 3, 16, 16), dtype=torch.uint8)
    tiles = [thumbnail(image) for image in images]
    return plots.similar_results(tiles[0], torch.tensor([0, 0]), SCHEMA, weights, found=tiles[1:], found_labels=found)


def test_alt_text_says_what_counts_and_what_is_the_same():
    assert drawn({"kind": 1.0}).alt == "Similar in kind: 2 of 3 have its kind, 1 of 3 have its colour."
    assert drawn({"kind": 0.5, "colour": 1.0}).alt.startswith("Similar in kind, colour:")


def test_every_result_says_where_it_has_the_value_and_where_another():
    body = drawn({"kind": 1.0}).body
    assert body.count("≠ shoe") == body.count("≠ blue") == body.count("≠ none") == 1
    assert body.count(">=<") == 3
    assert body.count("<image") == 4


def test_bars_are_as_long_as_the_weights():
    bars = [drawn({"colour": weight}).body for weight in (0.25, 1.0)]
    assert 'width="14.5"' in bars[0]
    assert 'width="58"' in bars[1]


def test_without_weights_the_picture_says_that_nothing_is_asked():
    nothing = drawn({"kind": 0.0}, FOUND[:0])
    assert "no attribute has any weight" in nothing.alt
    assert "no weight" in nothing.body


def test_the_drawing_has_room_for_all_results():
    assert drawn({"kind": 1.0}).width > drawn({"kind": 1.0}, FOUND[:2]).width
    assert drawn({"kind": 1.0}).png().startswith(b"\x89PNG")


def test_masks_are_sorted_by_the_condition_that_weighs_them_most():
    masks = np.array([[0.0, 1.0, 0.1], [2.0, 0.0, 0.3]])
    picture = plots.masks_beside_blocks(masks, 2, ["kind", "colour"], "masks")
    left, right = picture.axes
    np.testing.assert_allclose(left.images[0].get_array(), masks[:, [1, 0, 2]])
    np.testing.assert_allclose(right.images[0].get_array(), [[1, 1, 0, 0], [0, 0, 1, 1]])
    assert picture.alt == "masks"
    assert left.get_yticklabels()[1].get_text() == "colour"
