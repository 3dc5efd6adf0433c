"""The gallery x prototype table: what each prototype adds to the score of each garment.

A query changes by columns of the memory M, so its scores change by rows of this table (M . ĝ_n, N numbers a value).
"""

import torch
from torch import Tensor

from adde_lite.models.adde.memory import PrototypeMemory
from adde_lite.retrieval.vectors import Vectors


class PrototypeTable:
    """The products of prototypes and unit gallery vectors, made for the values of an attribute when first needed.

    Args:
        vectors: the gallery, of the memory's A and d.
        memory: the prototypes; when they change, the table is made again.
    """

    def __init__(self, vectors: Vectors, memory: PrototypeMemory) -> None:
        self._vectors, self.memory = vectors, memory
        self._forget()

    @property
    def leaks(self) -> bool:
        """Whether the memory holds anything outside its blocks."""
        self._forget_changed()
        return self._leaks

    @property
    def owner(self) -> list[int]:
        """The attribute of each value, J numbers."""
        return self._owner

    def column(self, value: int, *, own: bool) -> Tensor:
        """Products of one column of M with all garments, (N,).

        Args:
            value: 0 .. J - 1.
            own: with its own block alone; otherwise with all that the column holds.
        """
        self._forget_changed()
        attribute = self._owner[value]
        key = (attribute, own or not self._leaks)
        if key not in self._kept:
            self._kept[key] = self._products(*key)
        return self._kept[key][value - self.memory.schema.offsets[attribute]]

    def _products(self, attribute: int, own: bool) -> Tensor:
        schema, d = self.memory.schema, self.memory.d
        first, count = schema.offsets[attribute], schema.sizes[attribute]
        numbers = slice(attribute * d, (attribute + 1) * d) if own else slice(None)
        columns = self.memory.weight.detach()[numbers, first : first + count].cpu().to(self._vectors.dtype)
        found = torch.empty(count, len(self._vectors), dtype=columns.dtype)
        for rows, part in self._vectors.parts():
            found[:, rows] = columns.T @ part[:, numbers].T
        return found.div_(self._vectors.lengths)

    def _forget_changed(self) -> None:
        if self.memory.weight._version != self._version:
            self._forget()

    def _forget(self) -> None:
        weight = self.memory.weight
        self._version = weight._version  # counts the changes in place, as an optimiser makes them
        self._kept: dict[tuple[int, bool], Tensor] = {}
        self._leaks = bool((weight.detach().masked_fill(self.memory.mask, 0) != 0).any())
        self._owner: list[int] = self.memory.owner.tolist()
