"""Vectors as short codes that faiss scans: all of them for every query, so that no weighting is at a loss.

What is stored of a faiss index is plain tensors, what training has learned and the codes, never its own file format:
reading one has been a way to attack a program.
"""

from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor

from adde_lite.errors import InputError, unknown
from adde_lite.retrieval.scale.extra import imported

Kind = Literal["Flat", "SQ8", "RaBitQ", "PQ"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CENTROIDS = 256  # a PQ code is one byte
PARTS = 4  # of each subspace, at most, one PQ code each; a part never spans two subspaces


class Codes:
    """A faiss index of whole vectors.

    Args:
        kind: `Flat` keeps float32 (exact); `SQ8` a byte a dimension; `RaBitQ` a bit a dimension; `PQ` a byte for up
            to 4 parts of each subspace.
        A: number of subspaces.
        d: their dimensions.

    Raises:
        InputError: faiss is not installed, or no such kind.
    """

    def __init__(self, kind: Kind, A: int, d: int) -> None:
        if kind not in KINDS:
            raise unknown("FaissIndex", "kind", kind, KINDS)
        self.kind, self.D = kind, A * d
        self._faiss = imported("faiss", "FaissIndex")
        self._parts = A * max(parts for parts in range(1, PARTS + 1) if d % parts == 0)
        self._index = self._empty()

    def train(self, sample: Tensor) -> None:
        """Learn ranges, a centre or centroids from float32 (n, D).

        Raises:
            InputError: too few for PQ.
        """
        if self.kind == "PQ" and len(sample) < CENTROIDS:
            remedy = "Use kind='SQ8' for a small gallery."
            raise InputError("embeddings", f"{len(sample)} rows", f"{CENTROIDS} or more to train PQ", remedy)
        self._index.train(sample.numpy())

    def add(self, vectors: Tensor) -> None:
        """Encode float32 (n, D) and keep the codes as the next rows."""
        self._index.add(vectors.contiguous().numpy())

    def candidates(self, queries: Tensor, n: int, allowed: Tensor | None) -> Tensor:
        """The n rows that score best by their codes: int64 (Q, n), in no promised order.

        Args:
            queries: float32 (Q, D).
            n: how many, not more than there are or are allowed.
            allowed: int64 rows, ascending, or None for all.
        """
        if allowed is None:
            return torch.from_numpy(self._index.search(queries.numpy(), n)[1])
        if self.kind == "PQ":  # faiss cannot pick rows while it scans these
            picked = self._restored(self._learned(), self._codes()[allowed])
            return allowed[torch.from_numpy(picked.search(queries.numpy(), n)[1])]
        selector = self._faiss.IDSelectorBatch(allowed.numpy())
        parameters = self._faiss.SearchParameters(sel=selector)
        return torch.from_numpy(self._index.search(queries.numpy(), n, params=parameters)[1])

    def tensors(self) -> dict[str, Tensor]:
        """All that `from_tensors` needs, by name; nothing for Flat, which the vectors themselves make again."""
        return {} if self.kind == "Flat" else {"learned": self._learned(), "codes": self._codes()}

    @classmethod
    def from_tensors(cls, kind: Kind, A: int, d: int, rows: int, tensors: dict[str, Tensor]) -> Self:
        """Codes as they were when `tensors()` was called.

        Raises:
            InputError: they are not those of `rows` vectors of this kind.
        """
        made = cls(kind, A, d)
        learned, codes = tensors.get("learned", torch.empty(0)), tensors.get("codes", torch.empty(0))
        shape, expected = (tuple(learned.shape), tuple(codes.shape)), (made._learned_shape(), (rows, made.bytes))
        if shape != expected or (learned.dtype, codes.dtype) != (torch.float32, torch.uint8):
            found = f"{learned.dtype} {shape[0]}, {codes.dtype} {shape[1]}"
            wanted = f"float32 {expected[0]}, uint8 {expected[1]}"
            raise InputError(f"{kind} codes", found, wanted, "Build the index again.")
        made._index = made._restored(learned, codes)
        return made

    @property
    def bytes(self) -> int:
        """Of one code."""
        return int(self._index.code_size)

    def _empty(self) -> Any:  # noqa: ANN401 - faiss has no types
        faiss = self._faiss
        metric = faiss.METRIC_INNER_PRODUCT
        if self.kind == "Flat":
            return faiss.IndexFlatIP(self.D)
        if self.kind == "SQ8":
            return faiss.IndexScalarQuantizer(self.D, faiss.ScalarQuantizer.QT_8bit, metric)
        if self.kind == "RaBitQ":
            return faiss.IndexRaBitQ(self.D, metric)
        index = faiss.IndexPQ(self.D, self._parts, 8, metric)
        index.pq.cp.min_points_per_centroid = 1  # it would print that it wants more
        return index

    def _memory(self, index: Any) -> Any:  # noqa: ANN401 - faiss has no types
        """Where an index keeps what it has learned, a std::vector of floats."""
        if self.kind == "SQ8":
            return index.sq.trained
        return index.center if self.kind == "RaBitQ" else index.pq.centroids

    def _learned_shape(self) -> tuple[int]:
        return ({"SQ8": 2, "RaBitQ": 1, "PQ": CENTROIDS}[self.kind] * self.D,)

    def _learned(self) -> Tensor:
        return torch.from_numpy(self._faiss.vector_to_array(self._memory(self._index)).copy())

    def _codes(self) -> Tensor:
        codes = self._faiss.vector_to_array(self._index.codes)
        return torch.from_numpy(codes.reshape(self._index.ntotal, self.bytes))

    def _restored(self, learned: Tensor, codes: Tensor) -> Any:  # noqa: ANN401 - faiss has no types
        index = self._empty()
        self._faiss.copy_array_to_vector(learned.numpy(), self._memory(index))
        index.is_trained = True
        index.add_sa_codes(codes.contiguous().numpy())
        return index
