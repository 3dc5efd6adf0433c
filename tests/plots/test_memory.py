import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from adde_lite import Edit, Gallery, PrototypeMemory, plots
from adde_lite.errors import InputError
from adde_lite.plots.picture import BLUE, ORANGE

ALT = "A picture of a memory."


@pytest.fixture
def weight(schema):
    """Two subspaces of two dimensions, three colours and two bars: only the blocks hold something, but for one leak."""
    weight = torch.zeros(4, 5)
    weight[:2, :3], weight[2:, 3:] = 2.0, -4.0
    weight[2, 0] = 1.0
    return weight


def panel(picture, at=0):
    return picture.axes[at]


def test_a_cell_is_the_mean_size_of_a_column_in_a_subspace(schema, weight):
    cells = panel(plots.memory_map({"memory": weight}, schema, ALT)).images[0].get_array()
    np.testing.assert_allclose(cells, [[2, 2, 2, 0, 0], [0.5, 0, 0, 4, 4]])


def test_outlines_stand_around_the_blocks(schema, weight):
    outlines = [patch.get_bbox().bounds for patch in panel(plots.memory_map({"m": weight}, schema, ALT)).patches]
    assert outlines == [(-0.5, -0.5, 3, 1), (2.5, 0.5, 2, 1)]


def test_all_panels_share_one_colour_scale(schema, weight):
    picture = plots.memory_map({"small": weight, "large": 10 * weight}, schema, ALT)
    assert [place.images[0].get_clim() for place in picture.axes] == [(0, 40), (0, 40)]
    assert panel(plots.memory_map({"small": weight}, schema, ALT, top=7.0)).images[0].get_clim() == (0, 7)


def test_an_empty_memory_can_be_drawn(schema):
    assert plots.memory_map({"empty": torch.zeros(4, 5)}, schema, ALT).png()


def test_a_memory_of_another_schema_is_refused(schema):
    with pytest.raises(InputError, match=r"shape \(4, 6\)"):
        plots.memory_map({"memory": torch.zeros(4, 6)}, schema, ALT)


def test_every_arrow_leads_from_the_garment_to_where_its_edit_takes_it():
    prototypes, start = {"red": (4.0, 0.0), "green": (0.0, 4.0)}, (5.0, 1.0)
    ends = {"add": (1.0, 5.0), "swap": (0.0, 4.0)}
    place = panel(plots.edit_plane(prototypes, start, ends, ALT))
    arrows = [text for text in place.texts if text.arrow_patch is not None]
    assert [arrow.xy for arrow in arrows] == list(ends.values())
    assert {arrow.xyann for arrow in arrows} == {start}
    assert [text.get_text() for text in place.texts if text.get_text()] == ["red", "green", "garment", "add", "swap"]
    low, high = np.transpose([place.get_xlim(), place.get_ylim()])
    for point in [*prototypes.values(), start, *ends.values()]:
        assert (low < point).all() and (point < high).all()


def bars(place):
    return [(patch.get_width(), to_hex(patch.get_facecolor()).upper()) for patch in place.patches]


def test_subspaces_that_were_to_move_are_blue_and_the_others_orange():
    moves = {"clean": [3.0, 0.0], "leaky": [3.0, 1.5]}
    clean, leaky = plots.subspace_moves(moves, ["colour", "sleeve"], ["colour"], ALT).axes
    assert bars(clean) == [(3.0, BLUE), (0.0, ORANGE)]
    assert bars(leaky) == [(3.0, BLUE), (1.5, ORANGE)]
    assert clean.get_xlim() == leaky.get_xlim()
    assert clean.yaxis_inverted()


@pytest.fixture
def memories(schema, weight):
    """One memory whose red leaks into the second subspace, and the same without the leak; green is unlike red."""
    weight[:2, 1] = 5.0
    leaky, clean = PrototypeMemory(schema, 2), PrototypeMemory(schema, 2)
    leaky.load_state_dict({"weight": weight})
    clean.load_state_dict({"weight": weight.where(clean.mask, 0)})
    return {"clean": clean, "leaky": leaky}


@pytest.fixture
def gallery(schema):
    """Five garments that lie on their prototypes, one of them green and upright."""
    labels = torch.tensor([[0, 0], [0, 1], [2, 0], [2, 1], [1, 0]])
    places = torch.tensor([[1.0, 0], [0, 1], [1, 1]])
    embeddings = places[labels]
    return Gallery(embeddings, labels, schema, PrototypeMemory.of_means(embeddings, labels, schema))


def shaded(rows):
    return torch.stack([torch.full((3, 8, 8), 10 * row, dtype=torch.uint8) for row in rows])


def test_a_swap_shows_the_garment_its_moves_and_what_the_gallery_finds(schema, gallery, memories):
    picture = plots.prototype_swap(gallery, 0, [Edit("colour", "green")], memories, shaded)
    garment, clean, leaky, *answers = picture.axes
    assert garment.get_xlabel() == "edited:\ncolour"
    assert bars(clean) == [(pytest.approx(3 * 2**0.5), BLUE), (0.0, ORANGE)]
    assert bars(leaky)[1] == (pytest.approx(1.0), ORANGE)
    shades = [int(place.images[0].get_array()[0, 0, 0]) for place in (garment, *answers)]
    assert shades[:2] == [0, 40]
    assert len(answers) == 4
    right = [int(place.get_xlabel()[0]) for place in answers]
    assert right[0] == 2
    assert [place.get_xlabel() for place in answers] == [f"{count} of 2\nas asked" for count in right]
    told = f"As asked: {', '.join(map(str, right))}."
    assert picture.alt == f"colour → green. Moves most clean: colour; leaky: colour. {told}"


def test_a_swap_of_nothing_can_be_drawn(gallery, memories):
    picture = plots.prototype_swap(gallery, 0, [], memories, shaded)
    assert picture.axes[0].get_xlabel() == ""
    assert picture.axes[1].get_xlim() == (0, 1)
    assert picture.alt.startswith("Nothing edited. Moves most clean: nothing;")


def test_frames_show_every_epoch_on_one_scale_and_say_what_lies_outside(memories):
    before, after = memories["leaky"], memories["clean"]
    frames = plots.memory_frames({"one": [before, after], "other": [after, after]})
    assert list(frames) == ["before training", "after epoch 1"]
    assert [frame.alt for frame in frames.values()] == [
        f"Before training, outside over inside the blocks: one {before.off_block_share:.3f}, other 0.000.",
        "After epoch 1, outside over inside the blocks: one 0.000, other 0.000.",
    ]
    assert before.off_block_share > 0
    for frame in frames.values():
        assert [place.images[0].get_clim() for place in frame.axes] == [(0, 5), (0, 5)]
    leak = [frame.axes[0].images[0].get_array()[1, 0] for frame in frames.values()]
    assert leak == [0.5, 0]


def test_the_same_picture_is_the_same_bytes(schema, weight):
    first, second = (plots.memory_map({"memory": weight}, schema, ALT) for _ in range(2))
    assert first.png() == second.png()
    assert first.alt == ALT
