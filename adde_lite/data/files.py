"""One file from outside: its bytes, or an error that says what is wrong with it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adde_lite.errors import InputError
from adde_lite.storage import file_sha256

_BEGINNINGS = [
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML file"),
    (b"<svg", "an SVG drawing"),
    (b"%pdf", "a PDF"),
    (b"pk\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89png", "a PNG image"),
    (b"gif8", "a GIF image"),
]

_WRONG: dict[type[OSError], tuple[str, str]] = {
    FileNotFoundError: ("no such file", "Check the spelling and the folder."),
    IsADirectoryError: ("a folder", "Name a file in it."),
    PermissionError: ("a file without permission to read it", "Change its permissions."),
}


def looks_like(content: bytes) -> str:
    """What bytes seem to be, in words: "an HTML page", "text", "0 bytes"."""
    if not content:
        return "0 bytes"
    head = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, words in _BEGINNINGS:
        if head.startswith(beginning):
            return words
    try:
        content[:512].decode("ascii")
    except UnicodeDecodeError:
        return "unknown bytes"
    return "unknown bytes" if b"\0" in head else "text"


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """While a file is opened and read: every OSError becomes an InputError that names the file.

    Raises:
        InputError: missing, a folder, not readable, a chain of links that closes on itself, a failing disk.
    """
    try:
        if Path(path).is_dir():  # Windows reports a folder as a missing permission
            raise IsADirectoryError
        yield
    except OSError as error:
        given, remedy = _WRONG.get(type(error), (error.strerror or str(error), "Check the disk and the path."))
        if error.errno == errno.ELOOP:
            given, remedy = "a symbolic link that leads back to itself", "Point the link at a file."
        raise InputError(str(path), given, "a readable file", remedy) from error


def read_bytes(path: str | Path) -> bytes:
    """The whole file. Raises InputError as `reading`, and for a file of 0 bytes."""
    with reading(path):
        content = Path(path).read_bytes()
    if not content:
        raise InputError(str(path), "0 bytes", "a file with content", "Download or copy it again.")
    return content


def check_sha256(path: str | Path, expected: str) -> None:
    """Compare the SHA-256 of a file with the expected 64 hexadecimal digits.

    Raises:
        InputError: as `reading`, or another sum: a partial download, a changed file.
    """
    with reading(path):
        found = file_sha256(Path(path))
    if found != expected.lower():
        raise InputError(str(path), f"SHA-256 {found}", expected, "Download it again; it is cut short or changed.")
