"""What each loss of ADDE-M is for: stage 3 without it, and from a memory that does not begin with the class means.

Every run of a seed begins with the same encoder. Losses, weights and margin are the paper's; rates, length and triplets
were chosen on other garments (seed 5 of the Wardrobe).
"""

from dataclasses import replace

from adde_lite.losses import LossWeights
from adde_lite.recipes import WARDROBE_STAGES, ThreeStages
from adde_lite.studies.manipulation_run import ManipulationRun, Start

STUDY = "ablations"
SEEDS = (0, 1, 2)
FULL, UNTRAINED, NO_STAGE_3 = "all losses", "random memory, untrained", "class means, no stage 3"


def variants() -> dict[str, tuple[ThreeStages, Start]]:
    """Name -> stage 3 and its first memory."""
    whole = LossWeights()
    without = {
        "without classification": replace(whole, classification=0.0),
        "without consistency": replace(whole, consistency=0.0),
        "without compositional triplet": replace(whole, compositional=0.0),
        "without label triplet": replace(whole, label=0.0),
        "without memory loss": replace(whole, memory=0.0),
    }
    no_training = replace(WARDROBE_STAGES, training=replace(WARDROBE_STAGES.training, epochs=0))
    return {
        UNTRAINED: (no_training, "random"),
        NO_STAGE_3: (no_training, "means"),
        FULL: (WARDROBE_STAGES, "means"),
        **{name: (_weighted(weights), "means") for name, weights in without.items()},
        "random start": (WARDROBE_STAGES, "random"),
        "random start, without memory loss": (_weighted(without["without memory loss"]), "random"),
    }


def runs() -> list[ManipulationRun]:
    """All runs of the study."""
    return [
        ManipulationRun({"variant": name, "seed": seed}, recipe, start, seed)
        for name, (recipe, start) in variants().items()
        for seed in SEEDS
    ]


def _weighted(weights: LossWeights) -> ThreeStages:
    return replace(WARDROBE_STAGES, manipulation=replace(WARDROBE_STAGES.manipulation, weights=weights))
