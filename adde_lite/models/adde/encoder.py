"""The attribute-driven encoder: one trunk, one subspace an attribute (ADDE; Hou et al., ICCV 2021).

Symbols: x image, g(x) the trunk's features, r_a = phi_a(g(x)) in R^d the embedding of attribute a (Linear-ReLU-Linear),
r = [r_1; ..; r_A] the embedding of the image; L_cls and L_lt as in `adde_lite.losses`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.distributed import gathered
from adde_lite.losses import Missing, attribute_cross_entropy, label_contrast, label_triplet, local_label_triplet
from adde_lite.losses.paper import margin_at
from adde_lite.models.decay import decay_groups
from adde_lite.models.mirrored import mirrored_mean
from adde_lite.models.trunks import Trunk, build_trunk


@dataclass(frozen=True)
class EncoderRecipe:
    """What an `AttributeEncoder` is made of and what it minimises.

    Stage 1 of the paper is `trunk="alexnet", hidden=340, d=340, classification=0.2, contrast=0, label=1, local=0.2`.

    Args:
        trunk: "small" for images of 32 to 128 px, "alexnet" or "resnet18" for larger ones.
        widths: channels of the four blocks of the small trunk.
        hidden: width of the hidden layer of each head.
        d: dimensions of a subspace.
        smoothing: label smoothing of the classification loss, 0 <= smoothing < 1.
        classification, contrast, label, local: weights of the cross-entropy, of the label contrast, and of the label
            triplet over the whole embedding and within each subspace; 0 leaves a term out.
        missing: what a missing label means to the label triplets.
    """

    trunk: Trunk = "small"
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    hidden: int = 128
    d: int = 64
    smoothing: float = 0.0
    classification: float = 1.0
    contrast: float = 1.0
    label: float = 0.0
    local: float = 0.0
    missing: Missing = "mask"


class AttributeEncoder(nn.Module):
    """Images to A subspaces of d dimensions, with a linear predictor on each.

    Args:
        schema: the attributes and their values.
        recipe: sizes and losses.
        pretrained: begin with torchvision's ImageNet weights, which it fetches on first use; not for the small trunk.
    """

    def __init__(
        self, schema: AttributeSchema, recipe: EncoderRecipe | None = None, *, pretrained: bool = False
    ) -> None:
        super().__init__()
        self.schema = schema
        self.recipe = recipe or EncoderRecipe()
        self.trunk = build_trunk(self.recipe.trunk, self.recipe.widths, pretrained=pretrained)
        self.heads = AttributeHeads(schema.A, self.trunk.features, self.recipe.hidden, self.recipe.d)
        self.predictor = AttributePredictor(schema, self.recipe.d)
        self.begin_epoch(0)

    def forward(self, images: Tensor) -> Tensor:
        """Images in [0, 1], float (N, 3, H, W), to embeddings r, float (N, A, d)."""
        features = self.trunk(images)
        with torch.autocast(features.device.type, enabled=False):
            # Distances between embeddings decide the ranking: bf16 has too few digits for them.
            embeddings: Tensor = self.heads(features)
        return embeddings

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms that training adds up, for images in [0, 1] (N, 3, H, W) and label codes (N, A).

        With several processes, those of the images of all.
        """
        # Also for the classification: a process with more missing labels than another must not weigh its images more.
        recipe, embeddings, labels = self.recipe, gathered(self(images)), gathered(labels)
        logits = self.predictor(embeddings)
        entropy = attribute_cross_entropy(logits, labels, self.schema.sizes, recipe.smoothing)
        terms = {"classification": recipe.classification * entropy}
        if recipe.contrast:
            terms["contrast"] = recipe.contrast * label_contrast(embeddings, labels)
        if recipe.label:
            whole = F.normalize(embeddings.flatten(1))
            terms["label"] = recipe.label * label_triplet(whole, labels, self.margin, recipe.missing)
        if recipe.local:
            blocks = F.normalize(embeddings, dim=2)
            terms["local"] = recipe.local * local_label_triplet(blocks, labels, self.margin, recipe.missing)
        return terms

    def begin_epoch(self, epoch: int) -> None:
        """The margin of the label triplets grows with the epochs, counted from 0."""
        self.margin = margin_at(epoch)

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Weights decay, biases and normalisation scales do not."""
        return decay_groups(self.parameters(), weight_decay)

    def embed(self, images: Tensor) -> Tensor:
        """Embeddings of stored images, uint8 (N, 3, H, W) -> float32 (N, A, d) on the CPU.

        Each is the mean over the image and its mirror image, which no attribute can tell apart.
        """
        return mirrored_mean(self, images, self)

    @torch.no_grad()
    def predict(self, embeddings: Tensor) -> Tensor:
        """Class probabilities of embeddings (N, A, d): float (N, J), each attribute's block sums to 1."""
        logits = self.predictor(embeddings.to(self.predictor.weight)).cpu()  # stored ones may be float16
        return torch.cat([block.softmax(1) for block in torch.split(logits, list(self.schema.sizes), dim=1)], dim=1)

    def classify(self, embeddings: Tensor) -> Tensor:
        """The most probable value of each attribute: embeddings (N, A, d) -> label codes int64 (N, A)."""
        return self.schema.most_probable(self.predict(embeddings))


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
