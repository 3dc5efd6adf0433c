"""The drawings: every value shows, and the same seed gives the same picture."""

import itertools

import numpy as np
import pytest

from adde_lite.data.wardrobe import WARDROBE, garment_svg, render
from adde_lite.data.wardrobe import pictures as pictures_module
from adde_lite.data.wardrobe.pictures import render_all
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.data.wardrobe.schema import CATEGORIES, HAS, applicable

CLEARLY = 24  # grey levels
SHARE = 0.012  # of all pixels


def codes(garment):
    shown = applicable(garment)
    return tuple(WARDROBE.code(name, garment[name] if name in shown else None) for name in WARDROBE.names)


def drawn(garments):
    """Pictures at 64 px, int (n, 3, 64, 64), of the same scene."""
    rows = [codes(garment) for garment in garments]
    different = sorted(set(rows))
    pictures = render_all(lambda k: garment_svg(different[k], 0, 3), len(different), 64, progress=False, workers=None)
    return [pictures[different.index(row)].astype(int) for row in rows]


def changed(one, other):
    """Share of the pixels that differ clearly in some channel."""
    return float((abs(one - other).max(axis=0) > CLEARLY).mean())


def base(category, **values):
    garment = {name: options[0] for name, options in zip(WARDROBE.names, WARDROBE.values, strict=True)}
    return garment | {"category": category, "colour": "camel", "sleeve": "short", "pattern": "dots"} | values


def test_every_value_of_every_attribute_shows_on_every_category_that_has_it():
    inked = {"colour": ("shirt", "boot"), "second colour": ("shirt", "boot")}  # colours are drawn alike on all
    cases = [
        (category, name, value)
        for category in CATEGORIES
        for name in WARDROBE.names
        if category in inked.get(name, HAS[name]) and name != "category"
        for value in WARDROBE.options(name)
    ]
    assert {name for _, name, _ in cases} == set(WARDROBE.names) - {"category"}
    pictures = drawn([base(category, **{name: value}) for category, name, value in cases])
    groups = {}
    for (category, name, value), picture in zip(cases, pictures, strict=True):
        groups.setdefault((category, name), []).append((value, picture))
    hidden = {
        (*where, one, other): round(changed(a, b), 4)
        for where, group in groups.items()
        for (one, a), (other, b) in itertools.combinations(group, 2)
        if changed(a, b) < SHARE
    }
    assert not hidden


def test_categories_differ():
    pictures = drawn([base(category) for category in CATEGORIES])
    for (one, a), (other, b) in itertools.combinations(zip(CATEGORIES, pictures, strict=True), 2):
        assert changed(a, b) > 0.05, (one, other)


def test_the_second_colour_shows_in_every_trim_alone():
    trims = WARDROBE.options("trim")[1:]
    cases = list(itertools.product(CATEGORIES, trims, ("scarlet", "azure")))
    pictures = drawn([base(c, pattern="plain", trim=t, **{"second colour": second}) for c, t, second in cases])
    for case, one, other in zip(cases[::2], pictures[::2], pictures[1::2], strict=True):
        assert changed(one, other) > SHARE, case


def test_nuisances_change_from_image_to_image_and_labels_do_not_move_them():
    row = codes(base("bag"))
    assert len({garment_svg(row, 0, index) for index in range(20)}) == 20
    one, other = garment_svg(row, 0, 1), garment_svg(codes(base("bag", colour="navy")), 0, 1)
    table = one[one.index("</defs>") : one.index("<g transform")]
    assert table == other[other.index("</defs>") : other.index("<g transform")]


def svg(seed, index):
    return garment_svg(label_row(index, seed, 0.0, 1), seed, index)


@pytest.mark.parametrize("size", [16, 64, 200])
def test_pictures_have_the_size_asked_for(size):
    picture = render(svg(0, 0), size)
    assert picture.shape == (3, size, size)
    assert picture.dtype == np.uint8
    assert picture.std() > 10


@pytest.fixture
def small_chunks(monkeypatch):
    """Let a few pictures be worth the workers."""
    monkeypatch.setattr(pictures_module, "WORTHWHILE", 2)
    monkeypatch.setattr(pictures_module, "CHUNK", 4)


def test_workers_draw_what_this_process_draws(small_chunks):
    texts = [svg(0, index) for index in range(18)]
    alone = render_all(texts.__getitem__, 18, 16, progress=False, workers=1)
    together = render_all(texts.__getitem__, 18, 16, progress=False, workers=2)
    assert (alone == together).all()
    assert (together == np.stack([render(text, 16) for text in texts])).all()


def test_a_worker_that_fails_says_why(small_chunks):
    with pytest.raises(RuntimeError, match="worker ended"):
        render_all(lambda k: "<svg", 6, 16, progress=False, workers=2)
