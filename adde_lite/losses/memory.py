"""The losses of the memory: prototypes stay true to the images, and each within its own subspace.

Symbols: M the memory (A*d, J), one column a value; v an image's labels as one-hots (J,), so that M v is the
prototype of the image; r its embedding, r' = r_q + M i that of an edited query. All are raw, never normalised.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from adde_lite.attributes import MISSING


class BlockMemory(Protocol):
    """What `memory_block` reads of a memory."""

    @property
    def weight(self) -> Tensor:
        """M, float (A*d, J)."""

    @property
    def mask(self) -> Tensor:
        """Bool (A*d, J), True where a column meets the subspace of its own attribute."""


def consistency(
    prototypes: Tensor | Sequence[Tensor], features: Tensor | Sequence[Tensor], labels: Tensor | None = None
) -> Tensor:
    """Sum over the terms of the mean |M v - r| over all numbers of a term (L_c).

    Stage 3 has three terms: M v_p with the edited query r' (not with the positive image), M v_q with r_q, M v_n with
    r_n. The blog that explains the paper calls it a triplet loss; the public code computes this, and
    `consistency_triplet` is our reading of the name.

    Args:
        prototypes: the M v of the T terms: a sequence of (B, A*d), or a tensor (T, B, A*d); one (B, A*d) is one term.
        features: the embeddings that they belong to, of the same shapes; flatten (B, A, d) to (B, A*d) first.
        labels: int64 (T, B, A) or (B, A), -1 where missing: the blocks of a missing value are left out of the mean.
            Without labels all blocks count, as in the public code: there the prototype of a missing value is 0 and
            pulls the subspace of the image towards 0.

    Returns:
        A number >= 0; a term without any labelled block adds 0.
    """
    gaps = torch.abs(_stacked(prototypes) - _stacked(features))
    if labels is None:
        return gaps.mean((-2, -1)).sum()
    blocks: Tensor = gaps.unflatten(-1, (labels.shape[-1], -1))
    known = (labels != MISSING)[..., None].expand_as(blocks)
    # where, not a product: a block without a say may hold anything, also NaN.
    each = blocks.where(known, 0).sum((-3, -2, -1)) / known.sum((-3, -2, -1)).clamp(min=1)
    return each.sum()


def _stacked(terms: Tensor | Sequence[Tensor]) -> Tensor:
    return terms if isinstance(terms, Tensor) else torch.stack(tuple(terms))


def consistency_triplet(prototype: Tensor, edited: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean over the batch of max(0, |M v_p - r'| - |M v_p - r_n| + m): OUR READING of "consistency triplet loss".

    Neither the public code nor the supplementary contains it. |.| is the mean over the A*d numbers of a row, the unit
    of `consistency`, so that one margin serves every d.

    Args:
        prototype: (B, A*d), M v_p of the labels that the edit asks for.
        edited: (B, A*d), r'.
        negative: (B, A*d), r_n.
        margin: m >= 0.
    """
    wanted = (prototype - edited).abs().mean(-1)
    unwanted = (prototype - negative).abs().mean(-1)
    return (wanted - unwanted + margin).relu().mean()


def memory_block(memory: BlockMemory) -> Tensor:
    """|N .* M|_1 with N = 1 outside the blocks, 0 inside (L_mem): what the memory says about other attributes.

    A SUM, as in the public code: it grows with A*d*J (564,740 numbers for Shopping100k), and with Adam the numbers
    tremble around 0 by a tenth of the learning rate instead of reaching it. The gradient is the sign of each number
    outside the blocks and exactly 0 inside them.
    """
    return memory.weight.masked_fill(memory.mask, 0).abs().sum()
