"""Read a split in the public ADDE format, wrong lines named by file and number."""

import warnings
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size, decode_images
from adde_lite.data.images import AttributeImages
from adde_lite.data.numbers import read_numbers
from adde_lite.data.official.layout import IMAGES, SIZES, STEMS, edited_attributes
from adde_lite.data.path_lists import each_once, read_lines
from adde_lite.errors import InputError, unknown
from adde_lite.sampling import Queries, Triplets

Names: TypeAlias = AttributeSchema | Mapping[str, Sequence[str]]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class OfficialFiles:
    """What the text files of a split say; None where a file is absent.

    Args:
        schema: the files carry sizes only, so by default attribute_1, ... with value_1, ...
        train_names, test_names: path of each image.
        train_labels, test_labels: int64 (N, A), -1 where missing.
        triplets: of rows of the training part.
        triplet_indicators: int64 (T, J), -1/0/+1, as the file says them.
        references: int64 (Q,), rows of the test part.
        queries: edits of rows of the test part, when reference, indicator and target are all there.
    """

    schema: AttributeSchema
    train_names: tuple[str, ...] | None
    train_labels: Tensor | None
    test_names: tuple[str, ...] | None
    test_labels: Tensor | None
    triplets: Triplets | None
    triplet_indicators: Tensor | None
    references: Tensor | None
    queries: Queries | None


@dataclass(frozen=True, eq=False)
class OfficialSplit:
    """A split with its images.

    Args:
        train, test: the two parts; ids are the paths that the files give.
        triplets: of rows of `train`.
        queries: edits of rows of `test`.
    """

    train: AttributeImages
    test: AttributeImages
    triplets: Triplets | None
    queries: Queries | None


def official_split(
    folder: str | Path,
    images: str | Path,
    names: Names | None = None,
    *,
    size: Size = 64,
    fit: Fit = "pad",
    prefix: str | None = None,
) -> OfficialSplit:
    """Read a split in the public ADDE format, images included.

    Args:
        folder: the text files.
        images: folder or zip in which the paths of imgs_train and imgs_test are found.
        names: attributes with their values, in the order of the files; None numbers them.
        size, fit: (H, W) of the images and how they get there, as `decode_image`.
        prefix: what the file names begin with; None finds the only one there is.

    Raises:
        InputError: as `read_official`; one of the four files of images and labels absent; an image absent or damaged.
    """
    paths = _locate(Path(folder), prefix)
    absent = [f"{stem}.txt" for stem in IMAGES if stem not in paths]
    if absent:
        remedy = "Add them, or use read_official(), which needs no images."
        raise InputError(str(folder), f"no {', '.join(absent)}", "images and labels of both parts", remedy)
    files = read_official(folder, names, prefix=prefix)

    def with_images(archive: Archive, stem: str, ids: tuple[str, ...] | None, labels: Tensor | None) -> AttributeImages:
        assert ids is not None and labels is not None  # their files are there
        lost = [name for name in ids if archive.find(name) is None]
        if lost:
            some = ", ".join(map(repr, archive.names[:3])) or "nothing"
            raise InputError(
                f"{paths[stem]}, line {ids.index(lost[0]) + 1}",
                f"no image {lost[0]!r} in {images} ({len(lost)} of {len(ids)} are not there)",
                f"a file that it holds ({some}, ...)",
                "Pass the folder that the paths start from.",
            )
        pixels = decode_images(archive, ids, size=size, fit=fit)
        return AttributeImages(pixels, labels, files.schema, ids)

    with Archive(images) as archive:
        train = with_images(archive, "imgs_train", files.train_names, files.train_labels)
        test = with_images(archive, "imgs_test", files.test_names, files.test_labels)
    return OfficialSplit(train, test, files.triplets, files.queries)


def read_official(folder: str | Path, names: Names | None = None, *, prefix: str | None = None) -> OfficialFiles:
    """Read the text files of a split, as many as there are; only attr_num must be.

    Args:
        folder, names, prefix: as `official_split`.

    Raises:
        InputError: no such files, several prefixes, names of other sizes, or a wrong line: its width, a number out
            of range, two ones in a block, an image twice or in both parts, files of different length.

    Triplets and queries come from the labels here: a UserWarning counts the indicators that say otherwise.
    """
    paths = _locate(Path(folder), prefix)
    schema = _schema(paths[SIZES], names)

    def read(stem: str, reader: Callable[[Path], T]) -> T | None:
        return reader(paths[stem]) if stem in paths else None

    def one_hot(path: Path) -> Tensor:
        return _one_hot(path, schema)

    def indicator(path: Path) -> Tensor:
        return _indicator(path, schema)

    train_names, test_names = read("imgs_train", _names), read("imgs_test", _names)
    train_labels, test_labels = read("labels_train", one_hot), read("labels_test", one_hot)
    _same_length(paths, imgs_train=train_names, labels_train=train_labels)
    _same_length(paths, imgs_test=test_names, labels_test=test_labels)
    _disjoint(paths, train_names or (), test_names or ())

    def rows_of(part: Sized | None, width: int) -> Callable[[Path], Tensor]:
        return lambda path: read_numbers(path, width=width, low=0, high=None if part is None else len(part) - 1)

    triplets = read("triplet_train", lambda path: Triplets(*rows_of(train_names or train_labels, 3)(path).unbind(1)))
    triplet_indicators = read("triplet_train_ind", indicator)
    _same_length(paths, triplet_train=triplets, triplet_train_ind=triplet_indicators)
    if triplets is not None and triplet_indicators is not None and train_labels is not None:
        _compare(paths["triplet_train_ind"], triplet_indicators, triplets.indicator(schema, train_labels), "positive")

    references = read("ref_test", rows_of(test_names or test_labels, 1))
    indicators, targets = read("indfull_test", indicator), read("gt_test", one_hot)
    _same_length(paths, ref_test=references, indfull_test=indicators, gt_test=targets)
    queries = None
    if references is not None:
        references = references.flatten()
        if indicators is not None and targets is not None:
            queries = Queries(references, edited_attributes(indicators, schema), targets)
            if test_labels is not None:
                _compare(paths["indfull_test"], indicators, queries.indicator(schema, test_labels), "target")
    return OfficialFiles(
        schema,
        train_names,
        train_labels,
        test_names,
        test_labels,
        triplets,
        triplet_indicators,
        references,
        queries,
    )


