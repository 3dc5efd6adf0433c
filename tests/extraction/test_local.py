"""Every image gets its embedding, once; what stands is kept, what is broken is made again, what differs is refused."""

import shutil
import weakref
import zipfile
from dataclasses import replace

import pytest
import torch

from adde_lite import storage
from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_images
from adde_lite.errors import InputError
from adde_lite.extraction import Extracted, extract
from adde_lite.models.adde import AttributeEncoder
from adde_lite.training import seeded

SHARD = {"size": 16, "shard_size": 5, "device": "cpu", "progress": False}

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a machine with one core


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def made(model, images, out):
    """Extract as in `SHARD`, into `out` and as asked."""

    def make(model=model, images=images, out=out, **options):
        return extract(model, images, out, **SHARD | options)

    return make


@pytest.fixture
def embedded(model, monkeypatch):
    """The model, and the sizes of the batches that it embeds."""
    sizes, embed = [], model.embed
    monkeypatch.setattr(model, "embed", lambda images: sizes.append(len(images)) or embed(images))
    return sizes


def damage(image):
    image.write_bytes(image.read_bytes()[:60])


def test_every_image_has_the_embedding_that_the_model_gives_it(made, model, images):
    names, embeddings, damaged = made().load()
    archive = Archive(images)
    assert list(names) == sorted(
        name for name in archive.names if name.lower().endswith((".png", ".jpg")) and name[0] != "."
    )
    assert len(names) == 23
    expected = model.embed(decode_images(archive, names, size=16))
    assert torch.allclose(embeddings, expected, atol=1e-5)
    assert embeddings.dtype == torch.float32
    assert damaged == {}


def test_shards_come_one_at_a_time_and_in_order(made):
    extracted = made()
    shards = list(extracted.shards())
    assert [len(shard.names) for shard in shards] == [5, 5, 5, 5, 3]
    whole = extracted.load()
    assert sum((shard.names for shard in shards), ()) == whole.names
    assert torch.equal(torch.cat([shard.embeddings for shard in shards]), whole.embeddings)


def test_a_zip_gives_the_files_of_its_folder(made, images, out, tmp_path, contents):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as file:
        for path in images.rglob("*.*"):
            file.write(path, path.relative_to(images))
    made()
    made(images=tmp_path / "images.zip", out=tmp_path / "other")
    assert contents(out) == contents(tmp_path / "other")
    assert len(contents(out)) == 3 * (5 + 1)


def test_workers_give_the_same_files(made, out, tmp_path, contents):
    made()
    made(out=tmp_path / "other", workers=2)
    assert contents(out) == contents(tmp_path / "other")


def test_what_stands_is_not_made_again(made, out, embedded, contents):
    made()
    before = contents(out)
    assert embedded == [5, 5, 5, 5, 3]
    shutil.rmtree(out / "shard-000002")
    made()
    assert embedded == [5, 5, 5, 5, 3, 5]
    assert contents(out) == before


@pytest.mark.parametrize("name", [storage.TENSORS, storage.FACTS, storage.MANIFEST])
def test_a_damaged_shard_is_made_again_with_one_warning(made, out, embedded, contents, name):
    made()
    before = contents(out)
    for shard, place in (("shard-000001", 0), ("shard-000003", -1)):
        flipped = bytearray((out / shard / name).read_bytes())
        flipped[place] ^= 4
        (out / shard / name).write_bytes(flipped)
    with pytest.raises(InputError, match=r"shard-000001.*Make the same call of extract again"):
        Extracted(out).load()
    with pytest.warns(UserWarning, match="2 damaged shards are made again, the first: .*shard-000001") as warned:
        made()
    assert len(warned) == 1
    assert embedded[5:] == [5, 5]
    assert contents(out) == before


def test_a_damaged_plan_is_written_again(made, out, embedded, contents):
    made()
    before = contents(out)
    (out / "plan" / storage.FACTS).write_text("{}")
    with pytest.raises(InputError, match=r"facts\.json"):
        Extracted(out)
    with pytest.warns(UserWarning, match="the plan is written again, because it is damaged"):
        made()
    assert contents(out) == before
    assert len(embedded) == 5


