"""Write a split in the public ADDE format, so that other programs can read it. Nothing is left half written."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from torch import Tensor

from adde_lite.data.images import AttributeImages
from adde_lite.data.official.layout import SIZES, STEMS, edited_attributes
from adde_lite.errors import InputError
from adde_lite.sampling import Queries, Triplets


def write_official(
    folder: str | Path,
    train: AttributeImages,
    test: AttributeImages,
    *,
    triplets: Triplets | None = None,
    queries: Queries | None = None,
    images: str | Path | None = None,
    prefix: str = "",
) -> None:
    """Write the text files of a split, and the images when asked; `official_split` reads them back equal.

    The format has no place for the names of attributes and values: keep the schema, and pass it when reading.

    Args:
        folder: of the text files; files of the same prefix are replaced.
        train, test: the two parts, of one schema, without common images.
        triplets: of rows of `train`.
        queries: edits of rows of `test`.
        images: folder to write the images into, as train/000000.png, ... and test/000000.png, ...; None writes no
            image, and names each by its id.
        prefix: what the file names begin with.

    Raises:
        InputError: parts that do not fit or are empty, ids that cannot stand on a line, triplets or queries of other
            rows, or that the format cannot say: nothing comes, or another attribute changes than `edited` says.
        OSError: the disk is full, or may not be written to.
    """
    folder = Path(folder)
    if Path(prefix).name != prefix or not prefix.isprintable():
        raise InputError("prefix", repr(prefix), "the beginning of a file name", 'Take one such as "mini_".')
    files = {SIZES: _lines([size] for size in train.schema.sizes)}
    files |= _parts(train, test, named=images is None)
    if triplets is not None:
        files["triplet_train"] = _lines(triplets.rows.tolist())
        files["triplet_train_ind"] = _lines(_triplet_indicators(triplets, train).tolist())
    if queries is not None:
        files["ref_test"] = _lines([row] for row in queries.reference.tolist())
        files["indfull_test"] = _lines(_query_indicators(queries, test).tolist())
        files["gt_test"] = _lines(test.schema.one_hot(queries.target).tolist())
    names = {stem: f"{prefix}{stem}.txt" for stem in (SIZES, *STEMS)}
    with _draft(folder) as draft:
        for stem, text in files.items():
            (draft / names[stem]).write_text(text, encoding="utf-8", newline="\n")
        if images is not None:
            _write_images(Path(images), train, test)
        # A split without its sizes is refused. They go first and come last, so a cut-off run leaves nothing to read.
        for name in names.values():
            (folder / name).unlink(missing_ok=True)
        _move(draft, folder, [names[stem] for stem in reversed(files)])


def _parts(train: AttributeImages, test: AttributeImages, *, named: bool) -> dict[str, str]:
    if test.schema != train.schema:
        found, expected = (f"values {list(part.schema.sizes)}" for part in (test, train))
        raise InputError("schema of test", found, f"{expected}, all names as in train", "Encode both with one schema.")
    common = set(train.ids) & set(test.ids)
    if common:
        raise InputError("ids", f"{min(common)!r} in both parts", "disjoint parts", "Rename it or drop it from one.")
    files = {}
    for name, part in (("train", train), ("test", test)):
        if not len(part):
            raise InputError(name, "no images", "at least one", "Choose a larger subset.")
        for row, word in enumerate(part.ids):
            if named and (not word.strip() or word != word.strip() or not word.isprintable()):
                given, remedy = repr(word), "Rename it, or pass images= to have the images numbered."
                raise InputError(f"ids of {name}, row {row}", given, "one line without outer spaces", remedy)
        files[f"imgs_{name}"] = _lines([path] for path in (part.ids if named else _paths(name, part)))
        files[f"labels_{name}"] = _lines(part.schema.one_hot(part.labels).tolist())
    return files


def _paths(name: str, part: AttributeImages) -> list[str]:
    return [f"{name}/{row:06d}.png" for row in range(len(part))]


def _triplet_indicators(triplets: Triplets, train: AttributeImages) -> Tensor:
    indicator = triplets.indicator(train.schema, train.labels)
    idle = ~(indicator == 1).any(1)
    if idle.any():
        given, expected = "a positive that shows no new value", "one that differs from its reference"
        raise InputError(f"triplet {int(idle.nonzero()[0])}", given, expected, "Drop the triplet.")
    return indicator


def _query_indicators(queries: Queries, test: AttributeImages) -> Tensor:
    indicator = queries.indicator(test.schema, test.labels)
    coming = edited_attributes(indicator, test.schema)
    other = (coming != queries.edited).any(1)
    if other.any():
        query = int(other.nonzero()[0])
        found, expected = (
            ", ".join(name for name, flag in zip(test.schema.names, row, strict=True) if flag) or "nothing"
            for row in (coming[query].tolist(), queries.edited[query].tolist())
        )
        remedy = "Make target equal to the reference's labels but for the edits."
        raise InputError(f"query {query}", f"new values of {found}", f"of {expected}, as edited says", remedy)
    return indicator


def _lines(rows: Iterable[Iterable[object]]) -> str:
    return "".join(" ".join(map(str, row)) + "\n" for row in rows)


def _write_images(folder: Path, train: AttributeImages, test: AttributeImages) -> None:
    with _draft(folder) as draft:
        for name, part in (("train", train), ("test", test)):
            (draft / name).mkdir()
            (folder / name).mkdir(exist_ok=True)
            paths = _paths(name, part)
            for path, pixels in zip(paths, part.images, strict=True):
                Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(draft / path)
            _move(draft, folder, paths)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder`, gone afterwards whatever happens; `folder` itself is made when absent."""
    if folder.exists() and not folder.is_dir():
        raise InputError(str(folder), "a file", "a folder", "Choose another name.")
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (draft / name).replace(folder / name)
