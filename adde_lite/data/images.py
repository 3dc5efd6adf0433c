"""Labelled images in memory: what every loader returns and every model takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.utils import make_grid

from adde_lite.attributes import AttributeSchema
from adde_lite.data.labelled import Labelled
from adde_lite.errors import InputError


@dataclass(frozen=True, eq=False)
class AttributeImages(Labelled):
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
        if not isinstance(self.images, Tensor):
            raise InputError("images", type(self.images).__name__, "a tensor", "Pass torch.from_numpy(array).")
        shape = tuple(self.images.shape)
        if self.images.dtype != torch.uint8 or len(shape) != 4 or shape[1] != 3:
            raise InputError(
                "images", f"{self.images.dtype} {shape}", "uint8 (N, 3, H, W)", "Convert to RGB, 0 to 255."
            )
        self._check(shape[0])

    def __repr__(self) -> str:
        height, width = self.images.shape[2:]
        return f"AttributeImages({len(self):,} images {height} x {width}, A={self.schema.A}, J={self.schema.J})"

    def contact_sheet(self, columns: int = 8, padding: int = 2) -> Tensor:
        """All images side by side on white, uint8 (3, rows * H', columns * W')."""
        columns = min(columns, max(len(self), 1))
        if not len(self):
            raise InputError("contact_sheet", "no images", "at least one", "Choose a larger subset.")
        blank = math.ceil(len(self) / columns) * columns - len(self)
        white = torch.full((blank, *self.images.shape[1:]), 255, dtype=torch.uint8)
        sheet: Tensor = make_grid(torch.cat([self.images, white]), nrow=columns, padding=padding, pad_value=255)
        return sheet

    def _images_at(self, rows: np.ndarray) -> dict[str, Any]:
        return {"images": self.images[rows]}
