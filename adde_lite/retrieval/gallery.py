"""A gallery of embeddings, searched exactly: by a garment, or by a garment with some attributes edited."""

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.adde.memory import Edits, How, PrototypeMemory

SCORES_AT_ONCE = 1 << 24  # 64 MB of float32


class Gallery:
    """N embedded images and the memory that edits queries.

    Images are compared as in the paper, by the Euclidean distance between whole embeddings of unit length. That ranks
    like the inner product with unit gallery vectors, and the length of the query does not matter.

    Args:
        embeddings: float32 (N, A, d), as the encoder gives them.
        labels: int64 (N, A), what the images show; they take no part in the search.
        schema: the attributes.
        memory: of the same schema and d.

    Raises:
        InputError: shapes that do not fit, no image, or an embedding that is zero, infinite or not a number.
    """

    def __init__(self, embeddings: Tensor, labels: Tensor, schema: AttributeSchema, memory: PrototypeMemory) -> None:
        schema.check(labels)
        shape = tuple(embeddings.shape)
        if memory.schema != schema:
            found = f"attributes {', '.join(memory.schema.names)} of {list(memory.schema.sizes)} values"
            expected = f"{', '.join(schema.names)} of {list(schema.sizes)}"
            raise InputError("memory", found, expected, "Make it with the schema of the gallery.")
        if not len(labels) or shape != (len(labels), schema.A, memory.d):
            expected = f"({len(labels) or 'at least 1'}, {schema.A}, {memory.d})"
            raise InputError("gallery embeddings", f"shape {shape}", expected, "Embed the images of these labels.")
        self.embeddings, self.labels, self.schema, self.memory = embeddings, labels, schema, memory
        self.unit = unit(embeddings)

    def __len__(self) -> int:
        return len(self.labels)

    def search(self, query: Tensor, k: int) -> Tensor:
        """Rows of the k images nearest to a query, nearest first.

        Args:
            query: float (A, d) for a result int64 (k,), or float (Q, A, d) for a result int64 (Q, k).
            k: 1 .. N.

        Raises:
            InputError: k out of range, a query of another shape, or one that is zero, infinite or not a number.
        """
        if query.ndim not in (2, 3) or query.shape[-2:] != self.embeddings.shape[1:]:
            expected = f"(A, d) or (Q, A, d) with (A, d) = {tuple(self.embeddings.shape[1:])}"
            raise InputError("query", f"shape {tuple(query.shape)}", expected, "Embed it with the gallery's encoder.")
        found = nearest(unit(query.reshape(-1, *self.embeddings.shape[1:])), self.unit, k)
        return found[0] if query.ndim == 2 else found

    @torch.no_grad()
    def edit(self, query: Tensor, edits: Edits, k: int, how: How = "swap", labels: Tensor | None = None) -> Tensor:
        """Rows of the k images nearest to a query as the edits want it.

        Args:
            query: float (A, d) or (Q, A, d), as `search`.
            edits, how, labels: as `PrototypeMemory.edit`; labels are those of the query.
            k: 1 .. N.

        Returns and raises as `search`; also InputError as `PrototypeMemory.edit`.
        """
        return self.search(self.memory.edit(query, edits, how, labels), k)


def unit(embeddings: Tensor) -> Tensor:
    """Whole embeddings scaled to length 1: (N, A, d) -> (N, A * d).

    Raises:
        InputError: an embedding is zero, infinite or not a number; names its row.
    """
    whole = embeddings.flatten(1)
    length = whole.norm(dim=1, keepdim=True)
    bad = ~(length.isfinite() & (length > 0))
    if bad.any():
        row = int(bad.nonzero()[0, 0])
        remedy = "Look at the image it came from, or drop it."
        raise InputError(f"embedding {row}", f"length {float(length[row, 0])}", "a finite length above 0", remedy)
    scaled: Tensor = whole / length
    return scaled


def nearest(queries: Tensor, gallery: Tensor, k: int) -> Tensor:
    """Rows of the k gallery vectors with the largest inner product: (Q, D) and (N, D) -> int64 (Q, k), best first.

    Raises:
        InputError: k is not within 1 .. N.
    """
    if not 1 <= k <= len(gallery):
        raise InputError("k", str(k), f"1 to {len(gallery)}, the size of the gallery", "Ask for fewer results.")
    at_once = max(1, SCORES_AT_ONCE // len(gallery))
    found: list[Tensor] = [(part @ gallery.T).topk(k, dim=1).indices for part in queries.split(at_once)]
    return torch.cat(found)
