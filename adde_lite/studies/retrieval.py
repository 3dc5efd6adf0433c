"""What ADDE-M finds, beside chance, baselines and an oracle: several galleries, edits at once, other d.

Weights of edited blocks are chosen on other garments (seed 5 of the Wardrobe), for each run and row alike.
"""

from dataclasses import replace

from adde_lite.recipes import WARDROBE_STAGES, ThreeStages
from adde_lite.studies.retrieval_run import Drawer, RetrievalRun, Setting

STUDY = "retrieval"
SEEDS = (0, 1, 2)
OTHER_D = (8, 128)
MAIN = "near misses"
DRAWER = Drawer()


def settings() -> dict[str, Setting]:
    """By name, the one that the table is about first."""
    return {
        MAIN: Setting(DRAWER),
        "self left out": Setting(DRAWER, exclude_self=True),
        "two edits": Setting(DRAWER, edits=2),
        "three edits": Setting(DRAWER, edits=3),
        "more near misses": Setting(replace(DRAWER, variants=9), exclude_self=True),
        "correlated shop": Setting(replace(DRAWER, correlation=1.0)),
        "gallery x 3": Setting(replace(DRAWER, n=3 * DRAWER.n), references=DRAWER.n),
        "gallery x 6": Setting(replace(DRAWER, n=6 * DRAWER.n), references=DRAWER.n),
        "full grid": Setting(replace(DRAWER, grid=True), exclude_self=True),
    }


def runs() -> list[RetrievalRun]:
    """All runs of the study: everything at the course's d, the main setting at others."""
    d = WARDROBE_STAGES.encoder.model.d
    every = settings()
    main = {MAIN: every[MAIN]}
    return [RetrievalRun({"d": d, "seed": seed}, WARDROBE_STAGES, seed, every) for seed in SEEDS] + [
        RetrievalRun({"d": other, "seed": seed}, _of(other), seed, main) for other in OTHER_D for seed in SEEDS
    ]


def _of(d: int) -> ThreeStages:
    encoder = WARDROBE_STAGES.encoder
    return replace(WARDROBE_STAGES, encoder=replace(encoder, model=replace(encoder.model, d=d)))
