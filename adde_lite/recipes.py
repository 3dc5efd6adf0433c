"""The recipes that the course and its figures train by: a name for each encoder and how it is trained.

Chosen on held-out parts of the training split, never on a test split.
"""

from dataclasses import dataclass, field

from adde_lite.augmentation import Augmentation
from adde_lite.models.adde import EncoderRecipe, ManipulationRecipe
from adde_lite.training import TrainingRecipe


@dataclass(frozen=True)
class Recipe:
    """An encoder and its training."""

    model: EncoderRecipe = field(default_factory=EncoderRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)


@dataclass(frozen=True)
class ThreeStages:
    """ADDE-M: attribute prediction, memory of class means, joint training on triplets of edits.

    Args:
        encoder: stage 1.
        manipulation: the losses of stage 3.
        training: stage 3, an example being a triplet.
        triplets: how many are drawn from the labels.
        edits: how many attributes each of them changes; several numbers share the triplets evenly.
    """

    encoder: Recipe
    manipulation: ManipulationRecipe = field(default_factory=ManipulationRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)
    triplets: int = 5_000
    edits: tuple[int, ...] = (1,)


WARDROBE = Recipe(
    EncoderRecipe(widths=(24, 48, 96, 192), hidden=64, d=32, contrast=0.3),
    TrainingRecipe(epochs=10),
)
WARDROBE_STAGES = ThreeStages(
    WARDROBE,
    ManipulationRecipe(rows="class", rate=3e-4),
    TrainingRecipe(epochs=4, learning_rate=5e-3),
    triplets=1_280,
    edits=(1, 2, 3),
)
"""The losses and weights of the paper, on the encoder of the course. What differs: garments one edit apart are mostly
those with few attributes, so triplets of two and three edits stand beside them; the encoder learns more slowly than the
memory; a missing label says "does not apply", so that whole rows may be compared by it."""
FASHION_PRODUCTS = Recipe(training=TrainingRecipe(epochs=32, augmentation=Augmentation(zoom=0.1)))
PHOTOS_QUICK = Recipe(EncoderRecipe(widths=(16, 32, 64, 128), hidden=64, d=32), TrainingRecipe(epochs=4))
SHOPPING_MINI = Recipe(EncoderRecipe(widths=(16, 32, 64, 192), contrast=0.3), TrainingRecipe(epochs=5))

_SUPPLEMENTARY = TrainingRecipe(
    epochs=30,
    batch_size=128,
    learning_rate=1e-4,
    weight_decay=0.0,
    halvings=(20,),
    bf16=False,
    augmentation=Augmentation(shift=0),
)
PAPER = ThreeStages(
    Recipe(
        EncoderRecipe(trunk="alexnet", hidden=340, d=340, classification=0.2, contrast=0.0, label=1.0, local=0.2),
        _SUPPLEMENTARY,
    ),
    training=_SUPPLEMENTARY,
    triplets=108_333,
)
"""The paper's three stages for Shopping100k at 224 px, from ImageNet weights: losses, rates and margins of the
supplementary, the number of triplets of the public code. Missing labels are masked."""
