"""Polyvore Outfits (Vasileva et al., ECCV 2018) as users have it: outfits, questions, compatibility sets, images.

    images/ITEM.jpg  polyvore_item_metadata.json            {ITEM: {"semantic_category": ..., ...}, ...}
    {disjoint,nondisjoint}/{train,valid,test}.json          [{"set_id": SET, "items": [{"item_id": ITEM, "index": I}]}]
    {disjoint,nondisjoint}/fill_in_blank_{split}.json       [{"question": [SET_I, ...], "answers": [SET_I, ...]}]
    {disjoint,nondisjoint}/compatibility_{split}.txt        1 SET_I SET_I ...   or   0 SET_I SET_I ...

Questions and sets name a garment by the outfit it comes from and its index there; the right answer is the one from
the outfit of the question. Where the blank was does not matter, since outfits have no order here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size, decode_images
from adde_lite.data.files import read_bytes
from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits.json_entries import BadEntries, each, member, read_json
from adde_lite.data.outfits.outfit import EMPTY, OPTIONS, Compatibility, Outfits, Questions
from adde_lite.errors import InputError

Version: TypeAlias = Literal["disjoint", "nondisjoint"]
METADATA = "polyvore_item_metadata.json"


@dataclass(frozen=True, eq=False)
class PolyvoreOutfits:
    """One part of Polyvore Outfits.

    Args:
        outfits: over the garments of this part; their one attribute is "category", the semantic category.
        questions: None where the part has none (train).
        compatibility: None where the part has none.
    """

    outfits: Outfits
    questions: Questions | None
    compatibility: Compatibility | None


def polyvore_outfits(
    folder: str | Path,
    version: Version = "nondisjoint",
    split: str = "test",
    *,
    images: str | Path | None = None,
    size: Size = 64,
    fit: Fit = "pad",
    bad_entries: BadEntries = "error",
) -> PolyvoreOutfits:
    """Read one part, images included.

    Args:
        folder: holds the metadata and the folders of both versions.
        version: in "disjoint" no garment is in two parts.
        split: "train", "valid" or "test".
        images: folder or zip of ITEM.jpg; None takes `folder`/images.
        size, fit: (H, W) of the images and how they get there, as `decode_image`. All are kept in memory: 12 KB each
            at 64 x 64, which is 2.5 GB for the train part.
        bad_entries: "error", or "skip" entries that cannot be used with one warning a file. The published files need
            this: some outfits hold a garment twice.

    Raises:
        InputError: a file absent or not JSON; a set twice; an outfit of one garment or with one twice; a garment
            without category or image; a question without four different answers of which one is right; a garment
            that no outfit has. Names the file and the entry.
    """
    root = Path(folder)
    category_of = _categories(root / METADATA)
    path = root / version / f"{split}.json"
    sets = each(path, _distinct(path), lambda where, entry: _garments(where, entry, category_of), bad_entries)
    garments = tuple(dict.fromkeys(item for _, items in sets for item in items.values()))
    row_of = {item: row for row, item in enumerate(garments)}
    named = {f"{name}_{index}": row_of[item] for name, items in sets for index, item in items.items()}
    lines = each(
        path, sets, lambda where, entry: _line(where, [row_of[item] for item in entry[1].values()]), bad_entries
    )

    questions = compatibility = None
    asked, judged = root / version / f"fill_in_blank_{split}.json", root / version / f"compatibility_{split}.txt"
    if asked.exists():
        entries = read_json(asked, list)
        questions = _questions(each(asked, entries, lambda where, entry: _question(where, entry, named), bad_entries))
    if judged.exists():
        text = read_bytes(judged).decode("utf-8", errors="replace").splitlines()
        compatibility = _sets(each(judged, text, lambda where, line: _judged(where, line, named), bad_entries))

    schema = AttributeSchema.of({"category": sorted(set(category_of.values()))})
    labels = schema.encode([{"category": category_of[item]} for item in garments])
    with Archive(root / "images" if images is None else images) as archive:
        pixels = decode_images(archive, [f"{item}.jpg" for item in garments], size=size, fit=fit)
    stock = AttributeImages(pixels, labels, schema, garments)
    return PolyvoreOutfits(Outfits(stock, _padded(lines)), questions, compatibility)


def _categories(path: Path) -> dict[str, str]:
    """Item -> semantic category."""
    content = read_json(path, dict)
    return {item: member(f"{path}, item {item}", facts, "semantic_category", str) for item, facts in content.items()}


def _distinct(path: Path) -> list[object]:
    """The entries of a file of outfits, once no set is there twice: questions name garments by their set."""
    entries: list[object] = read_json(path, list)
    first: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("set_id") if isinstance(entry, dict) else None
        if isinstance(name, str) and first.setdefault(name, number) != number:
            given = f"set {name}, as in entry {first[name]}"
            raise InputError(f"{path}, entry {number}", given, "each set once", "Remove one of the two.")
    return entries


def _garments(where: str, entry: object, category_of: Mapping[str, str]) -> tuple[str, dict[int, str]]:
    """The name of a set and its items by index."""
    name, items = member(where, entry, "set_id", str), member(where, entry, "items", list)
    found = {member(where, item, "index", int): member(where, item, "item_id", str) for item in items}
    if len(found) < len(items):
        raise InputError(where, "two items with one index", "an index each", "Mend the entry or leave it out.")
    for item in found.values():
        if item not in category_of:
            raise InputError(where, f"item {item!r}", f"one of {METADATA}", "Take both files from one release.")
    return name, found


def _question(where: str, entry: object, named: Mapping[str, int]) -> tuple[list[int], list[int], int]:
    """Rows that are given, rows to choose from, and which is right."""
    question, answers = member(where, entry, "question", list), member(where, entry, "answers", list)
    given, options = _rows(where, question, named), _rows(where, answers, named)
    _line(where, [*given, *options], at_least=1 + OPTIONS)
    own = {_set_of(name) for name in question}
    right = [place for place, name in enumerate(answers) if _set_of(name) in own]
    if len(options) != OPTIONS or len(own) != 1 or len(right) != 1:
        found = f"{len(options)} answers, {len(right)} of them from the outfit of the question"
        raise InputError(where, found, f"{OPTIONS}, 1 of them right", "Mend the entry or leave it out.")
    return given, options, right[0]


def _judged(where: str, line: str, named: Mapping[str, int]) -> tuple[list[int], bool]:
    label, *names = line.split() or [""]
    if label not in ("0", "1"):
        raise InputError(where, f"{line[:40]!r}", "0 or 1 and then garments", "Mend the line or leave it out.")
    return _line(where, _rows(where, names, named)), label == "1"


def _rows(where: str, names: Sequence[Any], named: Mapping[str, int]) -> list[int]:
    for name in names:
        if name not in named:
            raise InputError(where, f"{name!r}", "SET_INDEX of an outfit of this part", "Take all files of one part.")
    return [named[name] for name in names]


def _line(where: str, rows: list[int], at_least: int = 2) -> list[int]:
    """Rows of different garments, enough of them."""
    if len(set(rows)) < len(rows):
        raise InputError(where, "a garment twice", "each once", 'Leave the entry out, or pass bad_entries="skip".')
    if len(rows) < at_least:
        raise InputError(where, f"{len(rows)} garments", f"at least {at_least}", "Leave the entry out.")
    return rows


def _set_of(name: str) -> str:
    return name.rpartition("_")[0]


def _questions(read: Sequence[tuple[list[int], list[int], int]]) -> Questions:
    given, options, right = zip(*read, strict=True)
    nobody_knows = torch.full((len(read), OPTIONS), EMPTY)
    return Questions(_padded(given), torch.tensor(options), torch.tensor(right), nobody_knows)


def _sets(read: Sequence[tuple[list[int], bool]]) -> Compatibility:
    lines, compatible = zip(*read, strict=True)
    return Compatibility(_padded(lines), torch.tensor(compatible))


def _padded(lines: Sequence[list[int]]) -> Tensor:
    widest = max(map(len, lines))
    return torch.tensor([[*line, *[EMPTY] * (widest - len(line))] for line in lines])
