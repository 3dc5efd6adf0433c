"""Similar in what? ADDE-C beside CSN with learned and with fixed masks, a plain triplet net, and one net an attribute.

All have the same trunk with the same first weights, see the same garments as often, and draw their triplets alike:
in each batch one positive and one negative for each garment and each of six attributes. Nets of a single attribute are
six, each of which sees all garments. None starts from weights that were trained elsewhere.
"""

from adde_lite.models.conditional import MaskedRecipe, OneSpaceRecipe, SubspaceRecipe
from adde_lite.studies.conditional_run import EmbedderRun, SpaceRecipe
from adde_lite.training import TrainingRecipe

STUDY = "conditional"
SEEDS = (0, 1, 2)
PLAIN, FIXED, LEARNED, SEPARATE, ADDE = "plain triplet net", "CSN, fixed", "CSN, learned", "one net each", "ADDE-C"
WIDTHS = (16, 32, 64, 96)
EPOCHS = 8

MODELS: dict[str, SpaceRecipe] = {
    PLAIN: OneSpaceRecipe(widths=WIDTHS, examples="images"),
    FIXED: MaskedRecipe(widths=WIDTHS, masks="fixed", examples="images"),
    LEARNED: MaskedRecipe(widths=WIDTHS, examples="images"),
    SEPARATE: OneSpaceRecipe(widths=WIDTHS, examples="images"),
    ADDE: SubspaceRecipe(widths=WIDTHS, examples="images"),
}
RATES = dict.fromkeys(MODELS, 4e-3)
"""Peak learning rates, each chosen for its model on garments of seeds 5 and 6."""


def training(model: str) -> TrainingRecipe:
    """How a model is trained."""
    return TrainingRecipe(epochs=EPOCHS, learning_rate=RATES[model], bf16=False)


def run(model: str, seed: int) -> EmbedderRun:
    """One run of the study."""
    name = {"model": model, "seed": seed}
    return EmbedderRun(name, MODELS[model], training(model), seed, separate=model == SEPARATE)


def runs() -> list[EmbedderRun]:
    """All runs of the study, the shortest first."""
    return [run(model, seed) for model in sorted(MODELS, key=lambda model: model == SEPARATE) for seed in SEEDS]
