import itertools

import pytest
import torch

from adde_lite import Edit, Gallery, PrototypeMemory
from adde_lite.errors import InputError
from adde_lite.widgets import exploration
from adde_lite.widgets.exploration import Exploration
from tests.coloured_bars import coloured_bars

K = 3


@pytest.fixture(scope="module")
def bars():
    return coloured_bars(60)


@pytest.fixture(scope="module")
def gallery(bars):
    """Embeddings that hold the labels and a little noise: an edit finds what it asks for."""
    generator = torch.Generator().manual_seed(1)
    embeddings = torch.randn(2, 3, 4, generator=generator)[[0, 1], bars.labels]
    embeddings += 0.05 * torch.randn(embeddings.shape, generator=generator)
    memory = PrototypeMemory.of_means(embeddings, bars.labels, bars.schema)
    return Gallery(embeddings, bars.labels, bars.schema, memory)


def edits_everywhere(schema):
    """Every state of the sliders."""
    stops = [[None, *schema.options(name)] for name in schema.names]
    for values in itertools.product(*stops):
        yield [Edit(name, value) for name, value in zip(schema.names, values, strict=True) if value]


def both(view):
    return view.summary, view.results, view.memory


@pytest.mark.parametrize("how", ["swap", "add"])
def test_every_state_of_the_sliders_can_be_drawn_and_comes_back(gallery, bars, how):
    exploring = Exploration(gallery, bars.images, k=K, how=how)
    states = list(itertools.product((0, 7), edits_everywhere(gallery.schema), (0.0, 0.5, 1.0)))
    there = [both(exploring.view(*state)) for state in states]
    back = [both(exploring.view(*state)) for state in reversed(states)]
    assert there == back[::-1]
    assert len({view[0] for view in there}) > len(states) / 3


def test_results_are_those_of_the_gallery_without_the_garment_itself(gallery, bars, monkeypatch):
    shown = []
    monkeypatch.setattr(exploration, "thumbnail", lambda image: shown.append(image) or str(len(shown)))
    edit = Edit("colour", "blue")
    for row in range(5):
        shown.clear()
        Exploration(gallery, bars.images, k=K).view(row, [edit])
        expected = gallery.edit(gallery.embeddings[row], edit, len(gallery))
        expected = expected[expected != row][:K]
        assert torch.equal(torch.stack(shown[:K]), bars.images[expected])


def test_an_edit_in_full_finds_what_it_asks_for(gallery, bars):
    row = int((bars.labels[:, 0] == 0).nonzero()[0])
    view = Exploration(gallery, bars.images, k=K).view(row, [Edit("colour", "blue")])
    assert view.summary == "colour → blue at 100%: 3 of 3 are changed as asked, 3 of them keep all else"
    assert "Result 1: as asked for." in view.results.alt


@pytest.mark.parametrize("weight", [0.25, 4.0])
def test_blocks_of_edited_attributes_count_as_often_as_asked(gallery, bars, monkeypatch, weight):
    shown, edit = [], Edit("colour", "blue")
    exploring = Exploration(gallery, bars.images, k=K)
    monkeypatch.setattr(exploration, "marks", lambda found, *_: shown.append(found) or [])
    weights = [weight if name == edit.attribute else 1.0 for name in gallery.schema.names]
    differ = 0
    for row in range(len(gallery)):
        monkeypatch.setattr(exploration, "explored_results", lambda *_, **__: None)
        exploring.view(row, [edit], weight=weight)
        expected = gallery.edit(gallery.embeddings[row], edit, len(gallery), weights=weights)
        once = gallery.edit(gallery.embeddings[row], edit, len(gallery))
        expected, once = expected[expected != row][:K], once[once != row][:K]
        assert torch.equal(shown[-1], bars.labels[expected])
        differ += not torch.equal(expected, once)
    assert differ


def test_strength_zero_finds_what_no_edit_finds(gallery, bars):
    exploring = Exploration(gallery, bars.images, k=K)
    row = int((bars.labels[:, 0] == 0).nonzero()[0])
    view = exploring.view(row, [Edit("colour", "blue")], 0.0)
    assert "0 of 3 are changed as asked" in view.summary
    assert "moved by 0.00" in view.memory.alt
    assert view.results.body.count(exploring._thumbnail(row)) == 1


def test_a_count_of_exact_results_never_exceeds_those_that_changed(gallery, bars):
    view = Exploration(gallery, bars.images, k=K).view(0)
    assert view.summary == "as it is: 3 of 3 have all its labels"


def test_adding_takes_the_old_prototype_away_and_swapping_does_not(gallery, bars):
    row = int((bars.labels[:, 0] == 0).nonzero()[0])
    for how, said in [("add", "minus red plus blue"), ("swap", "colour: plus blue")]:
        assert said in Exploration(gallery, bars.images, k=K, how=how).view(row, [Edit("colour", "blue")]).memory.alt
    again = Exploration(gallery, bars.images, k=K, how="add").view(row, [Edit("colour", "red")])
    assert "minus" not in again.memory.alt  # the value it has already: nothing goes


def test_the_gallery_is_scanned_once_a_garment(gallery, bars, monkeypatch):
    scans = []
    query = Gallery.query
    monkeypatch.setattr(Gallery, "query", lambda self, one: scans.append(one) or query(self, one))
    exploring = Exploration(gallery, bars.images, k=K)
    for edits in edits_everywhere(gallery.schema):
        exploring.view(3, edits)
    assert len(scans) == 1
    exploring.view(4)
    assert len(scans) == 2


def test_a_memory_that_is_trained_on_is_drawn_anew(gallery, bars):
    memory = PrototypeMemory.of_means(gallery.embeddings, bars.labels, bars.schema)
    exploring = Exploration(Gallery(gallery.embeddings, bars.labels, bars.schema, memory), bars.images, k=K)
    before = exploring.view(0).memory
    with torch.no_grad():
        memory.weight[:4, 0] *= 3
    assert exploring.view(0).memory != before


def test_only_images_that_are_shown_are_looked_up(gallery, bars):
    asked = []

    class Drawer:
        def __len__(self):
            return len(bars)

        def __getitem__(self, row):
            asked.append(row)
            return bars.images[row]

    exploring = Exploration(gallery, Drawer(), k=K)
    exploring.view(2)
    exploring.view(2)
    assert len(asked) == K + 1


def test_a_gallery_in_half_precision_can_be_explored(gallery, bars):
    half = Gallery(gallery.embeddings, gallery.labels, gallery.schema, gallery.memory, dtype=torch.float16)
    assert Exploration(half, bars.images, k=K).view(0, [Edit("colour", "blue")]).results.png()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda gallery, images: Exploration(Gallery(gallery.embeddings, gallery.labels, gallery.schema), images),
            "memory",
        ),
        (lambda gallery, images: Exploration(gallery, images[:5]), "5 images, expected 60"),
        (lambda gallery, images: Exploration(gallery, images, k=60), "expected 1 to 59"),
        (lambda gallery, images: Exploration(gallery, images, k=0), "expected 1 to 59"),
        (lambda gallery, images: Exploration(gallery, images).view(60), "given 60, expected 0 to 59"),
        (lambda gallery, images: Exploration(gallery, images).view(0, [Edit("colour", "gren")]), "'green'"),
    ],
)
def test_what_cannot_be_explored_is_said(gallery, bars, change, message):
    with pytest.raises(InputError, match=message):
        change(gallery, bars.images)
