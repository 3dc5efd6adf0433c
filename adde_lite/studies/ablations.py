"""What each loss of ADDE-M is for: stage 3 without it, and from a memory that does not begin with the class means.

Every run of a seed begins with the same encoder. Losses, weights and margin are the paper's; rates, length and triplets
were chosen on other garments (seed 5 of the Wardrobe).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from adde_lite.losses import LossWeights
from adde_lite.recipes import WARDROBE_STAGES, ThreeStages
from adde_lite.studies.manipulation_run import SHOWN, ManipulationRun, Start

if TYPE_CHECKING:
    import pandas as pd

STUDY = "ablations"
SEEDS = (0, 1, 2)
FULL, UNTRAINED, NO_STAGE_3 = "all losses", "random memory, untrained", "class means, no stage 3"
MEASURES = {
    "accuracy": "accuracy",
    "off-block share": "off-block share",
    "new value": "new value, add",
    "others kept": "others kept, add",
    "top 1, add": "residual, top_1",
    "top 1, swap": "embedding, top_1",
}
"""What a table of the study shows: its heading -> the column of the record."""
ANSWERS = {
    "chance": (FULL, "chance"),
    "unedited garment": (FULL, "unedited"),
    "class means, add": (NO_STAGE_3, "residual"),
    "class means, swap": (NO_STAGE_3, "embedding"),
    "all losses, add": (FULL, "residual"),
    "all losses, swap": (FULL, "embedding"),
    "classifier's probabilities": (FULL, "classifier_probability"),
    "label oracle": (FULL, "label_oracle"),
}
"""Ways to answer an edit query: name -> variant and row of the record."""


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


def differences(record: "pd.DataFrame") -> dict[str, dict[str, list[float]]]:
    """What leaving something out changes: measure -> variant -> variant less full recipe, one number a seed.

    Runs of a seed share their encoder, so each is compared with the full run of its own seed.

    Args:
        record: the rows of `runs()`; of those, the variants that begin with class means are compared.
    """
    compared = [name for name, (_, start) in variants().items() if start == "means" and name != FULL]
    changes = {}
    for heading, column in MEASURES.items():
        of_seeds = record.pivot(index="seed", columns="variant", values=column)
        changes[heading] = {name: (of_seeds[name] - of_seeds[FULL]).tolist() for name in compared}
    return changes


def answers(record: "pd.DataFrame") -> "pd.DataFrame":
    """How edit queries were answered, a row an answer of `ANSWERS` and seed.

    Args:
        record: the rows of `runs()`.

    Returns:
        Columns `answer`, `seed` and the measures of a search, each from 0 to 1.
    """
    import pandas as pd  # 0.3 s, which only a reader of a table should pay

    parts = []
    for answer, (variant, row) in ANSWERS.items():
        seeds = record[record["variant"] == variant]
        scores = {measure: seeds[f"{row}, {measure}"] for measure in SHOWN}
        parts.append(pd.DataFrame({"answer": answer, "seed": seeds["seed"], **scores}))
    return pd.concat(parts, ignore_index=True)


def _weighted(weights: LossWeights) -> ThreeStages:
    return replace(WARDROBE_STAGES, manipulation=replace(WARDROBE_STAGES.manipulation, weights=weights))
