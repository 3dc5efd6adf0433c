import zipfile

import pytest
from PIL import Image

from adde_lite.data import fashion_products as packs
from adde_lite.data.fashion_products import fashion_products

TABLE = """id,gender,articleType,baseColour,core,split
7,Men,Shirts,Blue,1,train
8,Women,Tops,Red,1,query
9,Men,Tops,Red,0,train
10,Women,Tops,Red,1,train
"""


@pytest.fixture
def holder(tmp_path):
    """A folder that holds a pack of four photos, one of them not of a core product."""
    pack = tmp_path / packs.PACK
    pack.mkdir()
    (pack / "labels.csv").write_text(TABLE)
    with zipfile.ZipFile(pack / "images.zip", "w") as photos:
        for number in (7, 8, 9, 10):
            Image.new("RGB", (6, 8), (number, 0, 0)).save(tmp_path / "photo.jpg")
            photos.write(tmp_path / "photo.jpg", f"{number}.jpg")
    return tmp_path


def test_the_core_photos_of_the_folder_that_the_variable_names(holder, monkeypatch):
    monkeypatch.setenv(packs.HOLDER, str(holder))
    photos = fashion_products()
    assert photos.ids == ("7", "8", "10")
    assert photos.schema.names == packs.ATTRIBUTES
    assert photos.images.shape[2:] == packs.PHOTO_SIZE
    assert photos.where(split="query").ids == ("8",)


def test_a_further_condition_and_another_folder_and_size(holder, monkeypatch):
    monkeypatch.delenv(packs.HOLDER, raising=False)
    photos = fashion_products(["gender"], size=16, where={"split": "train"}, folder=holder)
    assert photos.ids == ("7", "10")
    assert photos.images.shape[2:] == (16, 16)


@pytest.mark.parametrize("named", [None, "", "elsewhere"])
def test_without_the_pack_there_are_no_photos(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    if named is None:
        monkeypatch.delenv(packs.HOLDER, raising=False)
    else:
        monkeypatch.setenv(packs.HOLDER, named)
    assert fashion_products() is None
