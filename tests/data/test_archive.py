"""A folder and a zip read alike; a zip that is broken or hostile is refused when it is opened."""

import os
import stat
import zipfile

import pytest

from adde_lite.data import archive as module
from adde_lite.data.archive import Archive
from adde_lite.errors import InputError


def packed(path, entries, compression=zipfile.ZIP_STORED):
    """A zip of (name or ZipInfo, content) pairs, whatever they hold."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


@pytest.fixture(params=["folder", "zip"])
def make(request, tmp_path):
    """Build the same files as a folder or as a zip."""

    def build(files):
        if request.param == "zip":
            return packed(tmp_path / "files.zip", files.items())
        for name, content in files.items():
            (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "files" / name).write_bytes(content)
        return tmp_path / "files"

    return build


def test_names_are_listed_and_read(make):
    with Archive(make({"a.jpg": b"one", "inner/b.jpg": b"two"})) as archive:
        assert sorted(archive.names) == ["a.jpg", "inner/b.jpg"]
        assert archive.read("inner/b.jpg") == b"two"
        assert archive.read("./a.jpg") == b"one"


def test_spaces_and_other_alphabets_are_fine(make):
    with Archive(make({"röd kjol 红.jpg": b"one"})) as archive:
        assert archive.read("röd kjol 红.jpg") == b"one"


def test_another_case_or_accent_coding_finds_the_only_candidate(make):
    with Archive(make({"Photo.JPG": b"one", "ro\u0308d.jpg": b"two"})) as archive:
        assert archive.find("photo.jpg") == "Photo.JPG"
        assert archive.read("r\u00f6d.jpg") == b"two"
        assert archive.find("other.jpg") is None


def test_names_that_differ_in_case_alone_matter_only_when_ambiguous(tmp_path):
    with Archive(packed(tmp_path / "files.zip", [("a.jpg", b"one"), ("A.jpg", b"two")])) as archive:
        assert archive.read("a.jpg") == b"one"
        assert archive.read("A.jpg") == b"two"
        with pytest.raises(InputError, match=r"files.*: given 'A\.JPG', which may mean 'a\.jpg' or 'A\.jpg'"):
            archive.find("A.JPG")


def test_only_listed_names_are_read(make, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    with (
        Archive(make({"a.jpg": b"one"})) as archive,
        pytest.raises(InputError, match=r"no file '\.\./secret\.txt', expected a listed name \('a\.jpg'"),
    ):
        archive.read("../secret.txt")


def test_an_empty_file_inside_is_named(make):
    with Archive(make({"a.jpg": b""})) as archive, pytest.raises(InputError, match=r"a\.jpg'?: given 0 bytes"):
        archive.read("a.jpg")


def test_links_in_a_folder_that_form_a_loop_are_passed_over(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"one")
    (tmp_path / "again").symlink_to(tmp_path)
    assert Archive(tmp_path).names == ("a.jpg",)


def test_a_subfolder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # chmod does not stop an administrator
    with pytest.raises(InputError, match="locked: given Permission denied"):
        Archive(tmp_path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../up.jpg", "a name that leaves the folder"),
        ("in/../../up.jpg", "a name that leaves the folder"),
        ("/root.jpg", "a name that leaves the folder"),
        ("C:/drive.jpg", "a name that some systems read as another place"),
        ("..\\up.jpg", "a name that some systems read as another place"),
    ],
)
def test_names_that_point_out_of_the_zip_are_refused(tmp_path, name, reason):
    path = packed(tmp_path / "slip.zip", [("fine.jpg", b"one"), (name, b"two")])
    with pytest.raises(InputError, match=rf"slip\.zip, .*\.jpg': given {reason}"):
        Archive(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, kind):
    entry = zipfile.ZipInfo("link.jpg")
    entry.external_attr = (kind | 0o777) << 16
    with pytest.raises(InputError, match=r"link\.jpg': given a link or a device"):
        Archive(packed(tmp_path / "link.zip", [(entry, b"/etc/passwd")]))


def test_an_encrypted_entry_is_refused(tmp_path):
    path = packed(tmp_path / "locked.zip", [("a.jpg", b"one")])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.jpg': given an encrypted entry"):
        Archive(path)


def test_an_entry_that_swells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RATIO_FROM_BYTES", 2**16)
    noise = os.urandom(2**16)
    path = packed(tmp_path / "bomb.zip", [("fine.jpg", noise), ("b.jpg", bytes(2**20))], zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match=r"b\.jpg': given 1,048,576 bytes packed into [\d,]+"):
        Archive(path)


def test_many_entries_that_swell_a_little_are_refused_together(tmp_path, monkeypatch):
    path = packed(tmp_path / "many.zip", [(f"{place}.jpg", bytes(900)) for place in range(40)], zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(module, "RATIO_FROM_BYTES", 1000)
    monkeypatch.setattr(module, "MAX_RATIO", 5)
    with pytest.raises(InputError, match=r"many\.zip: given 40 entries of 36,000 bytes in \d,\d+, .* 5 times"):
        Archive(path)


@pytest.mark.parametrize(("limit", "most"), [("MAX_ENTRIES", 2), ("MAX_TOTAL_BYTES", 200), ("MAX_ENTRY_BYTES", 99)])
def test_each_limit_refuses_what_exceeds_it(tmp_path, monkeypatch, limit, most):
    path = packed(tmp_path / "many.zip", [(f"{place}.jpg", bytes(100)) for place in range(3)])
    Archive(path)
    monkeypatch.setattr(module, limit, most)
    with pytest.raises(InputError, match=r"many\.zip.* given .*(3 entries of 300 bytes|100 bytes packed into 100)"):
        Archive(path)


def test_a_damaged_entry_is_named(tmp_path):
    path = packed(tmp_path / "bad.zip", [("a.jpg", b"abcdefgh")])
    path.write_bytes(path.read_bytes().replace(b"abcdefgh", b"abcdefgX"))
    with Archive(path) as archive, pytest.raises(InputError, match=r"bad\.zip, 'a\.jpg': given a damaged entry"):
        archive.read("a.jpg")


def test_one_name_twice_in_a_zip_is_ambiguous(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path / "twice.zip", [("a.jpg", b"one"), ("a.jpg", b"two")])
    with Archive(path) as archive, pytest.raises(InputError, match=r"'a\.jpg', which may mean 'a\.jpg' or 'a\.jpg'"):
        archive.read("a.jpg")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"<html>404</html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ],
)
def test_what_is_no_zip_is_called_by_what_it_is(tmp_path, content, reason):
    (tmp_path / "images.zip").write_bytes(content)
    with pytest.raises(InputError, match=rf"images\.zip: given {reason}.*, expected a folder or a whole zip"):
        Archive(tmp_path / "images.zip")


def test_a_partial_download_is_refused(tmp_path):
    path = packed(tmp_path / "images.zip", [("a.jpg", bytes(1000))])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"images\.zip: given a zip archive, cut short or damaged"):
        Archive(path)


def test_nothing_at_the_path_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.zip: given no such file"):
        Archive(tmp_path / "gone.zip")
