"""Anyone's catalogue: a table with one row an image, and a folder or zip of the images."""

import re
import string
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal, overload

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size
from adde_lite.data.files import check_sha256
from adde_lite.data.images import AttributeImages
from adde_lite.data.rows import BadRows, Row, read_rows
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError, unknown

MISSING_CELLS = ("", "NA", "N/A", "NaN", "nan", "null", "-1")


@overload
def image_table(
    csv: str | Path,
    images: str | Path,
    columns: Sequence[str] | Mapping[str, str],
    *,
    size: Size = ...,
    fit: Fit = ...,
    id_column: str = ...,
    filename: str = ...,
    where: Mapping[str, object] | None = ...,
    keep: Sequence[str] = ...,
    schema: AttributeSchema | None = ...,
    missing: Collection[str] = ...,
    bad_rows: BadRows = ...,
    missing_images: Literal["error", "skip"] = ...,
    sha256: Mapping[str, str] | None = ...,
    in_memory: Literal[True] = ...,
) -> AttributeImages: ...


@overload
def image_table(
    csv: str | Path,
    images: str | Path,
    columns: Sequence[str] | Mapping[str, str],
    *,
    size: Size = ...,
    fit: Fit = ...,
    id_column: str = ...,
    filename: str = ...,
    where: Mapping[str, object] | None = ...,
    keep: Sequence[str] = ...,
    schema: AttributeSchema | None = ...,
    missing: Collection[str] = ...,
    bad_rows: BadRows = ...,
    missing_images: Literal["error", "skip"] = ...,
    sha256: Mapping[str, str] | None = ...,
    in_memory: Literal[False],
    workers: int = ...,
) -> StreamedImages: ...


def image_table(
    csv: str | Path,
    images: str | Path,
    columns: Sequence[str] | Mapping[str, str],
    *,
    size: Size = 64,
    fit: Fit = "pad",
    id_column: str = "id",
    filename: str = "{id}.jpg",
    where: Mapping[str, object] | None = None,
    keep: Sequence[str] = (),
    schema: AttributeSchema | None = None,
    missing: Collection[str] = MISSING_CELLS,
    bad_rows: BadRows = "error",
    missing_images: Literal["error", "skip"] = "error",
    sha256: Mapping[str, str] | None = None,
    in_memory: bool = True,
    workers: int = 0,
) -> AttributeImages | StreamedImages:
    """Read labelled images from a table of text and a folder or zip.

    To read several parts that belong together, read them at once and part them by a kept column, so that they share
    one schema: `image_table(..., keep=("split",)).where(split="train")`.

    Args:
        csv: the table, comma, tab, semicolon or bar between the cells; its first line names the columns.
        images: a folder or a zip file.
        columns: the columns that hold attributes, or a mapping from attribute to column.
        size, fit: (H, W) of the images and how they get there, as `decode_image`.
        id_column: the column that names each row.
        filename: where the image of a row is, with columns in braces; "{id}" is always the id.
        where: take only the rows with these cells, `{"core": 1, "split": ("train", "gallery")}`.
        keep: further columns to carry along; whole numbers become int64, all else stays text.
        schema: the attributes and values to use; None takes each attribute's values in sorted order.
        missing: cells that mean "no label", code -1.
        bad_rows: "error", or "skip" malformed rows with one warning.
        missing_images: "error", or "skip" rows without an image with one warning.
        sha256: file name -> expected SHA-256, of the table or the zip; None checks nothing.
        in_memory: decode all images now; False leaves them in their files, to be decoded when a batch needs them.
        workers: processes that decode ahead when the images are not in memory; 0 decodes in this one.

    Raises:
        InputError: a file, column, row, label or image that cannot be used; names the file and the line.
    """
    if missing_images not in ("error", "skip"):
        raise InputError("missing_images", repr(missing_images), "'error' or 'skip'", "Choose one of them.")
    if in_memory and workers:
        raise InputError("workers", f"{workers} and in_memory=True", "0", "Pass in_memory=False, or leave workers out.")
    for argument, words in {"columns": columns, "keep": keep, "missing": missing}.items():
        if isinstance(words, str):  # also a sequence of strings: its letters
            raise InputError(argument, repr(words), "a list of words", f"Pass [{words!r}].")
    csv, images = Path(csv), Path(images)
    _check_sums(sha256 or {}, csv, images)
    attributes = dict(columns) if isinstance(columns, Mapping) else {name: name for name in columns}
    rows = read_rows(csv, bad_rows=bad_rows)
    for column in [id_column, *attributes.values(), *keep, *(where or {}), *_fields(filename)]:
        if column not in rows[0].cells:
            raise unknown(str(csv), "column", column, rows[0].cells)
    _check_ids(csv, rows, id_column, [*attributes.values(), *keep])
    rows = _matching(csv, rows, where or {})
    archive = Archive(images)
    wanted = [_filled(filename, {**row.cells, "id": row.cells[id_column]}) for row in rows]
    rows, names = _with_image(csv, rows, wanted, archive, skip=missing_images == "skip")
    schema = _schema(csv, rows, attributes, missing) if schema is None else schema
    labels = _labels(csv, rows, attributes, schema, missing)
    ids = tuple(row.cells[id_column] for row in rows)
    kept = {name: _column(rows, name) for name in keep}
    streamed = StreamedImages(archive, tuple(names), labels, schema, ids, kept, size, fit, workers)
    if not in_memory:
        return streamed
    with archive:
        return streamed.loaded()


