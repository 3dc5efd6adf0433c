"""Polyvore outfits by category alone, as the NGNN project published them: no images, 120 fine categories.

What can be completed knowing nothing but that people wear boots with jeans? The questions here ask for a category.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from adde_lite.data.files import read_bytes
from adde_lite.data.outfits.json_entries import each, member, read_json
from adde_lite.data.outfits.outfit import EMPTY, OPTIONS
from adde_lite.errors import InputError


@dataclass(frozen=True, eq=False)
class CategoryOutfits:
    """Outfits as sets of categories.

    Args:
        names: of the C categories.
        train, test: int64 (M, L), categories 0 .. C - 1, EMPTY (-1) at the end.
    """

    names: tuple[str, ...]
    train: Tensor
    test: Tensor


class CategoryQuestions(NamedTuple):
    """Q questions for the category of the missing piece.

    given: int64 (Q, L), EMPTY (-1) at the end. options: int64 (Q, 4), all different. answer: int64 (Q,), 0 to 3.
    """

    given: Tensor
    options: Tensor
    answer: Tensor


def ngnn_outfits(folder: str | Path) -> CategoryOutfits:
    """Read ngnn_train.json.gz, ngnn_test.json.gz and ngnn_category_id.txt.

    Raises:
        InputError: a file absent or not as expected, a category without a name, an outfit of one category.
    """
    path = Path(folder) / "ngnn_category_id.txt"
    named: dict[int, str] = {}
    for number, line in enumerate(read_bytes(path).decode("utf-8-sig").splitlines(), start=1):
        code, _, name = line.strip().partition(" ")
        if not code.isdecimal() or not name:
            raise InputError(f"{path}, line {number}", repr(line), "a number and a name", "Mend the line.")
        named[int(code)] = name

    def categories(where: str, entry: object) -> list[int]:
        found: list[Any] = member(where, entry, "items_category", list)
        for code in found:
            if code not in named:
                raise InputError(where, f"category {code!r}", f"one that {path.name} names", "Take both together.")
        if len(found) < 2:
            raise InputError(where, f"{len(found)} garments", "at least 2", "Leave the entry out.")
        return found

    parts = {}
    for part in ("train", "test"):
        file = Path(folder) / f"ngnn_{part}.json.gz"
        parts[part] = each(file, read_json(file, list), categories, "error")
    used = sorted({code for lines in parts.values() for line in lines for code in line})
    place = {code: k for k, code in enumerate(used)}
    widest = max(len(line) for lines in parts.values() for line in lines)
    tensors = {
        part: torch.tensor([[*(place[code] for code in line), *[EMPTY] * (widest - len(line))] for line in lines])
        for part, lines in parts.items()
    }
    return CategoryOutfits(tuple(named[code] for code in used), tensors["train"], tensors["test"])


def category_questions(outfits: Tensor, seed: int) -> CategoryQuestions:
    """One question an outfit: a random piece is missing; three other categories are drawn by how frequent they are.

    Frequencies are counted in these outfits, so wrong options are as popular as right ones, and popularity alone tells
    nothing.

    Args:
        outfits: int64 (M, L), categories, EMPTY (-1) at the end.
        seed: same seed, same questions.
    """
    frequency = np.bincount(outfits[outfits != EMPTY].numpy()).astype(float)
    rng = np.random.default_rng(seed)
    given = torch.full((len(outfits), outfits.shape[1] - 1), EMPTY)
    options, answer = (
        torch.empty(len(outfits), OPTIONS, dtype=torch.int64),
        torch.empty(len(outfits), dtype=torch.int64),
    )
    for k, line in enumerate(outfits.numpy()):
        held = line[line != EMPTY]
        blank = int(rng.integers(len(held)))
        others = frequency.copy()
        others[held[blank]] = 0
        wrong = rng.choice(len(frequency), OPTIONS - 1, replace=False, p=others / others.sum())
        order = rng.permutation(OPTIONS)
        given[k, : len(held) - 1] = torch.from_numpy(np.delete(held, blank))
        options[k] = torch.from_numpy(np.append(held[blank], wrong)[order])
        answer[k] = int(np.flatnonzero(order == 0)[0])
    return CategoryQuestions(given, options, answer)
