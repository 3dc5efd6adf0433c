"""Edits on the small garment set on which the public ADDE code was measured, mean of three training seeds."""

import subprocess
import sys
from statistics import mean

from adde_lite.data.official import official_split
from adde_lite.recipes import SHOPPING_MINI
from bench.figure import ROOT, SHARED, Figure, NotHereError
from bench.retrieval import trial

SEEDS = (0, 1, 2)
PUBLIC_CODE = {"top_10": 0.083, "top_30": 0.206, "cpu_seconds": 185}  # measured once, on the same data


def measure() -> Figure:
    generator = SHARED / "bench" / "shopping_mini.py"
    if not generator.exists():
        raise NotHereError(f"no {generator}; set ADDE_LITE_SHARED")
    folder = ROOT / "build" / "shopping_mini"
    if not (folder / "splits" / "gt_test.txt").exists():
        subprocess.run([sys.executable, generator, "--out", folder, "--seed", "0"], check=True)
    split = official_split(folder / "splits", folder / "img")
    if split.queries is None:
        raise NotHereError(f"no queries in {folder}")
    trials = [trial(SHOPPING_MINI, split.train, split.test, split.test, split.queries, seed=seed) for seed in SEEDS]
    rows = {
        row: {column: mean(each.rows[row][column] for each in trials) for column in columns}
        for row, columns in trials[0].rows.items()
    }
    embedding = rows["embedding"]
    return Figure(
        value=embedding["top_30"],
        baseline=rows["classifier_probability"]["top_30"],
        baseline_is="classifier_probability on the same queries",
        unit="top-30 accuracy",
        cost=False,
        cpu_seconds=max(each.cpu_seconds for each in trials),
        facts={
            "attribute_accuracy": mean(each.mean_accuracy for each in trials),
            "by_seed": [each.rows["embedding"] | {"cpu_seconds": each.cpu_seconds} for each in trials],
            "public_code": PUBLIC_CODE,
        }
        | {name: embedding[name] for name in ("top_1", "top_10", "top_30", "ndcg_target")},
        rows=rows,
    )
