"""ADDE-M, stage 3: encoder and memory trained together on edits (Hou et al., ICCV 2021, Sec. 3.2; supplementary eq. 1).

A triplet is a query q, a positive p that shows what an edit of q asks for, and a negative n; v are their labels as
one-hots, r their embeddings, i = v_p - v_q, r' = r_q + M i, and ~ scales a whole embedding to length 1.

    L = 0.2 L_cls + 1.0 L_c + 1.0 L_ct + 1.0 L_lt + 0.4 L_mem
    L_cls  cross-entropy of r_q, r_p, r_n with their labels, and of r' with those of p
    L_c    |M v_p - r'| + |M v_q - r_q| + |M v_n - r_n|
    L_ct   triplet r'~, r_p~, r_n~
    L_lt   label triplet of r_q~, r'~ (with the labels of p), r_n~; the image p is not in it
    L_mem  what M holds outside its blocks
"""

from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.distributed import gathered
from adde_lite.losses import (
    LossWeights,
    Missing,
    attribute_cross_entropy,
    compositional_triplet,
    consistency,
    label_triplet,
    margin_at,
    memory_block,
)
from adde_lite.models.adde.encoder import AttributeEncoder, EncoderRecipe
from adde_lite.models.adde.memory import PrototypeMemory
from adde_lite.sampling.in_batch import check_batch


@dataclass(frozen=True)
class ManipulationRecipe:
    """What stage 3 minimises.

    Args:
        weights: of the five losses; 0 leaves one out.
        missing: "mask" leaves missing labels out of every loss; "class" does as the public code does.
        rows: the same for the label triplet, which compares whole rows: masked, a row with a single missing label has
            no say. "class" suits data where -1 says that an attribute does not apply.
        rate: peak learning rate of the encoder; None takes that of the training recipe, which is the memory's.
    """

    weights: LossWeights = field(default_factory=LossWeights)
    missing: Missing = "mask"
    rows: Missing = "mask"
    rate: float | None = None


@dataclass(frozen=True)
class JointRecipe:
    """What decides a manipulator beside its first weights."""

    encoder: EncoderRecipe
    manipulation: ManipulationRecipe


class AttributeManipulator(nn.Module):
    """An encoder and a memory, trained by the losses of edits.

    Args:
        encoder: as stage 1 left it.
        memory: as stage 2 made it.
        recipe: the losses.
    """

    def __init__(
        self, encoder: AttributeEncoder, memory: PrototypeMemory, recipe: ManipulationRecipe | None = None
    ) -> None:
        super().__init__()
        self.schema, self.encoder, self.memory = encoder.schema, encoder, memory
        self.recipe = JointRecipe(encoder.recipe, recipe or ManipulationRecipe())
        self.begin_epoch(0)

    @property
    def resting_weights(self) -> bool:
        """Without the classification loss the predictor gets no gradient; `train` wants to know."""
        return not self.recipe.manipulation.weights.classification

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The weighted terms for B triplets: queries first, then positives, then negatives.

        Args:
            images: float (3B, 3, H, W) in [0, 1].
            labels: int64 (3B, A), -1 where missing.

        With several processes, those of the triplets of all.
        """
        check_batch(len(images), "triplets")
        # Joined role by role: first the queries of all processes, then the positives of all, then the negatives.
        embeddings, labels = (
            gathered(rows.unflatten(0, (3, -1)), dim=1).flatten(0, 1) for rows in (self.encoder(images), labels)
        )
        hot = self.memory.one_hot(labels)
        v_q, v_p, _ = hot.chunk(3)
        return self.terms(embeddings, labels, hot, v_p - v_q)

    def terms(self, embeddings: Tensor, labels: Tensor, hot: Tensor, indicator: Tensor) -> dict[str, Tensor]:
        """The same from embeddings; the public split states labels, one-hots and indicators in files of their own.

        Args:
            embeddings: (3B, A, d).
            labels: int64 (3B, A).
            hot: v, float (3B, J).
            indicator: i, float (B, J).
        """
        recipe, sizes = self.recipe.manipulation, self.schema.sizes
        r_q, r_p, r_n = embeddings.chunk(3)
        v_q, v_p, v_n = hot.chunk(3)
        of_q, of_p, of_n = labels.chunk(3)
        r_edited = r_q + self.memory(indicator)

        said = ((r_q, of_q), (r_p, of_p), (r_n, of_n), (r_edited, of_p))
        entropies = [
            attribute_cross_entropy(self.encoder.predictor(r), codes, sizes, missing=recipe.missing)
            for r, codes in said
        ]
        memory_says = [self.memory(v).flatten(1) for v in (v_p, v_q, v_n)]
        images_say = [r.flatten(1) for r in (r_edited, r_q, r_n)]
        known = torch.stack([of_p, of_q, of_n]) if recipe.missing == "mask" else None
        query, positive, negative, edited = (F.normalize(r.flatten(1)) for r in (r_q, r_p, r_n, r_edited))
        compared = torch.cat([query, edited, negative])
        terms = {
            "classification": torch.stack(entropies).sum(),
            "consistency": consistency(memory_says, images_say, known),
            "compositional": compositional_triplet(edited, positive, negative, self.margin),
            "label": label_triplet(compared, torch.cat([of_q, of_p, of_n]), self.margin, recipe.rows),
            "memory": memory_block(self.memory),
        }
        return {name: weight * terms[name] for name, weight in asdict(recipe.weights).items() if weight}

    def begin_epoch(self, epoch: int) -> None:
        """The margin of both triplet losses grows with the epochs, counted from 0."""
        self.margin = margin_at(epoch)

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """The encoder's groups, at its own rate if it has one, and the memory: its scale is the images', no decay."""
        rate = self.recipe.manipulation.rate
        own: dict[str, object] = {} if rate is None else {"lr": rate}
        groups = [group | own for group in self.encoder.parameter_groups(weight_decay)]
        return [*groups, {"params": [self.memory.weight], "weight_decay": 0.0}]
