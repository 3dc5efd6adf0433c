"""The archive for a classroom: what is packed comes out again, byte for byte, and damage is noticed."""

import platform
import zipfile
from pathlib import Path

import pytest

from adde_lite import storage
from adde_lite.data.wardrobe.collection import drawing_version
from adde_lite.errors import InputError
from notebooks import bundle

HEADER = 30  # bytes of a file in a zip before its name
TEXTS = {"START.txt": "three lines\n"}


@pytest.fixture
def files(tmp_path):
    """A small course."""
    contents = {
        "notebooks/one.ipynb": repr(list(range(900))).encode(),
        "data/weights.safetensors": bytes(range(256)) * 9,
        "é.md": b"x",
    }
    found = {}
    for name, content in contents.items():
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        found[name] = path
    return found


@pytest.fixture
def archive(files, tmp_path):
    bundle.pack(files, TEXTS, tmp_path / "classroom.zip")
    return tmp_path / "classroom.zip"


def test_what_was_packed_comes_out_byte_for_byte(files, archive, tmp_path):
    fresh = tmp_path / "fresh"
    assert bundle.unpack(archive, fresh) == len(files) + len(TEXTS)
    for name, path in files.items():
        assert (fresh / name).read_bytes() == path.read_bytes()
    assert (fresh / "START.txt").read_text() == TEXTS["START.txt"]


def test_the_same_content_is_the_same_bytes_whatever_order_and_time(files, archive, tmp_path):
    for path in files.values():
        path.write_bytes(path.read_bytes())
        path.chmod(0o600)
    bundle.pack(dict(reversed(files.items())), TEXTS, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("name", ["notebooks/one.ipynb", "data/weights.safetensors", "START.txt", bundle.MANIFEST])
def test_a_damaged_archive_is_noticed_and_leaves_nothing(archive, tmp_path, name):
    with zipfile.ZipFile(archive) as packed:
        entry = packed.getinfo(name)
    content = bytearray(archive.read_bytes())
    content[entry.header_offset + HEADER + len(name) + entry.compress_size // 2] ^= 255
    archive.write_bytes(content)
    with pytest.raises(InputError, match="anew"):
        bundle.unpack(archive, tmp_path / "fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classroom.zip", "course"]


def test_an_archive_that_was_cut_off_is_noticed(archive, tmp_path):
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(InputError, match="anew"):
        bundle.unpack(archive, tmp_path / "fresh")


def test_a_file_that_was_changed_or_lost_after_unpacking_is_named(archive, tmp_path):
    fresh = tmp_path / "fresh"
    bundle.unpack(archive, fresh)
    (fresh / "START.txt").write_text("four lines\n")
    (fresh / "notebooks" / "one.ipynb").unlink()
    with pytest.raises(InputError, match=r"2 of 4 files missing or changed: START\.txt, notebooks/one\.ipynb"):
        bundle.check(fresh)


def test_a_folder_that_is_there_is_left_alone(archive, tmp_path):
    with pytest.raises(InputError, match="not there yet"):
        bundle.unpack(archive, tmp_path / "course")


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as packed:
        packed.writestr("../outside.txt", "x")
    with pytest.raises(InputError, match="names inside"):
        bundle.unpack(tmp_path / "evil.zip", tmp_path / "fresh")
    assert not (tmp_path / "outside.txt").exists()


def test_only_garments_as_they_are_drawn_today_are_packed(tmp_path):
    for name, drawing in (("today", drawing_version()), ("once", "0123")):
        storage.store(tmp_path / name, {}, {"recipe": {"drawing": drawing}})
    kept = ("facts.json", "manifest.json", "tensors.safetensors")
    assert list(bundle.drawn(tmp_path)) == [f"data/cache/today/{name}" for name in kept]


def test_damaged_garments_and_drafts_are_not_packed(tmp_path):
    for name in ("whole", "cut", ".whole-x1y2"):
        storage.store(tmp_path / name, {}, {"recipe": {}})
    (tmp_path / "cut" / "facts.json").write_text('{"rec')
    with pytest.warns(UserWarning, match=r"not packed, because it is damaged: .*facts\.json: given 5 bytes"):
        packed = bundle.drawn(tmp_path)
    assert {name.split("/")[2] for name in packed} == {"whole"}


def test_wheels_are_listed_with_version_and_those_at_hand_with_their_sum(tmp_path):
    from importlib.metadata import version

    name = f"packaging-{version('packaging')}-py3-none-any.whl"
    (tmp_path / name).write_bytes(b"wheel")
    lines = bundle.requirements(bundle.wheel_files(tmp_path)).splitlines()
    found = [line for line in lines if line.startswith("packaging==")]
    assert found == [f"packaging=={version('packaging')} --hash=sha256:{bundle.file_sha256(tmp_path / name)}"]
    assert not [line for line in lines if line.startswith("adde-lite")]


def test_the_start_names_this_python_and_takes_from_the_archive_only_wheels_that_are_there():
    with_wheels, without = bundle.how_to_start({"wheels/one.whl": Path("one.whl")}), bundle.how_to_start({})
    assert all(f"You need Python {platform.python_version()}" in text for text in (with_wheels, without))
    assert "--no-index --find-links wheels -r wheels.txt" in with_wheels
    assert "--no-index" not in without and "pip install -r wheels.txt" in without


def test_a_folder_without_wheels_says_how_to_bring_them(tmp_path):
    with pytest.raises(InputError, match="pip download"):
        bundle.wheel_files(tmp_path)
