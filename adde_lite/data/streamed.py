"""Labelled images that stay in their files: for folders and zips too large for memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.data.ahead import decoded_ahead
from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size, decode_images, height_width
from adde_lite.data.images import AttributeImages
from adde_lite.data.labelled import Labelled
from adde_lite.errors import InputError


@dataclass(frozen=True, eq=False)
class StreamedImages(Labelled):
    """N images with their attribute labels, each decoded when it is needed, every time it is needed.

    Args:
        files: the folder or zip, which must not change as long as this is used.
        names: the file of each image in it; several may share one.
        labels: int64 (N, A), codes of `schema`, -1 where missing.
        schema: names and values of the attributes.
        ids: N different names, one an image.
        columns: further facts an image, each a sequence of N entries that no model sees: "split", "product", ...
        size, fit: (H, W) of the images and how they get there, as `decode_image`.
        workers: processes that decode ahead; 0 decodes in this one, by threads. Each reads the index of a zip anew
            whenever `batches` is called, which takes about a second for 100,000 entries.

    Raises:
        InputError: lengths that do not fit, codes outside the schema, ids that repeat, an impossible size.
    """

    files: Archive
    names: tuple[str, ...]
    labels: Tensor
    schema: AttributeSchema
    ids: tuple[str, ...]
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    size: Size = 64
    fit: Fit = "pad"
    workers: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        height_width(self.size, self.fit)
        self._check(len(self.names))

    def __repr__(self) -> str:
        height, width = height_width(self.size, self.fit)
        what = f"{len(self):,} images {height} x {width} from {self.files.path}"
        return f"StreamedImages({what}, A={self.schema.A}, J={self.schema.J})"

    def batches(self, rows: Iterable[Tensor]) -> Iterator[Tensor]:
        """The images of each set of rows in turn, decoded ahead when there are workers.

        Args:
            rows: int64 tensors of positions; one may stand in several of them, and several times in one.

        Yields:
            uint8 (len(rows), 3, H, W) for each, the same bytes for any number of workers.

        Raises:
            InputError: rows out of range, or an image that cannot be read; names the file.
        """
        wanted = ([self.names[row] for row in self._positions(chosen)] for chosen in rows)
        for images, damaged in decoded_ahead(self.files, wanted, size=self.size, fit=self.fit, workers=self.workers):
            if damaged:
                raise damaged[min(damaged)]
            yield images

    def loaded(self) -> AttributeImages:
        """The same with all images in memory. Raises InputError as `decode_images`."""
        images = decode_images(self.files, self.names, size=self.size, fit=self.fit)
        return AttributeImages(images, self.labels, self.schema, self.ids, self.columns)

    def _positions(self, rows: Tensor) -> list[int]:
        if rows.ndim != 1 or rows.dtype != torch.int64 or (len(rows) and not 0 <= rows.min() <= rows.max() < len(self)):
            given = f"{rows.dtype} {tuple(rows.shape)}" + (f", {rows.min()} to {rows.max()}" if rows.numel() else "")
            raise InputError("rows", given, f"int64 (B,), 0 to {len(self) - 1}", "Count in the rows of the data.")
        positions: list[int] = rows.tolist()
        return positions

    def _images_at(self, rows: np.ndarray) -> dict[str, Any]:
        return {"names": tuple(self.names[row] for row in rows)}
