"""ADDE-C (Hou et al., ICCV 2021, supplementary): conditional similarity by attribute-driven subspaces.

Symbols: r_c = phi_c(g(x)) in R^d, the block of attribute c as in `AttributeEncoder`; the distance under condition c is
|r_c(x) - r_c(y)|, and L = max(0, D_c(i, j) - D_c(i, l) + m) with m = 0.2, over triplets of one condition each.

The paper does not state two things, so both are arguments here: whether r_c has length 1 when it is compared, and
whether the classification loss of the encoder stays on while triplets are learned. By default r_c has length 1, as in
the losses of stage 1, and the classification loss is off: the other models of conditional similarity see no values
either, only which of two garments is alike.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.losses import attribute_cross_entropy, conditional_triplet
from adde_lite.models.adde.encoder import AttributeHeads, AttributePredictor
from adde_lite.models.conditional.embedder import ConditionalEmbedder, whole_batch
from adde_lite.models.trunks import Trunk, build_trunk
from adde_lite.sampling.in_batch import Examples, batch_triplets


@dataclass(frozen=True)
class SubspaceRecipe:
    """What `Subspaces` are made of and what they minimise. The paper's: `trunk="resnet18"`, margin 0.2.

    Args:
        trunk: as in `build_trunk`.
        widths: channels of the four blocks of the small trunk.
        hidden: width of the hidden layer of each head.
        d: dimensions of a subspace.
        margin: m of the triplet loss.
        normalised: r_c has length 1 when it is compared.
        classification: weight of the cross-entropy of a linear predictor on each block; 0 leaves it out.
        examples: what a batch holds: "triplets" that were listed, or "images", among which they are drawn.
    """

    trunk: Trunk = "small"
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    hidden: int = 64
    d: int = 32
    margin: float = 0.2
    normalised: bool = True
    classification: float = 0.0
    examples: Examples = "triplets"


class Subspaces(ConditionalEmbedder):
    """Images to A blocks, one a condition.

    Args:
        schema: the attributes, each of which is a condition.
        recipe: sizes and losses.
        pretrained: begin with torchvision's ImageNet weights, which it fetches on first use; not for the small trunk.
    """

    def __init__(
        self, schema: AttributeSchema, recipe: SubspaceRecipe | None = None, *, pretrained: bool = False
    ) -> None:
        self.recipe = recipe or SubspaceRecipe()
        super().__init__(schema, normalised=self.recipe.normalised)
        self.trunk = build_trunk(self.recipe.trunk, self.recipe.widths, pretrained=pretrained)
        self.heads = AttributeHeads(schema.A, self.trunk.features, self.recipe.hidden, self.recipe.d)
        self.predictor = AttributePredictor(schema, self.recipe.d) if self.recipe.classification else None

    def features(self, images: Tensor) -> Tensor:
        """r, float (N, A, d)."""
        features = self.trunk(images)
        with torch.autocast(features.device.type, enabled=False):
            # Distances between embeddings decide the ranking: bf16 has too few digits for them.
            blocks: Tensor = self.heads(features)
        return blocks

    def placed(self, features: Tensor) -> Tensor:
        return features

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms to add up. Arguments: `OneSpace.loss`."""
        recipe = self.recipe
        blocks, labels = (whole_batch(part, recipe.examples) for part in (self.features(images), labels))
        rows, condition = batch_triplets(labels, recipe.examples)
        terms = {"triplet": conditional_triplet(self.scaled(blocks), rows, condition, recipe.margin)}
        if self.predictor is not None:
            entropy = attribute_cross_entropy(self.predictor(blocks), labels, self.schema.sizes)
            terms["classification"] = recipe.classification * entropy
        return terms
