"""A text file that names images: one path a line."""

from collections.abc import Sequence
from pathlib import Path

from adde_lite.data.files import read_bytes
from adde_lite.errors import InputError


def read_lines(path: Path, *, remedy: str) -> list[str]:
    """The lines of a text file, without empty ones at its end.

    Args:
        path: the file; with or without a byte order mark.
        remedy: for bytes that are not UTF-8.

    Raises:
        InputError: unreadable, or bytes that are not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig").rstrip().splitlines()
    except UnicodeDecodeError as error:
        raise InputError(str(path), "bytes that are not UTF-8", "UTF-8 text", remedy) from error


def each_once(path: Path, lines: Sequence[str], *, remedy: str) -> tuple[str, ...]:
    """The lines as names of images, all different.

    Args:
        path: the file that they stand in.
        lines: all of it.
        remedy: for a name that stands there twice.

    Raises:
        InputError: a blank line, or a name that stands there twice. Names the line.
    """
    first: dict[str, int] = {}
    for line, name in enumerate(lines, start=1):
        if not name.strip():
            raise InputError(f"{path}, line {line}", "a blank line", "the path of an image", "Remove the line.")
        if first.setdefault(name, line) != line:
            given = f"{name!r}, as on line {first[name]}"
            raise InputError(f"{path}, line {line}", given, "each image once", remedy)
    return tuple(lines)