def _locate(folder: Path, prefix: str | None) -> dict[str, Path]:
    """Stem -> file, all of one prefix, attr_num included."""
    if not folder.is_dir():
        raise InputError(str(folder), "no such folder", "a folder of split files", "Check the spelling.")
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.txt")):
        for stem in STEMS:
            if path.stem.endswith(stem):
                found.setdefault(path.stem.removesuffix(stem), {})[stem] = path
    if not found:
        raise InputError(str(folder), "none of the split files", f"{STEMS[0]}.txt and others", "Check the folder.")
    if prefix is None and len(found) > 1:
        raise InputError(
            str(folder),
            f"files with the prefixes {', '.join(map(repr, found))}",
            "one prefix",
            "Pass prefix=, one of them.",
        )
    prefix = next(iter(found)) if prefix is None else prefix
    if prefix not in found:
        raise unknown(str(folder), "prefix", prefix, found)
    for sizes in (folder / f"{prefix}{SIZES}.txt", folder / f"{SIZES}.txt"):
        if sizes.exists():
            return {SIZES: sizes, **found[prefix]}
    raise InputError(str(folder), f"no {SIZES}.txt", "the number of values of each attribute", "Add it, one a line.")


def _schema(path: Path, names: Names | None) -> AttributeSchema:
    sizes = read_numbers(path, width=1, low=1).flatten().tolist()
    if names is None:
        return AttributeSchema.numbered(sizes)
    schema = names if isinstance(names, AttributeSchema) else AttributeSchema.of(names)
    if list(schema.sizes) != sizes:
        raise InputError(
            "names", f"attributes of {list(schema.sizes)} values", f"{sizes}, as {path} says", "Name every value."
        )
    return schema


def _names(path: Path) -> tuple[str, ...]:
    lines = read_lines(path, remedy="Save the file as UTF-8.")
    return each_once(path, lines, remedy="Remove one of the two lines.")


def _one_hot(path: Path, schema: AttributeSchema) -> Tensor:
    hot = read_numbers(path, width=schema.J, low=0, high=1)
    for name, offset, size in zip(schema.names, schema.offsets, schema.sizes, strict=True):
        several = hot[:, offset : offset + size].sum(1) > 1
        if several.any():
            where = f"{path}, line {int(several.nonzero()[0]) + 1}"
            raise InputError(where, f"several ones in the block of {name!r}", "one at most", "Keep one value.")
    return schema.from_one_hot(hot)


def _indicator(path: Path, schema: AttributeSchema) -> Tensor:
    indicator = read_numbers(path, width=schema.J, low=-1, high=1)
    idle = ~edited_attributes(indicator, schema).any(1)
    if idle.any():
        where = f"{path}, line {int(idle.nonzero()[0]) + 1}"
        raise InputError(where, "no +1", "one or more", "Say what comes, or remove the line.")
    for name, block in zip(schema.names, indicator.split(schema.sizes, dim=1), strict=True):
        for sign, number in (("+1", 1), ("-1", -1)):
            several = (block == number).sum(1) > 1
            if several.any():
                where = f"{path}, line {int(several.nonzero()[0]) + 1}"
                raise InputError(where, f"several {sign} in the block of {name!r}", "one at most", "Keep one value.")
    return indicator


def _same_length(paths: Mapping[str, Path], **contents: Sized | None) -> None:
    lengths = {stem: len(content) for stem, content in contents.items() if content is not None}
    for stem, length in lengths.items():
        first = next(iter(lengths))
        if length != lengths[first]:
            expected = f"{lengths[first]}, as in {paths[first].name}"
            raise InputError(str(paths[stem]), f"{length} lines", expected, "Take both files from one release.")


def _disjoint(paths: Mapping[str, Path], train: Sequence[str], test: Sequence[str]) -> None:
    known = set(train)
    for line, name in enumerate(test, start=1):
        if name in known:
            where = f"{paths['imgs_test']}, line {line}"
            raise InputError(
                where, f"{name!r}, also in {paths['imgs_train'].name}", "disjoint parts", "Remove it once."
            )


def _compare(path: Path, given: Tensor, expected: Tensor, wish: str) -> None:
    """Indicators come from the labels here, so files that say otherwise deserve a word."""
    other = (given != expected).any(1)
    if other.any():
        warnings.warn(
            f"{path}: {int(other.sum())} of {len(given)} indicators differ from {wish} minus reference "
            f"(first on line {int(other.nonzero()[0]) + 1}); {wish} minus reference is used",
            stacklevel=3,
        )
