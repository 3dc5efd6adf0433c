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

    Attributes:
        owner: the attribute of each value, J numbers.
    """

    def __init__(self, vectors: Vectors, memory: PrototypeMemory) -> None:
        self._vectors, self.memory = vectors, memory
        self.owner: list[int] = memory.owner.tolist()
        self._forget()

    @property
    def leaks(self) -> bool:
        """Whether the memory holds anything outside its blocks."""
        self._forget_changed()
        return self._leaks

    def columns(self, values: list[int], *, own: bool) -> Tensor:
        """Some columns of M, float64 (n, A * d).

        Args:
            values: n numbers of 0 .. J - 1.
            own: with their own blocks alone; otherwise with all that they hold.
        """
        self._forget_changed()
        return self._columns[own][values]

    def length(self, value: int, *, own: bool) -> float:
        """The length of one column of M, as in `columns`."""
        self._forget_changed()
        return self._lengths[own][value]

    def products(self, value: int, *, own: bool) -> Tensor:
        """Products of one column of M, as in `columns`, with all unit gallery vectors, (N,)."""
        self._forget_changed()
        attribute = self.owner[value]
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
        return found.mul_(self._vectors.inverse)

    def _forget_changed(self) -> None:
        if self.memory.weight._version != self._version:
            self._forget()

    def _forget(self) -> None:
        weight, mask = self.memory.weight, self.memory.mask
        self._version = weight._version  # counts the changes in place, as an optimiser makes them
        self._kept: dict[tuple[int, bool], Tensor] = {}
        columns = weight.detach().T.to("cpu", torch.float64).contiguous()
        self._columns = (columns, columns.masked_fill(~mask.T.cpu(), 0))
        self._lengths: tuple[list[float], ...] = tuple(each.norm(dim=1).tolist() for each in self._columns)
        self._leaks = not torch.equal(*self._columns)
