"""Conditional Similarity Networks (Veit, Belongie, Karaletsos, CVPR 2017): one shared space, one mask a condition.

Symbols: f(x) in R^d the shared space, m_c = ReLU(beta_c) >= 0 the mask of condition c,

    D_c(x, y) = |f(x) o m_c - f(y) o m_c|
    L = max(0, D_c(i, j) - D_c(i, l) + h) + lambda_W |f| + lambda_M |m_c|_1

with h = 0.2, lambda_W = 5e-3 on |f| over a batch divided by sqrt(batch), lambda_M = 5e-4 on the sum of the masks of a
batch divided by batch. Masks are learned from beta ~ N(0.9, 0.7), or fixed: disjoint, of equal width, 0 or 1.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError, unknown
from adde_lite.losses import conditional_triplet
from adde_lite.models.conditional.embedder import ConditionalEmbedder, whole_batch
from adde_lite.models.conditional.one_space import embedding_norm
from adde_lite.models.decay import decay_groups
from adde_lite.models.trunks import Trunk, build_trunk
from adde_lite.sampling.in_batch import Examples, batch_triplets

Masks = Literal["learned", "fixed"]
BETA_MEAN, BETA_STD = 0.9, 0.7
NEAR_ZERO = 0.05


@dataclass(frozen=True)
class MaskedRecipe:
    """What a `MaskedSpace` is made of and what it minimises.

    Args:
        trunk: as in `build_trunk`.
        widths: channels of the four blocks of the small trunk.
        d: dimensions of the shared space.
        masks: "learned", or "fixed": each condition has d / A dimensions for itself, those left over serve none.
        margin: h.
        embedding_penalty, mask_penalty: lambda_W and lambda_M.
        normalised: what a mask leaves of f has length 1; not so in the paper.
        examples: what a batch holds: "triplets" that were listed, or "images", among which they are drawn.
        mask_rate: peak learning rate of the masks; None takes that of the training recipe, as the paper does.
    """

    trunk: Trunk = "small"
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    d: int = 64
    masks: Masks = "learned"
    margin: float = 0.2
    embedding_penalty: float = 5e-3
    mask_penalty: float = 5e-4
    normalised: bool = False
    examples: Examples = "triplets"
    mask_rate: float | None = None


class MaskedSpace(ConditionalEmbedder):
    """Images to one shared vector, seen through the mask of each condition.

    Args:
        schema: the attributes, each of which is a condition.
        recipe: sizes, masks and losses.
        pretrained: begin with torchvision's ImageNet weights, which it fetches on first use; not for the small trunk.

    Raises:
        InputError: fixed masks for more conditions than dimensions, or another kind of masks.
    """

    def __init__(
        self, schema: AttributeSchema, recipe: MaskedRecipe | None = None, *, pretrained: bool = False
    ) -> None:
        self.recipe = recipe or MaskedRecipe()
        if self.recipe.masks not in get_args(Masks):
            raise unknown("recipe", "masks", self.recipe.masks, get_args(Masks))
        super().__init__(schema, normalised=self.recipe.normalised)
        self.trunk = build_trunk(self.recipe.trunk, self.recipe.widths, pretrained=pretrained)
        self.last = nn.Linear(self.trunk.features, self.recipe.d)
        if self.recipe.masks == "learned":
            self.beta = nn.Parameter(BETA_MEAN + BETA_STD * torch.randn(schema.A, self.recipe.d))
        else:
            self.register_buffer("beta", disjoint_masks(schema.A, self.recipe.d))

    @property
    def masks(self) -> Tensor:
        """m, float (A, d), 0 and more."""
        return self.beta.relu()

    def features(self, images: Tensor) -> Tensor:
        """f, float (N, d)."""
        features = self.trunk(images)
        with torch.autocast(features.device.type, enabled=False):
            space: Tensor = self.last(features)
        return space

    def placed(self, features: Tensor) -> Tensor:
        return features[:, None] * self.masks

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms to add up. Arguments: `OneSpace.loss`."""
        recipe = self.recipe
        space = whole_batch(self.features(images), recipe.examples)
        rows, condition = batch_triplets(whole_batch(labels, recipe.examples), recipe.examples)
        terms = {
            "triplet": conditional_triplet(self.scaled(self.placed(space)), rows, condition, recipe.margin),
            "embedding": recipe.embedding_penalty * embedding_norm(space),
        }
        if recipe.masks == "learned":
            used = self.masks.sum(1)[condition]  # once a triplet: a condition counts as often as it is asked
            terms["mask"] = recipe.mask_penalty * used.sum() / max(1, len(used))
        return terms

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Masks do not decay, and learn at their own rate if they have one."""
        if self.recipe.masks == "fixed":
            return super().parameter_groups(weight_decay)
        rate = self.recipe.mask_rate
        own: dict[str, object] = {} if rate is None else {"lr": rate}
        others = (parameter for name, parameter in self.named_parameters() if name != "beta")
        return [*decay_groups(others, weight_decay), {"params": [self.beta], "weight_decay": 0.0} | own]


def disjoint_masks(A: int, d: int) -> Tensor:
    """Fixed masks: float (A, d), 1 on d // A dimensions of one's own, 0 elsewhere.

    Raises:
        InputError: more conditions than dimensions.
    """
    if d < A:
        raise InputError("masks", f"d={d} for {A} conditions", f"at least {A}", "Give the space more dimensions.")
    return nn.functional.pad(torch.eye(A).repeat_interleave(d // A, dim=1), (0, d % A))


def mask_overlap(masks: Tensor) -> Tensor:
    """Cosine between the masks of each two conditions: float (A, d) -> (A, A). 0 shares nothing, 1 is the same mask."""
    directions = nn.functional.normalize(masks, dim=1)
    return directions @ directions.T


def closed_share(masks: Tensor) -> float:
    """Share of mask entries below 0.05: dimensions that a condition does not look at."""
    return float((masks < NEAR_ZERO).float().mean())