def another(model):
    return seeded(lambda: AttributeEncoder(model.schema, model.recipe), 1)


def other_recipe(model):
    recipe = replace(model.recipe, contrast=0.5)
    return seeded(lambda: AttributeEncoder(model.schema, recipe), 0)


@pytest.mark.parametrize("other", [another, other_recipe])
def test_an_extraction_of_another_model_is_refused(made, model, out, contents, other):
    made()
    before = contents(out)
    with pytest.raises(InputError, match="an extraction: given another model, expected the same as in this call"):
        made(other(model))
    assert contents(out) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": (16, 12)}, r"given size \[16, 16\], expected \[16, 12\]"),
        ({"fit": "crop"}, "given fit 'pad', expected 'crop'"),
        ({"shard_size": 6}, "given shard_size 5, expected 6"),
        ({"dtype": "float16"}, "given dtype 'float32', expected 'float16'"),
    ],
)
def test_an_extraction_made_otherwise_is_refused(made, out, contents, change, message):
    made()
    before = contents(out)
    with pytest.raises(InputError, match=message):
        made(**change)
    assert contents(out) == before


@pytest.mark.parametrize("change", [shutil.copy, shutil.move], ids=["one more", "one renamed"])
def test_a_folder_of_other_names_is_refused(made, images, change):
    made()
    change(images / "02.PNG", images / "2.PNG")
    with pytest.raises(InputError, match="an extraction: given images of other names, expected the same as in"):
        made()


def test_a_shard_of_another_extraction_is_refused(made, model, out, tmp_path):
    made()
    made(another(model), out=tmp_path / "other")
    shutil.rmtree(out / "shard-000004")
    shutil.copytree(tmp_path / "other" / "shard-000004", out / "shard-000004")
    for call in (made, lambda: Extracted(out).load()):
        with pytest.raises(InputError, match="shard-000004: given shard 4 of plan"):
            call()


def test_a_shard_under_another_number_is_refused(made, out):
    made()
    shutil.rmtree(out / "shard-000001")
    shutil.copytree(out / "shard-000000", out / "shard-000001")
    with pytest.raises(InputError, match="shard-000001: given shard 0 of plan"):
        Extracted(out).load()


def test_a_folder_of_something_else_is_left_alone(made, images, contents):
    before = contents(images)
    with pytest.raises(InputError, match=r"images: given a folder that holds 01\.jpg, expected an extraction"):
        made(out=images)
    assert contents(images) == before


def test_a_damaged_image_stops_the_extraction_and_what_stands_is_kept(made, images, out, embedded):
    damage(images / "13.jpg")
    with pytest.raises(InputError, match=r"13\.jpg'?: given a JPEG image, cut short or damaged"):
        made()
    assert Extracted(out).missing() == [1, 2, 3, 4]
    assert embedded == [5]


@pytest.mark.parametrize("workers", [0, 2])
def test_damaged_images_may_be_skipped_and_are_noted(made, images, tmp_path, workers):
    whole = made(out=tmp_path / "whole").load()
    bad = whole.names[2], *whole.names[10:15]  # one among others, and all of the third shard
    for name in bad:
        damage(images / name)
    with pytest.warns(
        UserWarning, match=f"images: 6 damaged images skipped .{bad[0]}, {bad[1]}, .*, \\.\\.\\."
    ) as warned:
        found = made(damaged="skip", workers=workers).load()
    assert len(warned) == 1
    assert found.names == tuple(name for name in whole.names if name not in bad)
    rows = [whole.names.index(name) for name in found.names]
    assert torch.allclose(found.embeddings, whole.embeddings[rows], atol=1e-5)
    assert list(found.damaged) == list(bad)
    assert "cut short or damaged" in found.damaged[bad[0]]


def test_skipped_images_are_told_again_and_never_passed_off_as_whole(made, images):
    damage(images / "13.jpg")
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"1 damaged images skipped \(13\.jpg\)"):
            made(damaged="skip")
    with pytest.raises(InputError, match=r"shard 1: given made without 1 damaged images .*13\.jpg"):
        made()


