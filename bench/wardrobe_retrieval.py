"""ADDE-M on the Wardrobe beside every other way to answer: one seed trained here and now, all three from the record.

The gallery holds exact answers and near misses: every garment in six versions, most of them one edit apart. A seed that
comes out other than its row in data/results/retrieval.json is an error, not a figure.
"""

import time
from collections.abc import Mapping

import pandas as pd

from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.retrieval.answers import Answers
from adde_lite.studies.record import recorded
from adde_lite.studies.retrieval import MAIN, STUDY, runs
from adde_lite.studies.retrieval_record import RetrievalRecord
from adde_lite.studies.retrieval_run import COMPARED, RetrievalRun, answered
from bench.figure import Figure

ADDE_M, BEFORE_STAGE_3 = "residual", "mean_memory"
MEASURES = ("top_1", "top_10", "ndcg_target")
AHEAD = ("top_1", "ndcg_target")
SAME = 0.03  # between two machines: other kernels round otherwise, and training carries it on


def measure() -> Figure:
    course = [run for run in runs() if run.recipe == WARDROBE_STAGES]
    record = recorded(STUDY, course)
    return compare(course[0], record)


def compare(run: RetrievalRun, record: pd.DataFrame) -> Figure:
    """The figure of one run made now and of the recorded rows of all seeds, its own among them.

    Raises:
        AssertionError: the run is not the one of the record.
    """
    only = RetrievalRun(run.name, run.recipe, run.seed, {MAIN: run.settings[MAIN]})
    only.prepare()  # garments and the encoder of the course, which are no part of the figure
    started = time.process_time()
    answers, weights = answered_now(only)
    seconds = time.process_time() - started
    live = answers.means()
    _check(live, record[record["seed"] == run.seed].iloc[0])
    rows = _table(answers, record)
    target = {row: rows[f"{row}, ndcg_target"]["mean"] for row in live}
    return Figure(
        value=target[ADDE_M],
        baseline=target[BEFORE_STAGE_3],
        baseline_is="the mean memory: the same edits before stage 3",
        unit="NDCG_target, mean of 3 seeds",
        cost=False,
        cpu_seconds=seconds,
        seed=run.seed,
        facts={
            "unedited": target["unedited"],
            "weights": weights,
            "queries": len(answers.reference),
            "seeds_from_the_record": record["seed"].tolist(),
            "seed_measured_live": run.seed,
            "ahead": {measure: _ahead(record, measure) for measure in AHEAD},
        },
        rows=rows,
    )


def answered_now(run: RetrievalRun) -> tuple[Answers, dict[str, float]]:
    """Stage 3 of a run, weights chosen on garments kept aside, and the answers in its main setting."""
    trained, setting = run.trained(progress=False), run.settings[MAIN]
    weights = trained.weights(progress=False)
    images = setting.drawer.images(progress=False)
    return answered(*trained.stages(images), setting.queries(images), weights), weights


def _table(answers: Answers, record: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Row and measure -> over seeds the mean, the least and the most; of this run its value and bootstrap interval."""
    means, intervals = answers.means(), answers.intervals()
    table = {}
    for measure in MEASURES:
        for row in means:
            seeds = record[f"{MAIN}, {row}, {measure}"]
            interval = intervals[row][measure]
            table[f"{row}, {measure}"] = {
                "mean": float(seeds.mean()),
                "least seed": float(seeds.min()),
                "most seed": float(seeds.max()),
                "live": means[row][measure],
                "live low": interval.low,
                "live high": interval.high,
            }
    return table


def _ahead(record: pd.DataFrame, measure: str) -> dict[str, dict[str, float]]:
    """By how much one row is ahead of another: mean over seeds, lowest and highest end of any seed's interval."""
    seeds = RetrievalRecord(record)
    return {f"{row} - {other}": seeds.gap(row, other, measure)._asdict() for row, other in COMPARED}


def _check(live: Mapping[str, Mapping[str, float]], expected: Mapping[str, float]) -> None:
    for row, means in live.items():
        for measure in MEASURES:
            told = expected[f"{MAIN}, {row}, {measure}"]
            if abs(means[measure] - told) > SAME:
                raise AssertionError(f"{row}, {measure}: {means[measure]:.3f} now, {told:.3f} in the record")