def _check_sums(sums: Mapping[str, str], *paths: Path) -> None:
    by_name = {path.name: path for path in paths}
    for name, expected in sums.items():
        if name not in by_name:
            raise unknown("sha256", "file", name, by_name)
        check_sha256(by_name[name], expected)


def _fields(filename: str) -> list[str]:
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(filename) if field is not None]
    except ValueError as error:
        raise InputError("filename", repr(filename), 'a pattern such as "{id}.jpg"', f"{error}.") from error
    return [field for field in fields if field != "id"]


def _filled(filename: str, cells: Mapping[str, str]) -> str:
    try:
        return filename.format_map(cells)
    except ValueError as error:
        remedy = f"{error}: cells are text, write {{id:0>6}} to fill up with zeros."
        raise InputError("filename", repr(filename), "a pattern for text", remedy) from error


def _check_ids(csv: Path, rows: Sequence[Row], id_column: str, compared: Sequence[str]) -> None:
    """Each id once. Two rows of one id that differ would put it in two splits, or give it two labels."""
    first: dict[str, Row] = {}
    for row in rows:
        name = row.cells[id_column]
        if not name:
            raise InputError(f"{csv}, line {row.line}", f"an empty {id_column!r}", "a name for the row", "Fill it in.")
        before = first.setdefault(name, row)
        if before is not row:
            pairs = {column: (before.cells[column], row.cells[column]) for column in compared}
            other = [f"{column} {old!r} there, {new!r} here" for column, (old, new) in pairs.items() if old != new]
            raise InputError(
                f"{csv}, line {row.line}",
                f"{id_column} {name!r} again after line {before.line}, {', '.join(other) or 'with the same cells'}",
                "each id once, in one split, with one set of labels",
                "Remove one of the two rows.",
            )


def _matching(csv: Path, rows: Sequence[Row], where: Mapping[str, object]) -> list[Row]:
    left = list(rows)
    for column, wanted in where.items():
        listed = wanted if isinstance(wanted, Collection) and not isinstance(wanted, str) else (wanted,)
        accepted = {str(value) for value in listed}
        before, left = left, [row for row in left if row.cells[column] in accepted]
        if not left:
            found = sorted({row.cells[column] for row in before})[:8]
            raise InputError(
                f"{csv}, where", f"{column} {wanted!r}: no row", f"one of {found}", "Loosen the condition."
            )
    return left


def _with_image(
    csv: Path, rows: Sequence[Row], wanted: Sequence[str], archive: Archive, *, skip: bool
) -> tuple[list[Row], list[str]]:
    """The rows that have an image, and the listed name of each."""
    found = [archive.find(name) for name in wanted]
    lost = [(row, name) for row, name, there in zip(rows, wanted, found, strict=True) if there is None]
    if lost and (not skip or len(lost) == len(rows)):
        some = ", ".join(map(repr, archive.names[:3])) or "nothing"
        raise InputError(
            f"{csv}, line {lost[0][0].line}",
            f"no image {lost[0][1]!r} in {archive.path} ({len(lost)} of {len(rows)} rows have none)",
            f"a file that it holds ({some}, ...)",
            'Mend filename=, or pass missing_images="skip" when most are there.',
        )
    if lost:
        some = ", ".join(name for _, name in lost[:5]) + (", ..." if len(lost) > 5 else "")
        warnings.warn(f"{csv}: {len(lost)} rows without an image skipped ({some})", stacklevel=3)
    kept = [(row, name) for row, name in zip(rows, found, strict=True) if name is not None]
    return [row for row, _ in kept], [name for _, name in kept]


def _schema(csv: Path, rows: Sequence[Row], attributes: Mapping[str, str], missing: Collection[str]) -> AttributeSchema:
    values = {}
    for name, column in attributes.items():
        values[name] = sorted({row.cells[column] for row in rows} - set(missing))
        if len(values[name]) < 2:
            raise InputError(
                f"{csv}, column {column!r}",
                f"only the value {values[name][0]!r}" if values[name] else "no labelled row",
                "at least two values, or there is nothing to learn",
                "Leave the column out, or pass schema= with all its values.",
            )
    return AttributeSchema.of(values)


def _labels(
    csv: Path, rows: Sequence[Row], attributes: Mapping[str, str], schema: AttributeSchema, missing: Collection[str]
) -> Tensor:
    for name in [*schema.names, *attributes]:
        if name not in attributes or name not in schema.names:
            both = [both for both in schema.names if both in attributes]
            raise unknown("schema and columns", "attribute", name, both)
    labels = np.full((len(rows), schema.A), MISSING, dtype=np.int64)
    for a, (name, options) in enumerate(zip(schema.names, schema.values, strict=True)):
        codes = {value: code for code, value in enumerate(options)}
        for place, row in enumerate(rows):
            cell = row.cells[attributes[name]]
            if cell in codes:
                labels[place, a] = codes[cell]
            elif cell not in missing:
                raise unknown(f"{csv}, line {row.line}, column {attributes[name]!r}", "value", cell, options)
    return torch.from_numpy(labels)


def _column(rows: Sequence[Row], name: str) -> np.ndarray:
    cells = [row.cells[name] for row in rows]
    whole = all(re.fullmatch(r"0|-?[1-9]\d{0,17}", cell) for cell in cells)  # "007" is a name, not a number
    return np.array(cells, dtype=np.int64 if whole else str)
