"""Who completes outfits? ADDE-O in four forms, CSA-Net and a siamese net, beside counting, chance and the rule book.

All models stand on the same frozen embeddings and see the same outfits equally often. Rates, length and the number of
negatives were chosen on validation outfits of seed 0.
"""

from dataclasses import replace

from adde_lite.data.outfits import RULE_BOOK
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.models.outfits import ADDEORecipe, Combine, CSANetRecipe, SiameseRecipe
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.studies.outfit_run import Baseline, NetRecipe, OutfitRun
from adde_lite.training.outfits import OutfitTraining

STUDY = "outfits"
SEEDS = (0, 1, 2)
D = WARDROBE_STAGES.encoder.model.d
CATEGORIES = len(WARDROBE.options("category"))
INPUTS = WARDROBE.A * D
BASELINES: tuple[Baseline, ...] = (
    "chance",
    "category popularity",
    "category co-occurrence",
    "label statistics",
    "rule oracle",
)
MAIN, CSA, SIAMESE = "ADDE-O", "CSA-Net", "siamese"
RATE = 5e-3
FASTER = 2e-2  # CSA-Net with the hardest negative alone: at lower rates its masks hardly leave where they began


def models() -> dict[str, tuple[NetRecipe, OutfitTraining]]:
    """Name -> model and training."""
    csa, siamese = CSANetRecipe(INPUTS, CATEGORIES), SiameseRecipe(INPUTS)
    hardest, average = OutfitTraining(learning_rate=RATE), OutfitTraining(learning_rate=RATE, aggregate="mean")
    return {
        MAIN: (adde_o(), hardest),
        f"{MAIN}, sum": (adde_o("sum"), hardest),
        f"{MAIN}, mean": (adde_o(), average),
        f"{MAIN}, sum, mean": (adde_o("sum"), average),
        f"{MAIN}, all attributes": (replace(adde_o(), attributes=WARDROBE.names), hardest),
        CSA: (csa, replace(hardest, learning_rate=FASTER)),
        f"{CSA}, mean": (csa, average),
        SIAMESE: (siamese, hardest),
        f"{SIAMESE}, mean": (siamese, average),
    }


def adde_o(combine: Combine = "concatenate") -> ADDEORecipe:
    """ADDE-O over the attributes that the rule book names."""
    return ADDEORecipe(RULE_BOOK.attributes, CATEGORIES, D, combine)


def run(model: str, seed: int) -> OutfitRun:
    """One run of the study, of a model."""
    recipe, training = models()[model]
    return OutfitRun({"model": model, "seed": seed}, recipe, seed, training)


def runs() -> list[OutfitRun]:
    """All runs of the study, baselines first."""
    counted = [OutfitRun({"model": name, "seed": seed}, name, seed) for name in BASELINES for seed in SEEDS]
    return counted + [run(model, seed) for model in models() for seed in SEEDS]