def test_parts_make_the_files_of_one_call(made, out, tmp_path, embedded, contents):
    made(out=tmp_path / "one")
    first = made(part=(0, 2))
    assert first.missing() == [1, 3]
    assert repr(first) == f"Extracted({out}: 23 images, 3 of 5 shards)"
    with pytest.raises(InputError, match=r"given 2 of 5 shards missing \(1, 3\), expected all.*Make the same call"):
        first.load()
    made(part=(1, 2))
    assert contents(out) == contents(tmp_path / "one")
    assert embedded == [5, 5, 5, 5, 3, 5, 5, 3, 5, 5]


def test_half_precision_halves_the_embeddings(made, tmp_path):
    full, half = made(), made(out=tmp_path / "half", dtype="float16")
    assert half.load().embeddings.dtype == torch.float16
    assert torch.equal(half.load().embeddings, full.load().embeddings.half())


def test_an_embedding_that_half_precision_cannot_hold_is_refused(made, model, images, out, monkeypatch):
    embed = model.embed
    monkeypatch.setattr(model, "embed", lambda images: embed(images) + 1e5)
    with pytest.raises(InputError, match=r"01\.jpg: given an embedding not finite in float16.*dtype='float32'"):
        made(dtype="float16")
    assert Extracted(out).missing() == [0, 1, 2, 3, 4]


def test_a_full_disk_costs_the_shard_in_work(made, out, tmp_path, contents, monkeypatch):
    save = storage.save_file

    def full(tensors, path):
        save(tensors, path)
        if "shard-000002" in str(path):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        made()
    monkeypatch.undo()
    assert Extracted(out).missing() == [2, 3, 4]
    made(out=tmp_path / "other")
    made()
    assert contents(out) == contents(tmp_path / "other")


def test_a_plan_that_another_part_wrote_at_the_same_moment_is_taken(made, model, out, monkeypatch):
    store = storage.store

    def late(folder, tensors, facts):
        store(folder, tensors, facts)
        if folder.name == "plan":
            raise OSError(39, "Directory not empty")

    monkeypatch.setattr(storage, "store", late)
    assert made().missing() == []
    shutil.rmtree(out)
    monkeypatch.setattr(storage, "store", lambda folder, tensors, facts: late(folder, tensors, facts | {"fit": "crop"}))
    with pytest.raises(InputError, match="given fit 'crop', expected 'pad'"):
        made()


def test_a_plan_that_cannot_be_written_stops_the_work(made, embedded, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        made()
    assert embedded == []


def test_one_shard_at_a_time_is_in_memory(made, monkeypatch):
    seen, alive, store = [], [], storage.store

    def watched(folder, tensors, facts):
        seen.extend(map(weakref.ref, tensors.values()))
        if tensors:
            alive.append(sum(tensor() is not None for tensor in seen))
        store(folder, tensors, facts)

    monkeypatch.setattr(storage, "store", watched)
    made()
    assert alive == [1] * 5


def test_a_progress_bar_begins_where_the_work_does(made, capfd):
    made(part=(0, 2))
    assert capfd.readouterr().err == ""
    made(progress=True)
    bar = capfd.readouterr().err
    assert " 13/23 " in bar
    assert " 23/23 " in bar


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size: given 0"),
        ({"fit": "zoom"}, "fit: given 'zoom'"),
        ({"shard_size": 0}, "shard_size: given 0"),
        ({"dtype": "int8"}, "dtype: given 'int8'"),
        ({"device": "tpu"}, "device: given 'tpu'"),
        ({"workers": -1}, "workers: given -1"),
        ({"damaged": "ignore"}, "damaged: given 'ignore'"),
        ({"part": (2, 2)}, r"part: given \(2, 2\)"),
    ],
)
def test_arguments_that_cannot_be_are_refused(made, options, message):
    with pytest.raises(InputError, match=message):
        made(**options)


def test_a_folder_without_images_is_refused(made, out, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match=r"empty: given no image \('notes\.txt'\), expected files ending in .*\.jpg"):
        made(images=tmp_path / "empty")
    assert not out.exists()


def test_no_extraction_is_said_to_be_none(tmp_path):
    with pytest.raises(InputError, match=r"plan.*no such file"):
        Extracted(tmp_path)
