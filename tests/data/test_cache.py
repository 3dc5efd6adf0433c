"""The cache gives back what was made, and notices everything else."""

import warnings
from pathlib import Path

import pytest
import torch

from adde_lite.data import cache
from adde_lite.storage import TENSORS

RECIPE = {"n": 3, "size": 4}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"x": torch.arange(12).reshape(3, 4)}, {"note": "fresh"}


def test_the_second_time_nothing_is_made(folder):
    make = Maker()
    first = cache.remembered("thing", RECIPE, make)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensors, facts = cache.remembered("thing", RECIPE, make)
    assert make.calls == 1
    assert torch.equal(tensors["x"], first[0]["x"])
    assert facts == {"note": "fresh"}


def test_another_recipe_is_made_anew(folder):
    make = Maker()
    cache.remembered("thing", RECIPE, make)
    cache.remembered("thing", RECIPE | {"size": 5}, make)
    assert make.calls == 2


@pytest.mark.parametrize("damage", ["cut off", "changed", "removed", "foreign"])
def test_a_damaged_entry_is_reported_in_one_line_and_made_again(folder, damage):
    make = Maker()
    cache.remembered("thing", RECIPE, make)
    entry = cache.entry_folder("thing", RECIPE)
    path = entry / TENSORS
    whole = path.read_bytes()
    if damage == "cut off":
        path.write_bytes(whole[:-1])
    elif damage == "changed":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif damage == "removed":
        path.unlink()
    else:
        cache.remembered("other", {"n": 9}, make)
        make.calls -= 1
        for file in cache.entry_folder("other", {"n": 9}).iterdir():
            (entry / file.name).write_bytes(file.read_bytes())
    with pytest.warns(UserWarning, match="made again") as caught:
        tensors, _ = cache.remembered("thing", RECIPE, make)
    assert make.calls == 2
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert torch.equal(tensors["x"], torch.arange(12).reshape(3, 4))
    cache.remembered("thing", RECIPE, make)
    assert make.calls == 2


def test_an_interrupt_while_making_leaves_nothing(folder):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.remembered("thing", RECIPE, interrupted)
    assert not folder.exists() or not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_costs_the_time_not_the_result(folder):
    folder.write_text("a file stands where the folder should be")
    with pytest.warns(UserWarning, match="not written"):
        tensors, _ = cache.remembered("thing", RECIPE, Maker())
    assert tensors["x"].shape == (3, 4)


def test_the_folder_is_the_chosen_one_then_the_checkouts_then_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("ADDE_LITE_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv("ADDE_LITE_CACHE")
    monkeypatch.setattr(cache, "CHECKOUT", tmp_path / "checkout")
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "pyproject.toml").touch()
    assert cache.cache_folder() == tmp_path / "checkout" / "data" / "cache"
    assert cache.weights_folder("encoder") == tmp_path / "checkout" / "data" / "weights" / "encoder"
    (tmp_path / "checkout" / "pyproject.toml").unlink()
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_folder() == tmp_path / "xdg" / "adde_lite"
    assert cache.weights_folder("encoder") == tmp_path / "xdg" / "adde_lite" / "weights" / "encoder"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.cache_folder() == Path.home() / ".cache" / "adde_lite"
