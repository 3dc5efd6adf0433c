"""The memory: a prototype for every value, and edits of embeddings with them (ADDE-M; Hou et al., ICCV 2021).

Symbols: M in R^{Ad x J} the memory, one column a value; v in {0, 1}^J the labels of an image as one-hots, M v its
prototypes; i = v_target - v_query in {-1, 0, +1}^J the indicator of an edit, M i its residual; r' = r + M i.
"""

import warnings
from collections.abc import Iterable
from typing import Literal, Self, TypeAlias, get_args

import torch
from torch import Tensor, nn

from adde_lite.attributes import MISSING, AttributeSchema, Edit
from adde_lite.errors import InputError, unknown

How = Literal["swap", "add"]
Edits: TypeAlias = Edit | Iterable[Edit] | Tensor


class PrototypeMemory(nn.Module):
    """M, one column a value; a column is at home in the block of its own attribute.

    A new memory is random over all blocks, at the scale of `nn.Linear`. It knows nothing: begin with `of_means`.

    Args:
        schema: the attributes and their values.
        d: dimensions of a subspace.
    """

    mask: Tensor
    owner: Tensor
    code: Tensor

    def __init__(self, schema: AttributeSchema, d: int) -> None:
        super().__init__()
        self.schema, self.d = schema, d
        owner = torch.repeat_interleave(torch.arange(schema.A), torch.tensor(schema.sizes))
        self.weight = nn.Parameter(torch.empty(schema.A * d, schema.J).uniform_(-(schema.J**-0.5), schema.J**-0.5))
        # True where a column meets the subspace of its own attribute.
        self.register_buffer("mask", (torch.arange(schema.A)[:, None] == owner).repeat_interleave(d, 0), False)
        self.register_buffer("owner", owner, False)
        self.register_buffer("code", torch.cat([torch.arange(size) for size in schema.sizes]), False)

    @classmethod
    def of_means(cls, embeddings: Tensor, labels: Tensor, schema: AttributeSchema) -> Self:
        """Stage 2: each column the mean of its images' embeddings in its own block, zero in all others.

        The public code takes the mean over 100 images a value, drawn with replacement; this is the exact mean.

        Args:
            embeddings: (N, A, d), of training images.
            labels: int64 (N, A), -1 where missing: such an image has no say in that attribute.

        A value without any image gets a zero column and a warning that names it.

        Raises:
            InputError: labels that are not of the schema, or embeddings of another shape.
        """
        hot = schema.one_hot(labels)
        if embeddings.ndim != 3 or embeddings.shape[:2] != labels.shape:
            given, expected = f"shape {tuple(embeddings.shape)}", f"({len(labels)}, {schema.A}, d)"
            raise InputError("embeddings", given, expected, "Embed the images of these labels.")
        embeddings = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))  # sums leave float16's range
        memory, hot = cls(schema, embeddings.shape[2]), hot.to(embeddings.dtype)
        counts = hot.sum(0)
        names = [f"{name} {value!r}" for name in schema.names for value in schema.options(name)]
        empty = [name for name, count in zip(names, counts.tolist(), strict=True) if not count]
        if empty:
            warnings.warn(f"no image shows {', '.join(empty)}: zero prototypes", stacklevel=2)
        means = torch.einsum("nj,nad->adj", hot, embeddings).flatten(0, 1) / counts.clamp(min=1)
        with torch.no_grad():
            memory.weight.copy_(means.masked_fill(~memory.mask, 0))
        return memory

    def forward(self, codes: Tensor) -> Tensor:
        """M v for one-hot rows, M i for indicators: (N, J) -> (N, A, d), off-block numbers included."""
        products: Tensor = (codes.to(self.weight.dtype) @ self.weight.T).unflatten(1, (self.schema.A, self.d))
        return products

    def one_hot(self, labels: Tensor) -> Tensor:
        """Label codes (N, A) on the memory's device to rows v, float (N, J); a missing attribute is all zeros."""
        hot: Tensor = (labels[:, self.owner] == self.code).to(self.weight.dtype)
        return hot

    @property
    def prototypes(self) -> Tensor:
        """Each value's column within its own block, float (J, d); a copy to look at and to search with."""
        blocks = self.weight.detach().unflatten(0, (self.schema.A, self.d))
        own: Tensor = blocks[self.owner, :, torch.arange(self.schema.J)]
        return own

    def prototype(self, attribute: str, value: str) -> Tensor:
        """The prototype of one value, float (d,). Raises InputError (with the closest name) when there is none."""
        return self.prototypes[self.schema.column(attribute, value)]

    @property
    def off_block_share(self) -> float:
        """What the memory holds outside its blocks over what it holds inside them, in sums of absolute values."""
        mass = self.weight.detach().abs()
        return float(mass[~self.mask].sum() / mass[self.mask].sum())

    def nearest(self, embeddings: Tensor) -> Tensor:
        """The value whose prototype lies nearest in each subspace: (N, A, d) -> label codes int64 (N, A)."""
        own = self.prototypes.split(self.schema.sizes)
        each = zip(embeddings.detach().to(self.weight).unbind(1), own, strict=True)  # stored ones may be float16
        return torch.stack([torch.cdist(block, prototypes).argmin(1) for block, prototypes in each], dim=1)

    def edit(self, embeddings: Tensor, edits: Edits, how: How = "swap", labels: Tensor | None = None) -> Tensor:
        """Embeddings r' of garments as the edits want them.

        "add" is the paper's residual: r' = r + M i. It takes the old value away and brings the new one, keeps what
        else the block says about this garment, and whatever M has outside its blocks moves other attributes too.
        "swap" replaces the whole block of an edited attribute by the new value's prototype.

        Args:
            embeddings: (..., A, d); they stay as they are.
            edits: one or several of different attributes, the same for all; or one indicator row each, (N, J).
            how: "swap" or "add".
            labels: int64 (..., A), what the garments show now, true or predicted; only "add" by `Edit` reads them. A
                missing label takes nothing away.

        Raises:
            InputError: unknown attribute, value or way, two edits of one attribute, no labels for "add", or shapes
                that do not fit.
        """
        if embeddings.shape[-2:] != (self.schema.A, self.d):
            expected = f"(..., {self.schema.A}, {self.d})"
            raise InputError("embeddings", f"shape {tuple(embeddings.shape)}", expected, "Take the memory's encoder.")
        rows = embeddings.reshape(-1, self.schema.A, self.d)
        indicator = self.indicator(edits, len(rows), how, labels)
        if how == "add":
            edited = rows + self(indicator)
        else:
            coming = (indicator > 0).to(self.weight.dtype)
            own = (coming @ self.weight.masked_fill(~self.mask, 0).T).unflatten(1, (self.schema.A, self.d))
            touched = torch.zeros_like(own[..., 0]).index_add(1, self.owner, coming) > 0
            edited = torch.where(touched[..., None], own.to(rows.dtype), rows)
        shaped: Tensor = edited.reshape(embeddings.shape)
        return shaped

    def indicator(self, edits: Edits, count: int, how: How = "swap", labels: Tensor | None = None) -> Tensor:
        """The edits of `count` embeddings as rows of what goes (-1) and what comes (+1), (count, J).

        Arguments and errors as `edit`. For "swap" by `Edit` only what comes is in the rows.
        """
        if how not in get_args(How):
            raise unknown("edit", "way", how, get_args(How))
        indicator = edits if isinstance(edits, Tensor) else self._of_edits(edits, count, how, labels)
        if indicator.shape != (count, self.schema.J):
            given, expected = f"shape {tuple(indicator.shape)}", f"({count}, {self.schema.J})"
            raise InputError("indicator", given, expected, "Give one row an embedding.")
        return indicator

    def _of_edits(self, edits: Edit | Iterable[Edit], count: int, how: How, labels: Tensor | None) -> Tensor:
        if how == "swap":  # what goes does not matter: the block is replaced
            now = torch.full((count, self.schema.A), MISSING)
        elif labels is None:
            remedy = 'Pass labels=, such as encoder.classify(embeddings), or how="swap".'
            raise InputError("edit", "no labels", 'the values that "add" is to take away', remedy)
        else:
            now = labels.cpu().reshape(-1, self.schema.A)
        return self.schema.indicator(now, edits).to(self.weight.device)
