"""A text file of whole numbers, the same count on each line."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from adde_lite.data.files import read_bytes
from adde_lite.errors import InputError

WHOLE = b"-0123456789 \t\n\v\f"  # all that lines of whole numbers are made of


def read_numbers(path: Path, *, width: int, low: int, high: int | None = None) -> Tensor:
    """The numbers as int64 (lines, width).

    Args:
        path: the file; spaces or tabs between numbers, any line ends.
        width: how many stand on each line.
        low, high: the least and the greatest that may occur; None sets no upper end.

    Raises:
        InputError: unreadable or empty, something that is not a whole number, another width, out of range. Names
            the line.
    """
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip()
    lines = content.count(b"\n") + 1
    whole = content and not content.translate(None, WHOLE)  # older NumPy would read 1.5 as 1
    try:
        numbers = np.loadtxt(BytesIO(content), dtype=np.int64, comments=None, ndmin=2) if whole else np.empty((0, 0))
    except ValueError:
        numbers = np.empty((0, 0))
    fits = numbers.shape == (lines, width) and numbers.min() >= low and (high is None or numbers.max() <= high)
    if not fits:
        raise _first_fault(path, content, width, low, high)
    return torch.from_numpy(numbers)


def _first_fault(path: Path, content: bytes, width: int, low: int, high: int | None) -> InputError:
    most = np.iinfo(np.int64).max if high is None else high
    bounds = f"{low} or more" if high is None else f"{low} to {high}"
    for line, text in enumerate(content.split(b"\n"), start=1):
        cells = text.split()
        strange = next((cell for cell in cells if not re.fullmatch(rb"-?\d+", cell)), None)
        beyond = next((cell for cell in cells if strange is None and not low <= int(cell) <= most), None)
        if strange is not None or beyond is not None:
            given = repr((strange or beyond or b"").decode("utf-8", "replace"))
            return InputError(f"{path}, line {line}", given, f"whole numbers, {bounds}", "Mend or remove the line.")
        if len(cells) != width:
            numbers = f"{len(cells)} numbers" if cells else "a blank line"
            return InputError(f"{path}, line {line}", numbers, f"{width} a line", "Mend or remove the line.")
    return InputError(str(path), "text that cannot be read", "whole numbers in ASCII", "Write the file again.")
