"""A gallery searched with faiss: a scan over short codes, then exact scores for the best of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.ids import checked_ids
from adde_lite.retrieval.conditions import Weights, rows_with
from adde_lite.retrieval.nearest import check_k
from adde_lite.retrieval.scale.asked import Found, Where, allowed_rows, check_rows, query_vectors
from adde_lite.retrieval.scale.codes import Codes, Kind
from adde_lite.retrieval.scale.content import check_content, digest, ids_of, in_parts
from adde_lite.retrieval.scale.float_vectors import FloatVectors

CANDIDATES = 300
SAMPLE = 20_000  # vectors that training sees
FORMAT = 1
REMEDY = "Build the index again from the gallery's embeddings."


class FaissIndex:
    """N embedded images, ranked by inner product with a weighted query. Made by `build` or `open`.

    Attributes:
        candidates: the best rows by their codes that get exact scores; more find more of the exact answers.
    """

    def __init__(
        self, vectors: FloatVectors, labels: Tensor, schema: AttributeSchema, ids: list[str], codes: Codes
    ) -> None:
        self.vectors, self.labels, self.schema, self.codes = vectors, labels, schema, codes
        self.candidates = CANDIDATES
        self._ids = ids

    @classmethod
    def build(
        cls,
        embeddings: Tensor,
        labels: Tensor,
        schema: AttributeSchema,
        *,
        ids: Sequence[str] | None = None,
        kind: Kind = "SQ8",
        seed: int = 0,
    ) -> Self:
        """Encode a gallery.

        Args:
            embeddings: (N, A, d) as the gallery compares them, so of unit length if it does; float16, bfloat16 or
                float32. They are kept, not copied: give memory-mapped ones when they outgrow memory.
            labels: int64 (N, A), for filters.
            schema: the attributes.
            ids: N different names; by default the rows' numbers.
            kind: `Flat` (exact, keeps a float32 copy), `SQ8`, `RaBitQ` or `PQ`.
            seed: picks what training sees.

        Raises:
            InputError: faiss is not installed, no such kind, inputs that do not fit, an embedding that is zero,
                infinite or not a number, ids that repeat, fewer than 256 rows for PQ.
        """
        check_content(embeddings, labels, schema)
        names = ids_of(ids, len(labels))
        vectors, codes = FloatVectors([embeddings]), Codes(kind, *embeddings.shape[1:])
        order = torch.randperm(len(vectors), generator=torch.Generator().manual_seed(seed))
        codes.train(vectors.take(order[:SAMPLE].sort().values))
        _encode(codes, vectors.parts[0])
        return cls(vectors, labels, schema, names, codes)

    def __len__(self) -> int:
        return len(self.labels)

    @torch.no_grad()
    def search(self, query: Tensor, k: int, weights: Weights | None = None, where: Where | None = None) -> Found:
        """The k rows with the largest inner product with the weighted query, best first.

        Args:
            query: float (A, d), or (Q, A, d) for several; edited or not.
            k: 1 .. the number of rows, or of rows that pass the filter.
            weights: block a of the query is scaled by weight a, from 0 up: A numbers, `{attribute: number}` with 0 for
                the attributes left out, or a tensor (Q, A) for a weighting a query.
            where: what may be found: `{attribute: value or values}` (None: not labelled), a mask bool (N,), or rows
                int64 (n,).

        Returns:
            Rows int64 and scores float32, (k,) or (Q, k). Exact scores; with codes the best rows may be missed when
            they are not among the candidates. Of equal scores the first row comes first.

        Raises:
            InputError: k out of range, a shape that does not fit, a query or weights that are zero, infinite or not a
                number, negative weights, an unknown attribute or value, a filter that no row passes.
        """
        queries = query_vectors(query, weights, self.schema, self.vectors.d)
        allowed = None
        if where is not None:
            mask = where if isinstance(where, Tensor) else rows_with(where, self.labels, self.schema)
            allowed = allowed_rows(mask, len(self))
        there = len(self) if allowed is None else len(allowed)
        check_k(k, there, filtered=allowed is not None)
        n = max(k, self.candidates)
        if n < there:
            candidates = self.codes.candidates(queries, n, allowed)
        else:
            candidates = torch.arange(len(self)) if allowed is None else allowed
        rows, scores = self.vectors.best(queries, candidates, k)
        return Found(rows, scores) if query.ndim == 3 else Found(rows[0], scores[0])

    def add(self, embeddings: Tensor, labels: Tensor, *, ids: Sequence[str] | None = None) -> None:
        """Append images as the next rows; training is not repeated. Takes and raises as `build`."""
        check_content(embeddings, labels, self.schema, self.vectors.d)
        names = self._ids + ids_of(ids, len(labels), before=len(self))
        checked_ids(names, len(names))
        vectors = FloatVectors([*self.vectors.parts, embeddings])
        _encode(self.codes, vectors.parts[-1])
        self.vectors = vectors
        self.labels, self._ids = torch.cat([self.labels, labels]), names

    def ids(self, rows: Tensor) -> list[str]:
        """The ids of rows, int64 (n,). Raises InputError for a row that is not there, or another shape."""
        check_rows("rows", rows, len(self))
        return [self._ids[row] for row in rows.tolist()]

    def save(self, folder: str | Path, *, fingerprint: str = "") -> None:
        """Write the index with its vectors, as they are typed: whole or not at all, with checksums.

        Args:
            folder: replaced when an index is there.
            fingerprint: of the model that embedded the images; `open` compares it.

        Raises:
            InputError: a file is there, or a folder that holds anything else.
        """
        parts = {f"embeddings_{number}": part for number, part in enumerate(self.vectors.parts)}
        facts = {
            "format": FORMAT,
            "kind": self.codes.kind,
            "rows": len(self),
            "parts": len(parts),
            "gallery": digest(self.schema, self.vectors.d, fingerprint),
            "ids": self._ids,
        }
        storage.store(Path(folder), {"labels": self.labels, **parts, **self.codes.tensors()}, facts)

    @classmethod
    def open(cls, folder: str | Path, schema: AttributeSchema, *, fingerprint: str = "") -> Self:
        """Read what `save` wrote. The vectors stay on disk, memory-mapped; every byte is verified first.

        Args:
            folder: that folder.
            schema: of the gallery.
            fingerprint: of the model that embeds the queries.

        Raises:
            InputError: nothing there, a file cut off or changed, another format, or the gallery of another schema or
                model; faiss is not installed.
        """
        tensors, facts = storage.load(Path(folder))
        if facts.get("format") != FORMAT:
            raise InputError(str(folder), f"format {facts.get('format')}", f"an index of format {FORMAT}", REMEDY)
        vectors = FloatVectors([tensors[f"embeddings_{number}"] for number in range(facts["parts"])])
        if facts["gallery"] != digest(schema, vectors.d, fingerprint):
            expected = "the gallery of this schema and model"
            raise InputError(str(folder), "the gallery of another schema or model", expected, REMEDY)
        if facts["kind"] == "Flat":
            codes = Codes("Flat", vectors.A, vectors.d)
            for part in vectors.parts:
                _encode(codes, part)
        else:
            codes = Codes.from_tensors(facts["kind"], vectors.A, vectors.d, facts["rows"], tensors)
        return cls(vectors, tensors["labels"], schema, facts["ids"], codes)


def _encode(codes: Codes, embeddings: Tensor) -> None:
    for part in in_parts(len(embeddings)):
        codes.add(embeddings[part].flatten(1).float())
