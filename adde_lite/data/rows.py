"""A table of text from outside, as rows that know their line: CSV, TSV and their kin."""

import csv
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from adde_lite.data.files import looks_like, read_bytes
from adde_lite.errors import InputError

DELIMITERS = ",\t;|"
BadRows: TypeAlias = Literal["error", "skip"]


@dataclass(frozen=True)
class Row:
    """One record: the line of the file where it starts, from 1, and its cells by column, without outer spaces."""

    line: int
    cells: dict[str, str]


def read_rows(path: str | Path, *, bad_rows: BadRows = "error") -> list[Row]:
    """The rows under the header of a table: UTF-8 with or without a mark, any line ends, the header's delimiter.

    Args:
        path: the file. Its first line names the columns; comma, tab, semicolon or bar divides them.
        bad_rows: what to do with a row of more or fewer cells than the header, or with stray quotes: "error", or
            "skip" with one warning that counts them.

    Raises:
        InputError: unreadable or empty file, not UTF-8, not a table, a header alone, a column named twice, a quote
            that never closes, a bad row. Names the line.
    """
    if bad_rows not in ("error", "skip"):
        raise InputError("bad_rows", repr(bad_rows), "'error' or 'skip'", "Choose one of them.")
    records = _records(str(path), _text(path), bad_rows)
    line, header = next(records)
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}, line {line}", f"column {twice!r} twice", "different column names", "Rename one.")
    rows, dropped = [], []
    for line, cells in records:
        if len(cells) == len(header):
            rows.append(Row(line, dict(zip(header, cells, strict=True))))
        elif bad_rows == "skip":
            dropped.append(line)
        else:
            raise InputError(
                f"{path}, line {line}",
                f"{len(cells)} cells",
                f"{len(header)}, as in the header",
                'Quote cells that hold the delimiter, or pass bad_rows="skip".',
            )
    if not rows:
        raise InputError(str(path), "a header and no rows", "at least one row", "Check that the file is complete.")
    if dropped:
        which = ", ".join(map(str, dropped[:5])) + (", ..." if len(dropped) > 5 else "")
        warnings.warn(f"{path}: {len(dropped)} malformed rows skipped (lines {which})", stacklevel=3)
    return rows


def _text(path: str | Path) -> str:
    content = read_bytes(path)
    kind = looks_like(content)
    if kind not in ("text", "unknown bytes"):  # text in other alphabets looks unknown at first sight
        raise InputError(str(path), kind, "a table as text (CSV)", "Download the table itself.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        given = f"byte 0x{content[error.start]:02x}, which is not UTF-8"
        raise InputError(f"{path}, line {line}", given, "UTF-8 text", "Save the table as UTF-8.") from error
    if not text.strip():
        raise InputError(str(path), "blank lines", "a header and rows", "Check that the file is complete.")
    return text


def _records(path: str, text: str, bad_rows: BadRows) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record; a record with stray quotes comes without cells when it may be skipped."""
    first = text.lstrip().splitlines()[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            never_closed = reader.line_num > line  # the rows in between went into one cell
            if never_closed or bad_rows == "error" or line == 1:
                given = "a quote that does not close" if never_closed else f"stray quotes ({error})"
                remedy = "Double the quotes inside a cell, or remove them."
                raise InputError(f"{path}, line {line}", given, "quotes around whole cells", remedy) from error
            yield line, []
            continue
        if cells is None:
            return
        if cells:
            yield line, [cell.strip() for cell in cells]
