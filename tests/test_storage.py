import json
from pathlib import Path

import pytest
import torch

from adde_lite import storage
from adde_lite.errors import InputError


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "stored"
    storage.store(where, {"a": torch.arange(6).reshape(2, 3), "b": torch.rand(4)}, {"recipe": "x", "n": 3})
    return where


def test_round_trip_is_bit_equal(tmp_path):
    tensors = {"a": torch.rand(3, 2).T, "b": torch.tensor([1, 2], dtype=torch.uint8)}
    storage.store(tmp_path / "new" / "folder", tensors, {"n": 1})
    read, facts = storage.load(tmp_path / "new" / "folder")
    assert facts == {"n": 1}
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def test_tensors_that_share_memory_are_stored_each_on_its_own(tmp_path):
    line = torch.arange(10.0)
    given = {"tied": line, "again": line, "end": line[4:], "begin": line[:6]}
    storage.store(tmp_path / "folder", given, {})
    read, _ = storage.load(tmp_path / "folder")
    assert all(torch.equal(read[name], tensor) for name, tensor in given.items())


def test_storing_again_replaces_and_leaves_nothing_else(folder):
    storage.store(folder, {"c": torch.zeros(1)}, {})
    tensors, facts = storage.load(folder)
    assert list(tensors) == ["c"]
    assert facts == {}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", [storage.TENSORS, storage.FACTS, storage.MANIFEST])
@pytest.mark.parametrize("keep", [0, 1, 4, 0.5, -1])
def test_truncated_file_is_refused_by_name(folder, name, keep):
    content = (folder / name).read_bytes()
    end = int(len(content) * keep) if isinstance(keep, float) else keep
    (folder / name).write_bytes(content[:end])
    with pytest.raises(InputError, match=name):
        storage.load(folder)


@pytest.mark.parametrize("name", [storage.TENSORS, storage.FACTS, storage.MANIFEST])
def test_every_flipped_byte_is_noticed(folder, name):
    content = (folder / name).read_bytes()
    for position in range(0, len(content), max(1, len(content) // 40)):
        flipped = bytearray(content)
        flipped[position] ^= 4
        (folder / name).write_bytes(bytes(flipped))
        with pytest.raises(InputError):
            storage.load(folder)


def test_failed_write_leaves_the_old_folder_whole(folder, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dumps", full_disk)
    with pytest.raises(OSError, match="No space"):
        storage.store(folder, {"z": torch.zeros(1)}, {})
    monkeypatch.undo()
    assert set(storage.load(folder)[0]) == {"a", "b"}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.fixture
def there_after_each_rename(folder, monkeypatch):
    """Whether `folder` stands after each call of Path.rename."""
    rename, there = Path.rename, []

    def watched(self, target):
        try:
            return rename(self, target)
        finally:
            there.append(storage.stored(folder))

    monkeypatch.setattr(Path, "rename", watched)
    return there


def test_a_folder_that_is_replaced_is_there_at_every_moment(folder, tmp_path, there_after_each_rename):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    if not storage._exchanged(one, other):
        pytest.skip("this system cannot exchange names")
    storage.store(folder, {"c": torch.zeros(1)}, {})
    assert list(storage.load(folder)[0]) == ["c"]
    assert there_after_each_rename
    assert all(there_after_each_rename)


def test_where_names_cannot_be_exchanged_the_folder_is_replaced_in_steps(folder, there_after_each_rename, monkeypatch):
    monkeypatch.setattr(storage, "_exchanged", lambda *_: False)
    storage.store(folder, {"c": torch.zeros(1)}, {})
    assert list(storage.load(folder)[0]) == ["c"]
    assert not all(there_after_each_rename)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["new", "new.v1"])
def test_two_that_store_at_once_are_both_served(tmp_path, name, monkeypatch):
    rename, folder = Path.rename, tmp_path / name

    def late(self, target):
        monkeypatch.setattr(Path, "rename", rename)
        storage.store(folder, {"first": torch.zeros(1)}, {})
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    storage.store(folder, {"last": torch.zeros(1)}, {})
    assert list(storage.load(folder)[0]) == ["last"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("held", ["thesis.txt", ".git/HEAD", "results/table.csv"])
def test_a_folder_that_holds_anything_else_is_not_replaced(folder, held):
    precious = folder / held
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("mine")
    with pytest.raises(InputError, match=f"holds {held.partition('/')[0]}"):
        storage.store(folder, {"c": torch.zeros(1)}, {})
    assert precious.read_text() == "mine"


def test_a_file_is_not_replaced(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(InputError, match="given a file"):
        storage.store(file, {"c": torch.zeros(1)}, {})
    with pytest.raises(InputError, match="no such file"):
        storage.load(file)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_damaged_folder_and_one_that_was_looked_into_are_replaced(folder):
    (folder / storage.MANIFEST).unlink()
    (folder / ".DS_Store").touch()
    storage.store(folder, {"c": torch.zeros(1)}, {})
    assert list(storage.load(folder)[0]) == ["c"]


def test_a_link_is_stored_through(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    storage.store(link, {"c": torch.zeros(1)}, {})
    assert link.is_symlink()
    assert list(storage.load(folder)[0]) == ["c"]


def test_drafts_of_killed_processes_are_cleared_by_the_name_of_their_folder(folder):
    unfinished = [storage._beside(folder.with_name(name)) for name in ("stored", "stored-2", "other")]
    drafts = [each.__enter__() for each in unfinished]
    storage.clear_drafts(folder.parent, "stored")
    assert [draft.exists() for draft in drafts] == [False, False, True]
    assert storage.load(folder)[1] == {"recipe": "x", "n": 3}


def test_missing_folder_says_what_was_expected(tmp_path):
    assert not storage.stored(tmp_path / "nothing")
    with pytest.raises(InputError, match="no such file"):
        storage.load(tmp_path / "nothing")
