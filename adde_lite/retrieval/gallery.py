"""A gallery of embeddings, searched exactly: by a garment, or by a garment with some attributes edited."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.ids import checked_ids
from adde_lite.models.adde.memory import Edits, How, PrototypeMemory
from adde_lite.models.fingerprint import Embeds
from adde_lite.retrieval import stored
from adde_lite.retrieval.asked import Asked, no_memory
from adde_lite.retrieval.best import ROUNDING, Best
from adde_lite.retrieval.conditions import Conditions, Weights, Where, weighted
from adde_lite.retrieval.nearest import check_lengths
from adde_lite.retrieval.table import PrototypeTable
from adde_lite.retrieval.vectors import Vectors

QUERIES_AT_ONCE = 128
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


class Gallery:
    """N embedded images, and the memory that edits queries.

    Images are compared as in the paper, by the Euclidean distance between whole embeddings of unit length. That ranks
    like the inner product with unit gallery vectors, and the length of the query does not matter. The first of two
    equal images comes first.

    Args:
        embeddings: float (N, A, d), as the encoder gives them; they must not change afterwards.
        labels: int64 (N, A), what the images show; they take no part in the search but for `where`.
        schema: the attributes.
        memory: of the same schema and d; without one queries cannot be edited.
        ids: a name for each image, all different.
        model: fingerprint of the encoder, as `adde_lite.models.fingerprint` gives it.
        dtype: what the embeddings are kept in: torch.float32, or float16 or bfloat16 for half the space; None leaves
            them as they are. Scores are computed in float32, or in float64 for float64.

    Raises:
        InputError: shapes or types that do not fit, no image, an embedding that is zero, infinite or not a number, or
            ids that repeat.
    """

    def __init__(
        self,
        embeddings: Tensor,
        labels: Tensor,
        schema: AttributeSchema,
        memory: PrototypeMemory | None = None,
        *,
        ids: Sequence[str] | None = None,
        model: str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        schema.check(labels)
        if memory is not None and memory.schema != schema:
            found = f"attributes {', '.join(memory.schema.names)} of {list(memory.schema.sizes)} values"
            expected = f"{', '.join(schema.names)} of {list(schema.sizes)}"
            raise InputError("memory", found, expected, "Make it with the schema of the gallery.")
        self.embeddings = _checked(embeddings, labels, schema, memory, dtype)
        self.labels, self.schema, self.memory, self.model = labels, schema, memory, model
        self.ids = None if ids is None else checked_ids(ids, len(labels))
        self._vectors = Vectors(self.embeddings)
        self._conditions = Conditions(labels, schema)
        self._table = None if memory is None else PrototypeTable(self._vectors, memory)
        self._last: Asked | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @torch.no_grad()
    def search(self, query: Tensor, k: int, weights: Weights | None = None, where: Where | None = None) -> Tensor:
        """Rows of the k images nearest to a query, nearest first.

        Args:
            query: float (A, d) for a result int64 (k,), or float (Q, A, d) for a result int64 (Q, k).
            k: 1 .. N, or what `where` leaves.
            weights: how much each subspace counts: A numbers from 0 up, or a mapping such as {"colour": 1}, in which
                attributes without a number count nothing. They scale the blocks of the query; the images keep the
                length 1 of their whole embeddings, so that one gallery serves all weights.
            where: find only images with these labels: attribute -> value or values; None is a missing label.

        Raises:
            InputError: k out of range, weights or labels that cannot be, no image left, or a query of another shape or
                type, or one that is zero, infinite or not a number.
        """
        rows = self._rows(query)
        chosen, allowed = self._conditions.weights(weights), self._conditions.rows(where, k)
        exact = weighted(rows.double() / _lengths(rows)[:, None, None], chosen)
        margin = ROUNDING * (1.0 if chosen is None else float(chosen.max()))
        best = [Best(partial(self._vectors.settle, row), k, margin) for row in exact]
        for first in range(0, len(best), QUERIES_AT_ONCE):
            some = slice(first, first + QUERIES_AT_ONCE)
            for span, scores in self._vectors.scores(exact[some].to(self._vectors.dtype)):
                offered = scores if allowed is None else scores.masked_fill(~allowed[span], -torch.inf)
                for one, of_one in zip(best[some], offered, strict=True):
                    one.offer(of_one, span.start)
        found = torch.stack([one.rows for one in best])
        return found[0] if query.ndim == 2 else found

    @torch.no_grad()
    def query(self, query: Tensor) -> Asked:
        """Keep the scores of one query (A, d), so that weights, filters and edits of it need no further search.

        The gallery itself keeps those of the last one: asked for the same again, it reads nothing.

        Raises:
            InputError: a query of another shape or type, or one that is zero, infinite or not a number.
        """
        rows = self._rows(query)
        if query.ndim != 2:
            expected = f"(A, d) = {tuple(self.embeddings.shape[1:])}"
            raise InputError("query", f"shape {tuple(query.shape)}", expected, "Ask them one at a time.")
        _lengths(rows)
        if self._last is None or not self._last.holds(rows[0]):
            self._last = Asked(rows[0], self._vectors, self._conditions, self._table)
        return self._last

    @torch.no_grad()
    def edit(
        self,
        query: Tensor,
        edits: Edits,
        k: int,
        how: How = "swap",
        labels: Tensor | None = None,
        *,
        weights: Weights | None = None,
        where: Where | None = None,
    ) -> Tensor:
        """Rows of the k images nearest to a query as the edits want it.

        One query is looked up, as `query(...).edit(...)` does: its next edit costs additions alone. Several at once are
        each asked a single time, so there is nothing to keep: they are edited and searched for.

        Args:
            query: float (A, d) or (Q, A, d), as `search`.
            edits, how, labels: as `PrototypeMemory.edit`; labels are those of the query.
            k, weights, where: as `search`.

        Returns and raises as `search`; also InputError as `PrototypeMemory.edit`, or for a gallery without a memory.
        """
        if self.memory is None:
            raise no_memory()
        if query.ndim == 2:
            return self.query(query).edit(edits, k, how, labels, weights=weights, where=where)
        return self.search(self.memory.edit(self._rows(query), edits, how, labels), k, weights, where)

    def save(self, folder: str | Path) -> None:
        """Write the gallery into `folder`, in place of the one there; a stop at any moment leaves the old or the new.

        Raises:
            InputError: a file is there, or a folder that holds anything else.
            OSError: it cannot be written, as on a full disk; what was there stands.
        """
        tensors = {"embeddings": self.embeddings, "labels": self.labels}
        if self.memory is not None:
            tensors["memory"] = self.memory.weight.detach()
        stored.write(Path(folder), tensors, self.schema, self.ids, self.model)

    @classmethod
    def load(cls, folder: str | Path, *, model: Embeds | str | None = None, memory_map: bool = True) -> Self:
        """Read what `save` wrote, every byte verified.

        Args:
            folder: as given to `save`.
            model: the encoder that queries will come from, or its fingerprint; None does not ask.
            memory_map: leave the embeddings on disk and read them as they are needed; they are those that were there
                even when another gallery is saved over them.

        Raises:
            InputError: no gallery there, one that is cut off or changed, or one of another model or version.
        """
        tensors, schema, ids, made_by = stored.read(Path(folder), model)
        embeddings = tensors["embeddings"]
        memory = None
        if "memory" in tensors:
            memory = PrototypeMemory(schema, embeddings.shape[2])
            memory.load_state_dict({"weight": tensors["memory"]})
        kept = embeddings if memory_map else embeddings.clone()
        return cls(kept, tensors["labels"].clone(), schema, memory, ids=ids, model=made_by)

    def _rows(self, query: Tensor) -> Tensor:
        """One or several queries as (Q, A, d), in the type of the scores."""
        if not isinstance(query, Tensor) or not query.is_floating_point():
            given = str(query.dtype) if isinstance(query, Tensor) else type(query).__name__
            raise InputError("query", given, "a tensor of floating-point numbers", "Embed the image first.")
        shape = tuple(self.embeddings.shape[1:])
        if query.ndim not in (2, 3) or tuple(query.shape[-2:]) != shape or not len(query):
            expected = f"(A, d) or (Q, A, d) with (A, d) = {shape}"
            raise InputError("query", f"shape {tuple(query.shape)}", expected, "Embed it with the gallery's encoder.")
        return query.detach().reshape(-1, *shape).to("cpu", self._vectors.dtype)


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = rows.double().flatten(1).norm(dim=1)
    check_lengths(lengths, "query")
    return lengths


def _checked(
    embeddings: Tensor,
    labels: Tensor,
    schema: AttributeSchema,
    memory: PrototypeMemory | None,
    dtype: torch.dtype | None,
) -> Tensor:
    """The embeddings as they are to be kept."""
    names = ", ".join(map(str, DTYPES))
    if not isinstance(embeddings, Tensor) or embeddings.dtype not in DTYPES:
        given = str(embeddings.dtype) if isinstance(embeddings, Tensor) else type(embeddings).__name__
        raise InputError("gallery embeddings", given, f"a tensor of {names}", "Pass what the encoder's embed gives.")
    if dtype is not None and dtype not in DTYPES:
        raise InputError("gallery dtype", str(dtype), f"one of {names}", "Leave it out to keep them as they are.")
    shape = tuple(embeddings.shape)
    d = memory.d if memory is not None else shape[-1] if len(shape) == 3 and shape[-1] else "d"
    if not len(labels) or shape != (len(labels), schema.A, d):
        expected = f"({len(labels) or 'at least 1'}, {schema.A}, {d})"
        raise InputError("gallery embeddings", f"shape {shape}", expected, "Embed the images of these labels.")
    return embeddings.detach().to("cpu", dtype or embeddings.dtype).contiguous()
