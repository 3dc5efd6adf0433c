"""A file from outside is read, or refused with its name and a reason."""

import hashlib
from pathlib import Path

import pytest

from adde_lite.data.files import check_sha256, looks_like, read_bytes
from adde_lite.errors import InputError


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"\n <!DOCTYPE html><html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer, not the file itself"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "an XML file"),
        (b"PK\x03\x04\x14\x00", "a zip archive"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"Not found", "text"),
        (b"\x00\x01\x02", "unknown bytes"),
        (b"\xfe\xfa", "unknown bytes"),
    ],
)
def test_bytes_are_called_by_what_they_look_like(content, words):
    assert looks_like(content) == words


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: given no such file"):
        read_bytes(tmp_path / "gone.csv")


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    with pytest.raises(InputError, match=rf"{tmp_path.name}: given a folder"):
        read_bytes(tmp_path)


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InputError, match=r"empty\.csv: given 0 bytes"):
        read_bytes(tmp_path / "empty.csv")


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    (tmp_path / "locked.csv").write_text("a")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # chmod does not stop an administrator
    with pytest.raises(InputError, match=r"locked\.csv: given a file without permission"):
        read_bytes(tmp_path / "locked.csv")


def test_a_link_that_closes_on_itself_is_named(tmp_path):
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(InputError, match=r"loop\.jpg: given a symbolic link that leads back to itself"):
        read_bytes(tmp_path / "loop.jpg")


def test_a_file_of_another_sum_is_refused(tmp_path):
    (tmp_path / "images.zip").write_bytes(b"half of i")
    whole = hashlib.sha256(b"half of it").hexdigest()
    with pytest.raises(InputError, match=rf"images\.zip: given SHA-256 [0-9a-f]{{64}}, expected {whole}"):
        check_sha256(tmp_path / "images.zip", whole)
    (tmp_path / "images.zip").write_bytes(b"half of it")
    check_sha256(tmp_path / "images.zip", whole.upper())
