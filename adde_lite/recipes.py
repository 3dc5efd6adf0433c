"""The recipes that the course and its figures train by: a name for each encoder and how it is trained.

Chosen on held-out parts of the training split, never on a test split.
"""

from dataclasses import dataclass, field

from adde_lite.augmentation import Augmentation
from adde_lite.models.adde import EncoderRecipe
from adde_lite.training import TrainingRecipe


@dataclass(frozen=True)
class Recipe:
    """An encoder and its training."""

    model: EncoderRecipe = field(default_factory=EncoderRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)


WARDROBE = Recipe(
    EncoderRecipe(widths=(24, 48, 96, 192), hidden=64, d=32, contrast=0.3),
    TrainingRecipe(epochs=10),
)
FASHION_PRODUCTS = Recipe(training=TrainingRecipe(epochs=32, augmentation=Augmentation(zoom=0.1)))
PHOTOS_QUICK = Recipe(EncoderRecipe(widths=(16, 32, 64, 128), hidden=64, d=32), TrainingRecipe(epochs=4))
SHOPPING_MINI = Recipe(EncoderRecipe(widths=(16, 32, 64, 192), contrast=0.3), TrainingRecipe(epochs=5))
