import io

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from adde_lite import plots
from adde_lite.plots.picture import BLUE, MIST, ORANGE

NAMES = ["colour", "sleeve", "collar"]
SHARES = np.array([[0.9, 0.3, 0.2], [0.4, 1.0, np.nan], [0.5, np.nan, 0.8]])
FLOOR = np.array([[1.0, 0.2, 0.1], [0.3, 1.0, np.nan], [0.1, np.nan, 1.0]])
ALT = "What subspaces tell."


def strips():
    return plots.reading_strips(SHARES, FLOOR, np.array([0.95, 0.9, 0.85]), NAMES, ALT)


@pytest.mark.parametrize("draw", [strips, lambda: plots.leakage_maps({"probes": SHARES, "floor": FLOOR}, NAMES, ALT)])
def test_picture_is_the_same_bytes_twice_and_carries_its_alt_text(draw):
    picture = draw()
    data, metadata = picture._repr_mimebundle_()
    assert min(Image.open(io.BytesIO(data["image/png"])).size) > 80
    assert metadata["image/png"]["alt"] == ALT
    assert draw().png() == picture.png()


def test_strips_leave_out_floors_that_nobody_knows():
    nobody = np.where(np.eye(3, dtype=bool), 1.0, np.nan)
    picture = plots.reading_strips(SHARES, nobody, np.array([0.95, 0.9, 0.85]), NAMES, ALT)
    assert not picture.axes[0].lines
    assert [text.get_text() for text in picture.legends[0].get_texts()] == [
        "other subspaces",
        "its own",
        "all together",
    ]
    alone = plots.reading_strips(np.ones((1, 1)), np.ones((1, 1)), np.ones(1), NAMES[:1], ALT)
    assert alone.png()


def test_every_known_share_stands_in_its_cell_in_per_cent():
    picture = plots.leakage_maps({"probes": SHARES, "floor": FLOOR}, NAMES, ALT)
    for place, shares in zip(picture.axes[:2], (SHARES, FLOOR), strict=True):
        said = {text.get_position(): text.get_text() for text in place.texts}
        assert said == {(b, a): f"{100 * share:.0f}" for (a, b), share in np.ndenumerate(shares) if not np.isnan(share)}


def test_numbers_can_be_left_out():
    full, bare = (plots.leakage_maps({"probes": SHARES}, NAMES, ALT, numbers=numbers) for numbers in (True, False))
    assert not bare.axes[0].texts
    assert len(bare.png()) < len(full.png())


def test_cells_without_images_are_grey_and_the_diagonal_is_framed():
    place = plots.leakage_maps({"probes": SHARES}, NAMES, ALT).axes[0]
    drawn = place.images[0]
    assert to_hex(drawn.cmap(drawn.norm(np.ma.masked_invalid(SHARES)))[1, 2]).upper() == MIST
    assert [frame.get_xy() for frame in place.patches] == [(at - 0.5, at - 0.5) for at in range(3)]


def test_the_own_subspace_is_the_blue_dot_and_the_others_are_small():
    place = strips().axes[0]
    dots = [(to_hex(dot.get_facecolor()[0]).upper(), dot.get_offsets()) for dot in place.collections]
    own = [offsets for colour, offsets in dots if colour == BLUE]
    others = [offsets for colour, offsets in dots if colour == ORANGE]
    assert [float(offsets[0, 0]) for offsets in own] == [0.9, 1.0, 0.8]
    assert others[0][:, 0].tolist() == [0.4, 0.5]
    assert [list(line.get_xdata()) for line in place.lines] == [[0.1, 0.3], [0.2, 0.2], [0.1, 0.1]]


def test_frames_and_alt_text_say_which_neighbours_have_the_value(blocks):
    same = (blocks.labels[:, 0] == blocks.labels[0, 0]).nonzero()[1:3, 0]
    other = (blocks.labels[:, 0] != blocks.labels[0, 0]).nonzero()[:1, 0]
    found = {"colour": blocks.subset(torch.cat([same, other]))}
    picture = plots.neighbour_rows(blocks.subset([0]), found)
    colours = [to_hex(place.spines["top"].get_edgecolor()).upper() for place in picture.axes[1:]]
    assert colours == [BLUE, BLUE, ORANGE]
    assert [place.get_xlabel()[0] for place in picture.axes[1:]] == ["✓", "✓", "✗"]
    value = blocks.schema.values[0][int(blocks.labels[0, 0])]
    assert f"in the colour subspace, 2 of 3 are {value} too" in picture.alt


def test_sides_are_named_as_asked():
    place = plots.leakage_maps({"probes": SHARES}, NAMES, ALT, sides=("down", "across")).axes[0]
    assert (place.get_ylabel(), place.get_xlabel()) == ("down", "across")
