"""Labelled images in memory: what every loader returns and every model takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torchvision.utils import make_grid

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class AttributeImages:
    """N images with their attribute labels.

    Args:
        images: uint8 (N, 3, H, W).
        labels: int64 (N, A), codes of `schema`, -1 where missing.
        schema: names and values of the attributes.
        ids: N different names, one an image.
        columns: further facts an image, each a sequence of N entries that no model sees: "split", "product", ...

    Raises:
        InputError: shapes, types or lengths that do not fit, codes outside the schema, ids that repeat.
    """

    images: Tensor
    labels: Tensor
    schema: AttributeSchema
    ids: tuple[str, ...]
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", tuple(self.ids))
        object.__setattr__(self, "columns", {name: np.asarray(column) for name, column in self.columns.items()})
        shape = tuple(self.images.shape)
        if self.images.dtype != torch.uint8 or len(shape) != 4 or shape[1] != 3:
            raise InputError(
                "images", f"{self.images.dtype} {shape}", "uint8 (N, 3, H, W)", "Convert to RGB, 0 to 255."
            )
        self.schema.check(self.labels)
        lengths = {"labels": len(self.labels), "ids": len(self.ids)}
        lengths |= {f"column {name!r}": len(column) for name, column in self.columns.items()}
        for name, length in lengths.items():
            if length != shape[0]:
                raise InputError(name, f"{length} entries", f"{shape[0]}, one an image", "Drop or add the rows.")
        if len(set(self.ids)) != len(self.ids):
            twice = next(name for name in self.ids if self.ids.count(name) > 1)
            raise InputError("ids", f"{twice!r} more than once", "a different id for each image", "Rename or drop one.")

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        height, width = self.images.shape[2:]
        return f"AttributeImages({len(self):,} images {height} x {width}, A={self.schema.A}, J={self.schema.J})"

    def subset(self, rows: Tensor | np.ndarray | Sequence[int] | slice) -> "AttributeImages":
        """The images at `rows`: positions, a slice or a boolean mask."""
        picked = np.arange(len(self))[np.asarray(rows) if not isinstance(rows, slice) else rows]
        return replace(
            self,
            images=self.images[picked],
            labels=self.labels[picked],
            ids=tuple(self.ids[row] for row in picked),
            columns={name: column[picked] for name, column in self.columns.items()},
        )

    def where(self, **conditions: object) -> "AttributeImages":
        """The images whose columns equal the given values: `data.where(split="train")`.

        Raises:
            InputError: no such column, or nothing left.
        """
        keep = np.ones(len(self), dtype=bool)
        for name, wanted in conditions.items():
            if name not in self.columns:
                raise unknown("where", "column", name, self.columns)
            keep &= self.columns[name] == wanted
            if not keep.any():
                found = ", ".join(map(str, np.unique(self.columns[name])[:8]))
                raise InputError("where", f"{name}={wanted!r}: no image", f"one of {found}", "Loosen the condition.")
        return self.subset(keep)

    def split(self, shares: Mapping[str, float], seed: int, by: str | None = None) -> dict[str, "AttributeImages"]:
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

    def select(self, names: Sequence[str]) -> "AttributeImages":
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

    def contact_sheet(self, columns: int = 8, padding: int = 2) -> Tensor:
        """All images side by side on white, uint8 (3, rows * H', columns * W')."""
        columns = min(columns, max(len(self), 1))
        if not len(self):
            raise InputError("contact_sheet", "no images", "at least one", "Choose a larger subset.")
        blank = math.ceil(len(self) / columns) * columns - len(self)
        white = torch.full((blank, *self.images.shape[1:]), 255, dtype=torch.uint8)
        sheet: Tensor = make_grid(torch.cat([self.images, white]), nrow=columns, padding=padding, pad_value=255)
        return sheet
