"""The vocabulary: attributes, their values, label codes, one-hots and edits.

A *schema* lists A attributes; attribute a has n_a values, J = sum of n_a in all. A *label* row holds one code
per attribute: 0 .. n_a - 1, or -1 where the attribute is missing or does not apply. One-hot rows put the A
blocks side by side, (J,); a missing attribute is an all-zero block. An *edit* asks for a new value of one
attribute; its *indicator* is -1 at the value that goes, +1 at the value that comes, 0 elsewhere
(Hou et al., ICCV 2021, Fig. 2).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Self

import torch
from torch import Tensor

from adde_lite.errors import InputError, unknown

MISSING = -1


@dataclass(frozen=True)
class Edit:
    """Ask for `value` of `attribute`, whatever the garment has now: `Edit("pattern", "floral")`."""

    attribute: str
    value: str

    def __str__(self) -> str:
        return f"{self.attribute} → {self.value}"


@dataclass(frozen=True)
class AttributeSchema:
    """Attribute names and their values, in a fixed order.

    Args:
        names: A attribute names, all different.
        values: for each attribute its n_a value names, all different, at least one.

    Raises:
        InputError: names or values repeat, are empty, are not text, or do not pair up.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _listed("schema names", self.names))
        object.__setattr__(self, "values", tuple(_listed("schema values", options) for options in self.values))
        if not self.names or len(self.names) != len(self.values):
            raise InputError(
                "schema",
                f"{len(self.names)} names and {len(self.values)} lists of values",
                "one list of values for each of at least one name",
                "Pass both in the same order, or use AttributeSchema.of({name: values}).",
            )
        for where, words in [("schema names", self.names), *zip(self.names, self.values, strict=True)]:
            wrong = [word for word in words if not isinstance(word, str) or not word.strip()]
            twice = sorted({word for word in words if words.count(word) > 1})
            if wrong or twice or not words:
                found = f"{wrong[0]!r}" if wrong else f"{twice[0]!r} twice" if twice else "nothing"
                raise InputError(where, found, "different, non-empty names", "Rename, remove or add values.")

    @classmethod
    def of(cls, values: Mapping[str, Iterable[str]]) -> Self:
        """Build a schema from `{"colour": ["red", "blue"], ...}`; the order of the mapping is kept."""
        return cls(tuple(values), tuple(_listed(name, options) for name, options in values.items()))

    @classmethod
    def numbered(cls, sizes: Iterable[int]) -> Self:
        """A schema of which only the sizes are known: attribute_1, attribute_2, ... with value_1, value_2, ..."""
        return cls.of(
            {f"attribute_{a}": [f"value_{v}" for v in range(1, size + 1)] for a, size in enumerate(sizes, start=1)}
        )

    @property
    def A(self) -> int:
        """Number of attributes."""
        return len(self.names)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of values n_a of each attribute."""
        return tuple(len(options) for options in self.values)

    @property
    def J(self) -> int:
        """Number of values of all attributes together: the columns of the memory."""
        return sum(self.sizes)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """First one-hot column of each attribute."""
        return tuple(accumulate(self.sizes, initial=0))[:-1]

    def index(self, attribute: str) -> int:
        """Position of an attribute. Raises InputError (with the closest name) when there is none such."""
        if attribute not in self.names:
            raise unknown("schema", "attribute", attribute, self.names)
        return self.names.index(attribute)

    def options(self, attribute: str) -> tuple[str, ...]:
        """The value names of one attribute."""
        return self.values[self.index(attribute)]

    def code(self, attribute: str, value: str | None) -> int:
        """Label code of a value; None is missing, -1. Raises InputError for an unknown attribute or value."""
        if value is None:
            return MISSING
        options = self.options(attribute)
        if value not in options:
            raise unknown(f"attribute {attribute!r}", "value", value, options)
        return options.index(value)

    def column(self, attribute: str, value: str) -> int:
        """One-hot column of a value, 0 .. J - 1: also its column in the memory."""
        return self.offsets[self.index(attribute)] + self.code(attribute, value)

    def encode(self, rows: Sequence[Mapping[str, str | None]]) -> Tensor:
        """Names to label codes, int64 (N, A). Absent attributes and None become -1."""
        for row in rows:
            for attribute in row:
                self.index(attribute)
        codes = [[self.code(name, row.get(name)) for name in self.names] for row in rows]
        return torch.tensor(codes, dtype=torch.int64).reshape(len(rows), self.A)

    def decode(self, labels: Tensor) -> list[dict[str, str | None]]:
        """Label codes (N, A) to one `{attribute: value or None}` a row."""
        return [
            {
                name: None if code == MISSING else options[code]
                for name, options, code in zip(self.names, self.values, row, strict=True)
            }
            for row in self.check(labels).tolist()
        ]

    def one_hot(self, labels: Tensor) -> Tensor:
        """Label codes (N, A) to one-hot rows, int64 (N, J); a missing attribute is an all-zero block."""
        labels = self.check(labels)
        hot = torch.zeros(len(labels), self.J, dtype=torch.int64)
        rows, attributes = (labels != MISSING).nonzero(as_tuple=True)
        hot[rows, torch.tensor(self.offsets)[attributes] + labels[rows, attributes]] = 1
        return hot

    def from_one_hot(self, hot: Tensor) -> Tensor:
        """One-hot rows (N, J) back to label codes (N, A).

        Raises:
            InputError: wrong width, entries other than 0 and 1, or two ones in a block.
        """
        if hot.ndim != 2 or hot.shape[1] != self.J:
            raise InputError("one-hot rows", f"shape {tuple(hot.shape)}", f"(N, {self.J})", "Check the schema's sizes.")
        blocks = hot.split(self.sizes, dim=1)
        for name, block in zip(self.names, blocks, strict=True):
            bad = ((block != 0) & (block != 1)).any(1) | (block.sum(1) > 1)
            if bad.any():
                row = int(bad.nonzero()[0])
                raise InputError(
                    f"one-hot row {row}, attribute {name!r}",
                    str(block[row].tolist()),
                    "zeros with at most a single one",
                    "Each attribute holds one value; split an attribute with several into several attributes.",
                )
        return torch.stack([block.int().argmax(1).where(block.any(1), MISSING) for block in blocks], dim=1)

    def most_probable(self, probabilities: Tensor) -> Tensor:
        """The greatest of each attribute's block: float (N, J) to label codes int64 (N, A)."""
        return torch.stack([block.argmax(1) for block in probabilities.split(self.sizes, dim=1)], dim=1)

    def edited(self, labels: Tensor, edits: Edit | Iterable[Edit]) -> Tensor:
        """The target labels (N, A) that the edits ask for.

        Raises:
            InputError: unknown attribute or value, or two edits of one attribute.
        """
        target = self.check(labels).clone()
        for edit in self.distinct(edits):
            target[:, self.index(edit.attribute)] = self.code(edit.attribute, edit.value)
        return target

    def indicator(self, labels: Tensor, edits: Edit | Iterable[Edit]) -> Tensor:
        """The -1/0/+1 rows i of the edits, int64 (N, J): one_hot(target) - one_hot(labels).

        A garment that lacks the edited attribute has nothing to take away: its row holds the +1 alone. One that
        has the wanted value already keeps a row of zeros.
        """
        labels = self.check(labels)
        rows = torch.zeros(len(labels), self.J, dtype=torch.int64)
        for edit in self.distinct(edits):
            attribute, coming = self.index(edit.attribute), self.code(edit.attribute, edit.value)
            block, now = rows[:, self.offsets[attribute] :], labels[:, attribute]
            held = (now != MISSING).nonzero()[:, 0]
            block[held, now[held]] -= 1
            if coming != MISSING:
                block[:, coming] += 1
        return rows

    def check(self, labels: Tensor) -> Tensor:
        """Return `labels` when they are valid codes of this schema, int64 (N, A).

        Raises:
            InputError: wrong type or shape, or a code outside -1 .. n_a - 1; names the row and attribute.
        """
        if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
            found = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
            raise InputError("labels", str(found), "an int64 tensor", "Encode names with schema.encode(rows).")
        if labels.ndim != 2 or labels.shape[1] != self.A:
            raise InputError("labels", f"shape {tuple(labels.shape)}", f"(N, {self.A})", "One column an attribute.")
        bad = (labels < MISSING) | (labels >= torch.tensor(self.sizes))
        if bad.any():
            row, a = (int(x) for x in bad.nonzero()[0])
            raise InputError(
                f"labels, row {row}, attribute {self.names[a]!r}",
                str(int(labels[row, a])),
                f"a code from 0 to {self.sizes[a] - 1} ({', '.join(self.values[a])}), or -1 for missing",
                "Check that labels and schema belong together.",
            )
        return labels

    def select(self, names: Iterable[str]) -> "AttributeSchema":
        """The schema of some of the attributes, in the order given."""
        names = tuple(names)
        return AttributeSchema(names, tuple(self.options(name) for name in names))

    def to_json(self) -> str:
        """The schema as JSON text; `from_json` reads it back equal."""
        return json.dumps({name: list(options) for name, options in zip(self.names, self.values, strict=True)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises InputError when the text is not a JSON object of lists of names."""
        try:
            stored: Any = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError("schema JSON", str(error), "a JSON object", "Write it with schema.to_json().") from error
        if not isinstance(stored, dict) or not all(isinstance(options, list) for options in stored.values()):
            raise InputError(
                "schema JSON",
                type(stored).__name__,
                'an object such as {"colour": ["red", "blue"]}',
                "Write it with schema.to_json().",
            )
        return cls.of(stored)

    @staticmethod
    def distinct(edits: Edit | Iterable[Edit]) -> list[Edit]:
        """One or several edits as a list.

        Raises:
            InputError: one is no `Edit`, or two of them change the same attribute.
        """
        listed = [edits] if isinstance(edits, Edit) else list(edits)
        for edit in listed:
            if not isinstance(edit, Edit):
                raise InputError("edits", repr(edit), "an Edit", 'Write Edit("pattern", "floral").')
        names = [edit.attribute for edit in listed]
        for name in names:
            if names.count(name) > 1:
                raise InputError("edits", f"two edits of {name!r}", "one edit an attribute", "Keep the one you want.")
        return listed


def _listed(where: str, words: Iterable[str]) -> tuple[str, ...]:
    """The words one by one; a text alone would come apart into its letters."""
    if isinstance(words, str):
        raise InputError(where, repr(words), "a list of names", f"Write [{words!r}].")
    return tuple(words)
