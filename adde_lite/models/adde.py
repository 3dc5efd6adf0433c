"""The attribute-driven encoder: one trunk, one subspace an attribute (ADDE; Hou et al., ICCV 2021).

Symbols: x image, g(x) the trunk's features, r_a = phi_a(g(x)) in R^d the embedding of attribute a (Linear-ReLU-Linear),
r = [r_1; ..; r_A] the embedding of the image. Prototypes are one vector in R^d for each of the J values; an edit
replaces block a of r by the prototype of the wanted value.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.losses import attribute_cross_entropy, label_contrast
from adde_lite.models.trunks import SmallTrunk

EMBEDDING_BATCH = 256


@dataclass(frozen=True)
class EncoderRecipe:
    """What an `AttributeEncoder` is made of and what it minimises.

    Args:
        widths: channels of the four blocks of the small trunk.
        hidden: width of the hidden layer of each head.
        d: dimensions of a subspace.
        smoothing: label smoothing of the classification loss, 0 <= smoothing < 1.
        contrast: weight of the label contrast; 0 leaves it out.
    """

    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    hidden: int = 128
    d: int = 64
    smoothing: float = 0.0
    contrast: float = 1.0


class AttributeEncoder(nn.Module):
    """Images to A subspaces of d dimensions, with a linear predictor on each.

    Args:
        schema: the attributes and their values.
        recipe: sizes and losses.
    """

    def __init__(self, schema: AttributeSchema, recipe: EncoderRecipe | None = None) -> None:
        super().__init__()
        self.schema = schema
        self.recipe = recipe or EncoderRecipe()
        self.trunk = SmallTrunk(self.recipe.widths)
        self.heads = AttributeHeads(schema.A, self.trunk.features, self.recipe.hidden, self.recipe.d)
        self.predictor = AttributePredictor(schema, self.recipe.d)

    def forward(self, images: Tensor) -> Tensor:
        """Images in [0, 1], float (N, 3, H, W), to embeddings r, float (N, A, d)."""
        features = self.trunk((images - 0.5) / 0.25)
        with torch.autocast(features.device.type, enabled=False):
            # Distances between embeddings decide the ranking: bf16 has too few digits for them.
            embeddings: Tensor = self.heads(features)
        return embeddings

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms that training adds up, for images in [0, 1] (N, 3, H, W) and label codes (N, A)."""
        embeddings = self(images)
        logits = self.predictor(embeddings)
        terms = {"classification": attribute_cross_entropy(logits, labels, self.schema.sizes, self.recipe.smoothing)}
        if self.recipe.contrast:
            terms["contrast"] = self.recipe.contrast * label_contrast(embeddings, labels)
        return terms

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Weights decay, biases and normalisation scales do not."""
        decayed = [parameter for parameter in self.parameters() if parameter.ndim > 1]
        free = [parameter for parameter in self.parameters() if parameter.ndim <= 1]
        return [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]

    @torch.inference_mode()
    def embed(self, images: Tensor) -> Tensor:
        """Embeddings of stored images, uint8 (N, 3, H, W) -> float32 (N, A, d) on the CPU.

        Each is the mean over the image and its mirror image, which no attribute can tell apart.
        """
        self.eval()
        device = next(self.parameters()).device
        parts = []
        for batch in images.split(EMBEDDING_BATCH):
            pixels = (batch.to(device) / 255).to(memory_format=torch.channels_last)
            parts.append(((self(pixels) + self(pixels.flip(3))) / 2).cpu())
        return torch.cat(parts)

    @torch.inference_mode()
    def predict(self, embeddings: Tensor) -> Tensor:
        """Class probabilities of embeddings (N, A, d): float (N, J), each attribute's block sums to 1."""
        logits = self.predictor(embeddings.to(next(self.parameters()).device)).cpu()
        return torch.cat([block.softmax(1) for block in torch.split(logits, list(self.schema.sizes), dim=1)], dim=1)

    def classify(self, embeddings: Tensor) -> Tensor:
        """The most probable value of each attribute: embeddings (N, A, d) -> label codes int64 (N, A)."""
        blocks = torch.split(self.predict(embeddings), list(self.schema.sizes), dim=1)
        return torch.stack([block.argmax(1) for block in blocks], dim=1)


class AttributeHeads(nn.Module):
    """A two-layer networks phi_a as two batched products: features (N, F) -> (N, A, d)."""

    def __init__(self, A: int, features: int, hidden: int, d: int) -> None:
        super().__init__()
        self.A, self.hidden = A, hidden
        self.first = nn.Linear(features, A * hidden)
        self.second = nn.Parameter(torch.empty(A, hidden, d).uniform_(-(hidden**-0.5), hidden**-0.5))
        self.bias = nn.Parameter(torch.zeros(A, d))

    def forward(self, features: Tensor) -> Tensor:
        inner = torch.relu(self.first(features)).unflatten(1, (self.A, self.hidden))
        return torch.einsum("nah,ahd->nad", inner, self.second) + self.bias


class AttributePredictor(nn.Module):
    """A linear classifier on each subspace: embeddings (N, A, d) -> logits (N, J), without a loop over attributes."""

    columns: Tensor
    drawn: Tensor

    def __init__(self, schema: AttributeSchema, d: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(schema.J, d) / d**0.5)
        self.bias = nn.Parameter(torch.zeros(schema.J))
        # One row of memory columns an attribute, padded to the longest, so that one product serves all attributes.
        places = torch.arange(max(schema.sizes)).expand(schema.A, -1)
        drawn = places < torch.tensor(schema.sizes)[:, None]
        columns = (places + torch.tensor(schema.offsets)[:, None]).where(drawn, 0)
        self.register_buffer("columns", columns, persistent=False)
        self.register_buffer("drawn", drawn, persistent=False)

    def forward(self, embeddings: Tensor) -> Tensor:
        padded = torch.einsum("nad,amd->nam", embeddings, self.weight[self.columns])
        return padded[:, self.drawn] + self.bias


def class_means(embeddings: Tensor, labels: Tensor, schema: AttributeSchema) -> Tensor:
    """Prototypes (J, d): for each value the mean of its images' embeddings in its own subspace.

    Args:
        embeddings: (N, A, d), of training images.
        labels: int64 (N, A), -1 where missing: such an image has no say in that attribute.

    A value without any image gets a zero vector and a warning that names it.
    """
    hot = schema.one_hot(labels).to(embeddings.dtype)
    counts = hot.sum(0)
    blocks = [hot_a.T @ embeddings[:, a] for a, hot_a in enumerate(torch.split(hot, list(schema.sizes), dim=1))]
    names = [
        f"{name} {value!r}" for name, options in zip(schema.names, schema.values, strict=True) for value in options
    ]
    empty = [name for name, count in zip(names, counts.tolist(), strict=True) if not count]
    if empty:
        warnings.warn(f"no image shows {', '.join(empty)}: zero prototypes", stacklevel=2)
    return torch.cat(blocks) / counts.clamp(min=1)[:, None]


def swap(embeddings: Tensor, edits: Edit | Iterable[Edit], prototypes: Tensor, schema: AttributeSchema) -> Tensor:
    """Replace the blocks that the edits name by the prototypes of the wanted values.

    Args:
        embeddings: (..., A, d); they stay as they are, a copy is returned.
        edits: one or several, of different attributes.
        prototypes: (J, d).

    Raises:
        InputError: unknown attribute or value, or two edits of one attribute.
    """
    swapped = embeddings.clone()
    for edit in schema.distinct(edits):
        swapped[..., schema.index(edit.attribute), :] = prototypes[schema.column(edit.attribute, edit.value)]
    return swapped
