"""Rows of 12 labels numbered so that equal rows have equal numbers, beside hashing the text of every row."""

import time

import torch

from adde_lite.losses import label_groups
from bench.figure import Figure
from bench.literal_triplet import literal_groups

BATCHES = (192, 384)  # of three sides: 64 triplets, and the 128 of the paper
ATTRIBUTES, VALUES = 12, 10
TRIES = 5


def measure() -> Figure:
    generator = torch.Generator().manual_seed(0)
    rows = {}
    for batch in BATCHES:
        labels = torch.randint(-1, VALUES, (batch // 2, ATTRIBUTES), generator=generator).repeat(2, 1)
        ours, literal = [], []
        for _ in range(TRIES):
            started = time.process_time()
            groups = label_groups(labels)
            between = time.process_time()
            expected = literal_groups(labels)
            ours.append(between - started)
            literal.append(time.process_time() - between)
        if not torch.equal(groups[:, None] == groups, expected[:, None] == expected):
            raise AssertionError(f"groups of {batch} rows are not those of the literal form")
        rows[f"{batch} rows"] = {"ours_ms": 1e3 * min(ours), "literal_ms": 1e3 * min(literal)}
    most = rows[f"{BATCHES[-1]} rows"]
    return Figure(
        value=most["ours_ms"],
        baseline=most["literal_ms"],
        baseline_is="a hash of the text of each row",
        unit=f"CPU-ms for {BATCHES[-1]} x {ATTRIBUTES} labels",
        cost=True,
        cpu_seconds=most["ours_ms"] / 1e3,
        rows={name: row | {"ratio": row["literal_ms"] / row["ours_ms"]} for name, row in rows.items()},
    )
