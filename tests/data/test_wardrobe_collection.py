"""The Wardrobe as a data set: prefixes, cache, bad arguments, grids of factors."""

import warnings

import numpy as np
import pytest
import torch

from adde_lite.attributes import Edit
from adde_lite.data.wardrobe import WARDROBE, collection, factor_grid, wardrobe
from adde_lite.errors import InputError

QUIET = {"progress": False, "workers": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path))
    return tmp_path


def test_a_smaller_wardrobe_is_the_beginning_of_a_larger_one():
    few, many = (wardrobe(n, 3, 24, variants=2, **QUIET) for n in (5, 12))
    assert torch.equal(few.images, many.images[:5])
    assert torch.equal(few.labels, many.labels[:5])
    assert few.ids == many.ids[:5]
    assert list(few.columns["product"]) == list(many.columns["product"][:5])


def test_ids_products_and_shapes():
    data = wardrobe(5, 0, 24, variants=2, **QUIET)
    assert data.images.shape == (5, 3, 24, 24)
    assert data.schema == WARDROBE
    assert data.ids[1] == "w0-000001"
    assert list(data.columns["product"]) == ["p0-000000", "p0-000000", "p0-000001", "p0-000001", "p0-000002"]


def test_the_versions_of_a_product_answer_an_edit_exactly():
    data = wardrobe(12, 0, 16, variants=4, **QUIET)
    for start in (0, 4, 8):
        a = int((data.labels[start] != data.labels[start + 1]).nonzero())
        wanted = Edit(WARDROBE.names[a], WARDROBE.values[a][int(data.labels[start + 1, a])])
        assert torch.equal(WARDROBE.edited(data.labels[start : start + 1], wanted)[0], data.labels[start + 1])


def test_the_second_time_pictures_come_from_the_cache(monkeypatch):
    first = wardrobe(4, 0, 16, **QUIET)
    monkeypatch.setattr(collection, "render_all", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(wardrobe(4, 0, 16, **QUIET).images, first.images)
    with pytest.raises(TypeError):
        wardrobe(4, 0, 16, cache=False, **QUIET)
    with pytest.raises(TypeError):
        wardrobe(4, 1, 16, **QUIET)


def test_a_changed_drawing_is_not_read_from_an_old_cache(monkeypatch):
    wardrobe(4, 0, 16, **QUIET)
    monkeypatch.setattr(collection, "drawing_version", lambda: "another")
    monkeypatch.setattr(collection, "render_all", None)
    with pytest.raises(TypeError):
        wardrobe(4, 0, 16, **QUIET)


def test_an_interrupt_leaves_no_half_cache(monkeypatch, folder):
    drawn = []

    def interrupted(*arguments):
        drawn.append(arguments)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return whole(*arguments)

    whole = collection.garment_svg
    monkeypatch.setattr(collection, "garment_svg", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wardrobe(6, 0, 16, **QUIET)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"n": 0}, "n"),
        ({"n": 2.5}, "n"),
        ({"seed": "x"}, "seed"),
        ({"size": 15}, "size"),
        ({"size": 1025}, "size"),
        ({"correlation": 1.1}, "correlation"),
        ({"correlation": float("nan")}, "correlation"),
        ({"variants": 0}, "variants"),
        ({"variants": 10}, "variants"),
        ({"workers": -1}, "workers"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, names):
    with pytest.raises(InputError, match=f"wardrobe: {names}"):
        wardrobe(**{"n": 2, "seed": 0} | arguments)


def test_a_grid_holds_every_combination_once_and_nothing_else_changes():
    factors = {"colour": ["navy", "pink"], "sleeve": ["short", "long", "puff"]}
    grid = factor_grid(factors, nuisances={"x": 3, "light": 2}, size=16, **QUIET)
    assert len(grid) == 2 * 3 * 3 * 2
    colour, sleeve = WARDROBE.index("colour"), WARDROBE.index("sleeve")
    cells = zip(*grid.labels[:, [colour, sleeve]].T.tolist(), grid.columns["x"], grid.columns["light"], strict=True)
    assert len(set(cells)) == len(grid)
    others = [a for a in range(WARDROBE.A) if a not in (colour, sleeve)]
    assert len(grid.labels[:, others].unique(dim=0)) == 1
    assert len({image.numpy().tobytes() for image in grid.images}) == len(grid)


def test_a_grid_puts_the_first_factor_slowest_and_steps_nuisances_evenly():
    grid = factor_grid({"fit": ["slim", "loose"]}, nuisances={"x": 3}, category="skirt", size=64, **QUIET)
    assert grid.columns["x"].tolist() == [0, 1, 2, 0, 1, 2]
    dark = (grid.images.float().mean(1) < 170).float()  # the skirt is white: its lines and shadow
    centre = (dark.sum(1) * torch.arange(64)).sum(1) / dark.sum((1, 2))
    assert (np.diff(centre[:3]) > 1).all()


def test_the_default_grid_has_at_least_a_thousand_images_of_factors_that_show():
    factors = collection.DEFAULT_FACTORS
    assert 1000 <= np.prod([len(values) for values in factors.values()]) <= 5000
    small = {name: values[:2] for name, values in factors.items()}
    grid = factor_grid(small, size=16, **QUIET)
    assert len({image.numpy().tobytes() for image in grid.images}) == 2**5


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"factors": {"collar": ["fur"]}}, "collar"),
        ({"factors": {"second colour": ["gold"]}}, "second colour"),
        ({"factors": {"colour": ["blurple"]}}, "colour"),
        ({"factors": {"shade": ["red"]}}, "shade"),
        ({"factors": {"colour": []}}, "factors"),
        ({"nuisances": {"smell": 3}}, "smell"),
        ({"nuisances": {"x": 1}}, "steps of x"),
        ({"category": "sock"}, "sock"),
        ({"size": 3}, "size"),
    ],
)
def test_grids_that_cannot_be_drawn_are_refused_by_name(arguments, names):
    with pytest.raises(InputError, match=names):
        factor_grid(**arguments)
