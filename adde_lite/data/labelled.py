"""What every labelled collection does, wherever its images are: choose rows, split, keep some attributes, summarise."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import Field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError, unknown
from adde_lite.ids import checked_ids

if TYPE_CHECKING:
    import pandas as pd


class Labelled(ABC):
    """N images by their labels, ids and columns. A child is a frozen dataclass that adds the images themselves.

    Attributes:
        labels: int64 (N, A), codes of `schema`, -1 where missing.
        schema: names and values of the attributes.
        ids: N different names, one an image.
        columns: further facts an image, each a sequence of N entries that no model sees: "split", "product", ...
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    labels: Tensor
    schema: AttributeSchema
    ids: tuple[str, ...]
    columns: Mapping[str, np.ndarray]

    @abstractmethod
    def _images_at(self, rows: np.ndarray) -> dict[str, Any]:
        """The child's own fields for these rows."""

    def _check(self, images: int) -> None:
        """Labels, ids and columns fit each other and this number of images."""
        object.__setattr__(self, "columns", {name: np.asarray(column) for name, column in self.columns.items()})
        self.schema.check(self.labels)
        lengths = {f"column {name!r}": len(column) for name, column in self.columns.items()}
        for name, length in {"labels": len(self.labels), **lengths}.items():
            if length != images:
                raise InputError(name, f"{length} entries", f"{images}, one an image", "Drop or add the rows.")
        object.__setattr__(self, "ids", checked_ids(self.ids, images))

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: Tensor | np.ndarray | Sequence[int] | slice) -> Self:
        """The images at `rows`: positions, a slice or a boolean mask; none of them make an empty set."""
        if not isinstance(rows, slice):
            rows = np.asarray(rows, dtype=None if len(rows) else np.intp)  # an empty list would count as floats
        picked = np.arange(len(self))[rows]
        return replace(
            self,
            labels=self.labels[picked],
            ids=tuple(self.ids[row] for row in picked),
            columns={name: column[picked] for name, column in self.columns.items()},
            **self._images_at(picked),
        )

    def where(self, **conditions: object) -> Self:
        """The images whose columns equal the given values: `data.where(split="train")`.

        Several values may be given for a column, `data.where(split=("train", "gallery"))`: any of them will do.

        Raises:
            InputError: no such column, or nothing left.
        """
        keep = np.ones(len(self), dtype=bool)
        for name, wanted in conditions.items():
            if name not in self.columns:
                raise unknown("where", "column", name, self.columns)
            values = wanted if isinstance(wanted, list | tuple) else (wanted,)
            keep &= np.logical_or.reduce([self.columns[name] == value for value in values])
            if not keep.any():
                found = ", ".join(map(str, np.unique(self.columns[name])[:8]))
                raise InputError("where", f"{name}={wanted!r}: no image", f"one of {found}", "Loosen the condition.")
        return self.subset(keep)

    def split(self, shares: Mapping[str, float], seed: int, by: str | None = None) -> dict[str, Self]:
        """Cut into disjoint random parts: `data.split({"train": 0.8, "validation": 0.2}, seed=0)`.

        Args:
            shares: part name -> share of the groups, positive, summing to at most 1.
            seed: same seed, same parts.
            by: a column whose equal entries stay together (products, duplicate groups); None cuts image by image.

        Raises:
            InputError: shares that are not positive or sum to more than 1, an unknown column, an empty part.
        """
        if not shares or min(shares.values()) <= 0 or sum(shares.values()) > 1 + 1e-9:
            raise InputError("split", str(dict(shares)), "positive shares summing to at most 1", "Rescale the shares.")
        if by is not None and by not in self.columns:
            raise unknown("split", "column", by, self.columns)
        groups = np.asarray(self.ids) if by is None else self.columns[by]
        names, member = np.unique(groups, return_inverse=True)
        order = np.random.default_rng(seed).permutation(len(names))
        ends = [round(share * len(names)) for share in np.cumsum(list(shares.values()))]
        parts = {}
        for part, start, end in zip(shares, [0, *ends], ends, strict=False):
            if start == end:
                raise InputError("split", f"{part!r} gets no image", "at least one", "Give it a larger share.")
            parts[part] = self.subset(np.isin(member, order[start:end]))
        return parts

    def select(self, names: Sequence[str]) -> Self:
        """The same images with some of the attributes only."""
        columns = [self.schema.index(name) for name in names]
        return replace(self, labels=self.labels[:, columns], schema=self.schema.select(names))

    def summary(self) -> "pd.DataFrame":
        """One row an attribute: number of values, labelled share, most frequent value and its share (the majority)."""
        import pandas as pd  # 0.3 s, which only a reader of the table should pay

        rows = []
        for a, (name, options) in enumerate(zip(self.schema.names, self.schema.values, strict=True)):
            known = self.labels[self.labels[:, a] != MISSING, a]
            counts = torch.bincount(known, minlength=len(options))
            top = int(counts.argmax())
            rows.append(
                {
                    "attribute": name,
                    "values": len(options),
                    "values seen": int((counts > 0).sum()),
                    "labelled": len(known) / max(len(self), 1),
                    "most frequent": options[top] if len(known) else None,
                    "majority": int(counts[top]) / len(known) if len(known) else float("nan"),
                }
            )
        return pd.DataFrame(rows).set_index("attribute")
