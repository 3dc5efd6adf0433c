"""Similar in what? ADDE-C beside CSN with learned and with fixed masks, a plain triplet net, and one net an attribute.

All have the same trunk with the same first weights, see the same garments as often, and draw their triplets alike:
in each batch one positive and one negative for each garment and each of six attributes. Nets of a single attribute are
six, each of which sees all garments. None starts from weights that were trained elsewhere.

All compare vectors of length one, which CSN as published does not: it serves each of them, and runs this short cannot
make up for its absence. Masks learn faster than weights for the same reason. CSN without both is there as well. The
paper does not say whether ADDE-C goes on learning to classify: with that loss it is told the values themselves, which
no other model is, so it has a row of its own.
"""

from dataclasses import replace

from adde_lite.models.conditional import MaskedRecipe, OneSpaceRecipe, SubspaceRecipe
from adde_lite.studies.conditional_run import EmbedderRun, SpaceRecipe
from adde_lite.training import TrainingRecipe

STUDY = "conditional"
SEEDS = (0, 1, 2)
PLAIN, SEPARATE = "plain triplet net", "one net each"
ADDE, CLASSIFIED = "ADDE-C", "ADDE-C, told the values"
FIXED, LEARNED, PUBLISHED = "CSN, fixed masks", "CSN, learned masks", "CSN, as published"
WIDTHS = (16, 32, 64, 96)

TRAINING = TrainingRecipe(epochs=7, learning_rate=4e-3, bf16=False)
OWN_RATE = {PLAIN: 1.5e-3}
"""Peak rates, the best of those tried on garments of seeds 5 and 6, which train and judge nothing here."""

MODELS: dict[str, SpaceRecipe] = {
    PLAIN: OneSpaceRecipe(widths=WIDTHS, normalised=True, examples="images"),
    PUBLISHED: MaskedRecipe(widths=WIDTHS, examples="images"),
    FIXED: MaskedRecipe(widths=WIDTHS, masks="fixed", normalised=True, examples="images"),
    LEARNED: MaskedRecipe(widths=WIDTHS, normalised=True, mask_rate=3e-2, examples="images"),
    ADDE: SubspaceRecipe(widths=WIDTHS, examples="images"),
    CLASSIFIED: SubspaceRecipe(widths=WIDTHS, classification=0.3, examples="images"),
    SEPARATE: OneSpaceRecipe(widths=WIDTHS, normalised=True, examples="images"),
}


def training(model: str) -> TrainingRecipe:
    """How a model is trained."""
    return replace(TRAINING, learning_rate=OWN_RATE.get(model, TRAINING.learning_rate))


def run(model: str, seed: int, *, epochs: int | None = None) -> EmbedderRun:
    """One run of the study; with another number of `epochs` it is no longer the one that is recorded."""
    name: dict[str, str | float] = {"model": model, "seed": seed}
    recipe = training(model) if epochs is None else replace(training(model), epochs=epochs)
    return EmbedderRun(name, MODELS[model], recipe, seed, separate=model == SEPARATE)


def runs() -> list[EmbedderRun]:
    """All runs of the study, the longest last."""
    return [run(model, seed) for model in MODELS for seed in SEEDS]
