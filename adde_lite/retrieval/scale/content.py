"""What goes into an index: embeddings, labels and ids that belong together."""

import hashlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.ids import checked_ids
from adde_lite.retrieval.nearest import check_lengths

ROWS_AT_ONCE = 1 << 14  # vectors that are checked or encoded together: a gallery on disk need not fit in memory


def in_parts(rows: int, at_once: int = ROWS_AT_ONCE) -> Iterator[slice]:
    """Slices that cover `rows` rows in order."""
    return (slice(first, min(first + at_once, rows)) for first in range(0, rows, at_once))


def check_content(embeddings: Tensor, labels: Tensor, schema: AttributeSchema, d: int | None = None) -> None:
    """Check vectors and labels of an index to be.

    Args:
        embeddings: (N, A, d) of a floating type, on any device or memory-mapped; read part by part.
        labels: int64 (N, A).
        schema: the attributes.
        d: dimensions of a subspace in the index that they join; None when they begin one.

    Raises:
        InputError: nothing, shapes that do not fit, whole numbers, or a row that is zero, infinite or not a number.
    """
    schema.check(labels)
    if not isinstance(embeddings, Tensor):
        raise InputError("embeddings", type(embeddings).__name__, "a tensor", "Pass them as embedded.")
    shape = tuple(embeddings.shape)
    if not len(labels) or len(shape) != 3 or shape[:2] != tuple(labels.shape) or shape[2] != (d or shape[2] or 1):
        expected = f"({len(labels) or 'at least 1'}, {schema.A}, {d or 'd'})"
        raise InputError("embeddings", f"shape {shape}", expected, "Embed the images of these labels.")
    if not embeddings.is_floating_point():
        raise InputError("embeddings", str(embeddings.dtype), "float16, bfloat16 or float32", "Pass them as embedded.")
    lengths = [embeddings[part].flatten(1).float().norm(dim=1) for part in in_parts(len(embeddings))]
    check_lengths(torch.cat(lengths), "embedding")


def ids_of(ids: Sequence[str] | None, rows: int, before: int = 0) -> list[str]:
    """The ids of `rows` new rows; their numbers, counted on from `before`, when none are given.

    Raises:
        InputError: their number is another, or one comes twice.
    """
    return [str(row) for row in range(before, before + rows)] if ids is None else list(checked_ids(ids, rows))


def digest(schema: AttributeSchema, d: int, fingerprint: str) -> str:
    """What tells the galleries of two models apart: 16 hexadecimal digits of schema, d and model fingerprint."""
    return hashlib.sha256(f"{schema.to_json()} {d} {fingerprint}".encode()).hexdigest()[:16]
