"""UT-Zappos50k with the triplets of Conditional Similarity Networks: shoes, and which two of three are alike in what.

What a user fetches, as the authors of CSN lay it out (github.com/andreasveit/conditional-similarity-networks):

    filenames.json                            the path of one image a line (lines, whatever the name says)
    ut-zap50k-images/                         the images, for academic use only
    tripletlists/class_tripletlist_train.txt  and so on: one file a condition and split
        0 2017 42                             anchor, far, close: image 0 is more like image 42 than image 2017

Nobody says what the shoes are, only which are alike: there are no labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size
from adde_lite.data.images import AttributeImages
from adde_lite.data.numbers import read_numbers
from adde_lite.data.path_lists import each_once, read_lines
from adde_lite.data.streamed import StreamedImages
from adde_lite.errors import InputError, unknown
from adde_lite.sampling import ConditionalTriplets

CONDITIONS = ("class", "closure", "gender", "heel")
SPLITS = ("train", "val", "test")
NAMES, IMAGES, LISTS = "filenames.json", "ut-zap50k-images", "tripletlists"
AGAIN = "Download it again."
FILE_ORDER = (0, 2, 1)  # anchor, far, close becomes anchor, positive, negative

Split = Literal["train", "val", "test"]


@dataclass(frozen=True, eq=False)
class ZapposTriplets:
    """Triplets of shoes and their images.

    Args:
        images: those that the triplets name, in the order of filenames.json. No labels: all are -1; the attributes of
            the schema are the conditions.
        triplets: of rows of `images`.
    """

    images: AttributeImages
    triplets: ConditionalTriplets


def zappos(
    folder: str | Path,
    split: Split,
    *,
    conditions: Sequence[str] = CONDITIONS,
    limit: int | None = None,
    size: Size = 112,
    fit: Fit = "crop",
    seed: int = 0,
) -> ZapposTriplets:
    """Read the triplets of a split and the images that they name.

    Args:
        folder: holds filenames.json, ut-zap50k-images and tripletlists.
        split: "train", "val" or "test".
        conditions: which of class, closure, gender and heel.
        limit: take only so many triplets of each condition, at random; None takes all.
        size, fit: (H, W) of the images and how they get there, as `decode_image`.
        seed: of the choice.

    Raises:
        InputError: as `zappos_triplets`; a limit below 1; an image absent or damaged, named by its line.
    """
    folder = Path(folder)
    names, triplets = zappos_triplets(folder, split, conditions=conditions)
    if limit is not None:
        triplets = triplets.picked(_some(triplets.condition, limit, seed))
    used, rows = triplets.rows.unique(return_inverse=True)
    archive = Archive(folder / IMAGES)
    paths = tuple(_listed(archive, names, line, folder / NAMES) for line in used.tolist())
    schema = AttributeSchema.of(dict.fromkeys(conditions, ("alike", "other")))
    labels = torch.full((len(paths), len(conditions)), MISSING)
    with archive:
        ids = tuple(names[line] for line in used.tolist())
        images = StreamedImages(archive, paths, labels, schema, ids, {}, size, fit, 0).loaded()
    anchor, positive, negative = rows.unbind(1)
    return ZapposTriplets(images, ConditionalTriplets(anchor, positive, negative, triplets.condition))


def zappos_triplets(
    folder: str | Path, split: Split, *, conditions: Sequence[str] = CONDITIONS
) -> tuple[tuple[str, ...], ConditionalTriplets]:
    """The text files alone: the path of every image, and the triplets of a split as positions among them.

    Args:
        folder, split, conditions: as `zappos`.

    Raises:
        InputError: no condition or an unknown one; a file that is missing or not text; a blank line or a path named
            twice in filenames.json; a line of a list that is not three different whole numbers, each the place of an
            image. Names file and line.
    """
    folder = Path(folder)
    if split not in SPLITS:
        raise unknown("zappos", "split", split, SPLITS)
    if not conditions:
        raise InputError("zappos, conditions", "none", "at least one", f"Choose from {', '.join(CONDITIONS)}.")
    for name in conditions:
        if name not in CONDITIONS:
            raise unknown("zappos", "condition", name, CONDITIONS)
    names = _names(folder / NAMES)
    lists = [_list(folder / LISTS / f"{name}_tripletlist_{split}.txt", len(names)) for name in conditions]
    condition = torch.arange(len(lists)).repeat_interleave(torch.tensor([len(rows) for rows in lists]))
    anchor, positive, negative = torch.cat(lists).unbind(1)
    return names, ConditionalTriplets(anchor, positive, negative, condition)


def _names(path: Path) -> tuple[str, ...]:
    lines = read_lines(path, remedy=AGAIN)
    if not lines:
        raise InputError(str(path), "blank lines", "the path of one image a line", AGAIN)
    if lines[0].lstrip().startswith("["):
        given, remedy = "a JSON list", "Write the paths on lines of their own, without quotes."
        raise InputError(f"{path}, line 1", given, "the path of one image a line", remedy)
    return each_once(path, lines, remedy=AGAIN)


def _list(path: Path, images: int) -> Tensor:
    """int64 (T, 3): anchor, positive, negative."""
    numbers = read_numbers(path, width=3, low=0, high=images - 1)
    again = (numbers == numbers.roll(1, dims=1)).any(1)
    if again.any():
        line = int(again.nonzero()[0])
        given = " ".join(map(str, numbers[line].tolist()))
        raise InputError(f"{path}, line {line + 1}", given, "three different images", "Remove the line.")
    return numbers[:, FILE_ORDER]


def _some(condition: Tensor, limit: int, seed: int) -> Tensor:
    """Positions of at most `limit` of each condition, in order."""
    if limit < 1:
        raise InputError("zappos, limit", str(limit), "at least 1, or None", "Ask for more.")
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(condition)))
    chosen = [order[condition[order] == c][:limit] for c in condition.unique()]
    return torch.cat(chosen).sort().values


def _listed(archive: Archive, names: Sequence[str], line: int, path: Path) -> str:
    found = archive.find(names[line])
    if found is None:
        some = ", ".join(map(repr, archive.names[:3])) or "nothing"
        given = f"no image {names[line]!r} in {archive.path}"
        raise InputError(f"{path}, line {line + 1}", given, f"a file that it holds ({some}, ...)", "Unpack all images.")
    return found
