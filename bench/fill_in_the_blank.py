"""Fill in the blank on the Wardrobe: ADDE-O trained here and now on one seed, all seeds and all rivals from the record.

Four options of the same category, each wrong one breaking a rule with what is given; chance is a quarter. A seed that
comes out other than its row in data/results/outfits.json is an error, not a figure.
"""

import time
from collections.abc import Mapping

import pandas as pd

from adde_lite.data.outfits import RULE_BOOK
from adde_lite.studies.outfit_run import OutfitRun
from adde_lite.studies.outfits import MAIN, SIAMESE, STUDY, runs
from adde_lite.studies.record import recorded
from bench.figure import Figure

MEASURES = (
    "FITB, same category",
    "FITB, one rule broken",
    "FITB, random",
    "AUC, same category",
    "recall@10",
)
SAME = 0.03  # between two machines: other kernels round otherwise, and training carries it on


def measure() -> Figure:
    every = runs()
    record = recorded(STUDY, every)
    first = next(run for run in every if run.name["model"] == MAIN)
    return compare(first, record)


def compare(run: OutfitRun, record: pd.DataFrame) -> Figure:
    """The figure of one run made now and of the recorded rows of all models and seeds, its own among them.

    Raises:
        AssertionError: the run is not the one of the record.
    """
    run.prepare()  # garments and their embeddings, which are no part of the figure
    started = time.process_time()
    live = run.measure()
    seconds = time.process_time() - started
    main = record[record["model"] == MAIN]
    rows = {str(model): _over_seeds(of) for model, of in record.groupby("model", sort=False)}
    _check(live, main[main["seed"] == run.seed].iloc[0])
    accuracy = {model: row[MEASURES[0]] for model, row in rows.items()}
    return Figure(
        value=accuracy[MAIN],
        baseline=accuracy[SIAMESE],
        baseline_is="a siamese net that knows no categories",
        unit="share of same-category questions right, mean of 3 seeds",
        cost=False,
        cpu_seconds=seconds,
        seed=run.seed,
        facts={
            "chance": accuracy["chance"],
            "rule_oracle": accuracy["rule oracle"],
            "kappa_finds_the_attribute": {
                "mean": float(main["kappa"].mean()),
                "least seed": float(main["kappa"].min()),
            },
            "pairs_won_by_rule": {str(rule): float(main[str(rule)].mean()) for rule in RULE_BOOK.rules},
            "live": {measure: live[measure] for measure in MEASURES},
            "seeds_from_the_record": sorted(set(record["seed"].tolist())),
            "seed_measured_live": run.seed,
        },
        rows=rows,
    )


def _over_seeds(of_model: pd.DataFrame) -> dict[str, float]:
    """Means over seeds, and for the first measure the least and the most."""
    first = of_model[MEASURES[0]]
    means = {measure: float(of_model[measure].mean()) for measure in MEASURES}
    return means | {"least seed": float(first.min()), "most seed": float(first.max())}


def _check(live: Mapping[str, float], expected: Mapping[str, float]) -> None:
    for measure in MEASURES:
        if abs(live[measure] - expected[measure]) > SAME:
            raise AssertionError(f"{measure}: {live[measure]:.3f} now, {expected[measure]:.3f} in the record")
