"""The plain triplet net: one space for all conditions, which is told of none.

Symbols: f(x) in R^d. L = max(0, |f(i) - f(j)| - |f(i) - f(l)| + m) + lambda_W |f|, for a triplet whose i and j are
alike in something. What that was plays no part: it is the baseline of Conditional Similarity Networks.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from adde_lite.attributes import AttributeSchema
from adde_lite.losses import conditional_triplet
from adde_lite.models.conditional.embedder import ConditionalEmbedder, whole_batch
from adde_lite.models.trunks import Trunk, build_trunk
from adde_lite.sampling.in_batch import Examples, batch_triplets


@dataclass(frozen=True)
class OneSpaceRecipe:
    """What a `OneSpace` is made of and what it minimises.

    Args:
        trunk: as in `build_trunk`.
        widths: channels of the four blocks of the small trunk.
        d: dimensions of the space.
        margin: m of the triplet loss.
        embedding_penalty: lambda_W, see `embedding_norm`.
        normalised: f has length 1.
        examples: what a batch holds: "triplets" that were listed, or "images", among which they are drawn.
    """

    trunk: Trunk = "small"
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    d: int = 64
    margin: float = 0.2
    embedding_penalty: float = 5e-3
    normalised: bool = False
    examples: Examples = "triplets"


class OneSpace(ConditionalEmbedder):
    """Images to one vector, the same for every condition.

    Args:
        schema: the attributes that triplets come from.
        recipe: sizes and losses.
        pretrained: begin with torchvision's ImageNet weights, which it fetches on first use; not for the small trunk.
    """

    def __init__(
        self, schema: AttributeSchema, recipe: OneSpaceRecipe | None = None, *, pretrained: bool = False
    ) -> None:
        self.recipe = recipe or OneSpaceRecipe()
        super().__init__(schema, normalised=self.recipe.normalised)
        self.trunk = build_trunk(self.recipe.trunk, self.recipe.widths, pretrained=pretrained)
        self.last = nn.Linear(self.trunk.features, self.recipe.d)

    def features(self, images: Tensor) -> Tensor:
        """f, float (N, d)."""
        features = self.trunk(images)
        with torch.autocast(features.device.type, enabled=False):
            space: Tensor = self.last(features)
        return space

    def placed(self, features: Tensor) -> Tensor:
        return features[:, None].expand(-1, self.schema.A, -1)

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms to add up.

        Args:
            images: float in [0, 1]; (3B, 3, H, W) for B triplets, anchors, then positives, then negatives; or
                (B, 3, H, W) for a recipe of images.
            labels: int64 (3B, A) or (B, A), -1 where hidden or missing.

        With several processes, those of the triplets of all.
        """
        recipe = self.recipe
        space = whole_batch(self.features(images), recipe.examples)
        rows, condition = batch_triplets(whole_batch(labels, recipe.examples), recipe.examples)
        triplet = conditional_triplet(self.scaled(self.placed(space)), rows, condition, recipe.margin)
        return {"triplet": triplet, "embedding": recipe.embedding_penalty * embedding_norm(space)}


def embedding_norm(space: Tensor) -> Tensor:
    """|f| of the penalty: that of a whole batch, f (N, d), divided by sqrt(N), as in the code of CSN's authors.

    It is the root mean square of the lengths, so it does not grow with the batch.
    """
    norm: Tensor = space.norm() / len(space) ** 0.5
    return norm
