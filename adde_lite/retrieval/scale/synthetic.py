"""A gallery made from a seed, of any size, to measure indexes on: prototypes, noise of low rank, noise of full rank."""

from typing import NamedTuple

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema

RANK = 8
LOW_RANK_NOISE, FULL_NOISE = 0.6, 0.3  # lengths, beside prototypes of length 1
SCHEMA = AttributeSchema.numbered([6] * 12)


def synthetic_gallery(
    images: int, *, schema: AttributeSchema = SCHEMA, d: int = 16, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Embeddings float32 (N, A, d), whole ones of unit length, and labels int64 (N, A).

    In every subspace an image lies near the prototype of its value; values come as often as 1, 1/2, 1/3, ... (Zipf).
    What remains differs along few directions, as in real encoders, and a little along all.

    Args:
        images: N.
        schema: how many attributes and values.
        d: dimensions of a subspace.
        seed: for prototypes and images alike; another one is another gallery.
    """
    generator = torch.Generator().manual_seed(seed)

    def directions(*shape: int) -> Tensor:
        drawn = torch.randn(*shape, generator=generator)
        unit: Tensor = drawn / drawn.norm(dim=-1, keepdim=True)
        return unit

    embeddings, labels = [], []
    for size in schema.sizes:
        often = 1 / torch.arange(1, size + 1)
        codes = torch.multinomial(often, images, replacement=True, generator=generator)
        low = directions(images, RANK) @ directions(RANK, d)
        noise = LOW_RANK_NOISE * low + FULL_NOISE * directions(images, d)
        embeddings.append(directions(size, d)[codes] + noise)
        labels.append(codes)
    stacked = torch.stack(embeddings, dim=1)
    return stacked / stacked.flatten(1).norm(dim=1)[:, None, None], torch.stack(labels, dim=1)


class Shop(NamedTuple):
    """A made-up gallery and queries of the same making, none of which hangs in it.

    `vectors` float32 (N, A, d) and their `labels` int64 (N, A); `queries` (Q, A, d) and the `wanted` labels (Q, A) that
    they were made from.
    """

    vectors: Tensor
    labels: Tensor
    queries: Tensor
    wanted: Tensor


def synthetic_shop(images: int, queries: int, *, seed: int = 0) -> Shop:
    """A shop of N = `images` garments and Q = `queries`, drawn together by `synthetic_gallery`."""
    vectors, labels = synthetic_gallery(images + queries, seed=seed)
    return Shop(vectors[:images].contiguous(), labels[:images], vectors[images:].contiguous(), labels[images:])
