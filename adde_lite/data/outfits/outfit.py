"""Outfits and what is asked about them, as rows of one stock of garments."""

from dataclasses import dataclass

import torch
from torch import Tensor

from adde_lite.data.images import AttributeImages
from adde_lite.errors import InputError

EMPTY = -1  # an outfit of fewer garments than the widest ends in these
OPTIONS = 4  # of a fill-in-the-blank question, as everywhere in the field


@dataclass(frozen=True, eq=False)
class Outfits:
    """M outfits over a stock of N garments.

    Args:
        stock: the garments; their schema has an attribute "category", which each of them has.
        items: int64 (M, L), rows of the stock, EMPTY (-1) at the end where an outfit has fewer garments.

    Raises:
        InputError: a row beyond the stock, a garment twice in an outfit, an outfit of one garment, no categories.
    """

    stock: AttributeImages
    items: Tensor

    def __post_init__(self) -> None:
        codes = self.categories
        if (codes < 0).any():
            where = f"outfits, garment {self.stock.ids[int((codes < 0).nonzero()[0])]!r}"
            raise InputError(where, "no category", "one for each garment", "Label it or leave it out of the stock.")
        check_rows("outfits, items", self.items, len(self.stock), fewest=2)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def categories(self) -> Tensor:
        """Category code of each garment of the stock, int64 (N,)."""
        return self.stock.labels[:, self.stock.schema.index("category")]

    def categories_of(self, rows: Tensor) -> Tensor:
        """Category codes in place of rows of the stock, of any shape; EMPTY (-1) stays."""
        return torch.where(rows == EMPTY, EMPTY, self.categories[rows.clamp(min=0)])


@dataclass(frozen=True, eq=False)
class Questions:
    """Q fill-in-the-blank questions: which of four garments completes the outfit?

    Args:
        given: int64 (Q, L), the outfit without the missing piece, rows of the stock, EMPTY (-1) at the end.
        options: int64 (Q, 4), rows of the stock, all different and none of them given.
        answer: int64 (Q,), which option is right, 0 to 3.
        broken: int64 (Q, 4), number of the rule when the option breaks exactly one with the given garments; -1 when
            it breaks none or several, or when nobody knows the rules.

    Raises:
        InputError: types or shapes that do not fit, garments that repeat, answers that are no option.
    """

    given: Tensor
    options: Tensor
    answer: Tensor
    broken: Tensor

    def __post_init__(self) -> None:
        check_rows("questions, given", self.given, None, fewest=1)
        check_rows("questions, options", self.options, None, fewest=OPTIONS)
        for name, shape in (("options", (len(self.given), OPTIONS)), ("broken", (len(self.given), OPTIONS))):
            column = getattr(self, name)
            if column.dtype != torch.int64 or column.shape != shape:
                found = f"{column.dtype} {tuple(column.shape)}"
                raise InputError(f"questions, {name}", found, f"int64 {shape}", "Give four options a question.")
        outside = self.answer.shape != (len(self.given),) or self.answer.dtype != torch.int64
        if outside or ((self.answer < 0) | (self.answer >= OPTIONS)).any():
            found = f"{self.answer.dtype} {tuple(self.answer.shape)}: {self.answer.tolist()[:4]} ..."
            expected = f"int64 ({len(self.given)},) from 0 to {OPTIONS - 1}"
            raise InputError("questions, answer", found, expected, "Say which option is right.")
        shown = (self.given[:, :, None] == self.options[:, None]).any((1, 2))
        if shown.any():
            where = f"questions, options, row {int(shown.nonzero()[0])}"
            raise InputError(where, "a garment of the outfit", "garments that are not given", "Choose another option.")

    def __len__(self) -> int:
        return len(self.given)

    @property
    def target(self) -> Tensor:
        """The missing piece of each question, int64 (Q,): what retrieval has to find."""
        return self.options.gather(1, self.answer[:, None])[:, 0]


@dataclass(frozen=True, eq=False)
class Compatibility:
    """S sets of garments: does this go together?

    Args:
        items: int64 (S, L), rows of the stock, EMPTY (-1) at the end.
        compatible: bool (S,).

    Raises:
        InputError: types or shapes that do not fit, a garment twice in a set, a set of one garment.
    """

    items: Tensor
    compatible: Tensor

    def __post_init__(self) -> None:
        check_rows("compatibility, items", self.items, None, fewest=2)
        if self.compatible.dtype != torch.bool or self.compatible.shape != (len(self.items),):
            found = f"{self.compatible.dtype} {tuple(self.compatible.shape)}"
            raise InputError("compatibility", found, f"bool ({len(self.items)},)", "Say of each set whether it fits.")

    def __len__(self) -> int:
        return len(self.items)


def check_rows(where: str, rows: Tensor, bound: int | None, *, fewest: int) -> None:
    """Rows of a stock, int64 (S, L): different ones at the front, EMPTY behind them.

    Args:
        where: what to call them in messages.
        rows: what is checked.
        bound: size of the stock; None when it is not known.
        fewest: how many garments each line has at least.

    Raises:
        InputError: another type or shape, a row beyond the stock, a garment twice, a gap, too few garments.
    """
    if rows.dtype != torch.int64 or rows.ndim != 2:
        raise InputError(where, f"{rows.dtype} {tuple(rows.shape)}", "int64 (number, L)", "Give one line an outfit.")
    held = rows != EMPTY
    outside = (rows < EMPTY) | (rows >= bound if bound is not None else False)
    ordered = rows.where(held, -1 - torch.arange(rows.shape[1])).sort(1).values
    twice = (ordered[:, 1:] == ordered[:, :-1]).any(1)
    last = f"{bound - 1}" if bound is not None else "the last row of the stock"
    for bad, given, expected in (
        (outside.any(1), "a row that is not there", f"0 to {last}, or {EMPTY} for none"),
        ((held[:, 1:] & ~held[:, :-1]).any(1), f"{EMPTY} before a garment", f"{EMPTY} at the end only"),
        (twice, "a garment twice", "each garment once"),
        (held.sum(1) < fewest, f"fewer than {fewest} garments", f"at least {fewest}"),
    ):
        if bad.any():
            line = int(bad.nonzero()[0])
            raise InputError(f"{where}, line {line}", f"{given}: {rows[line].tolist()}", expected, "Mend the line.")
