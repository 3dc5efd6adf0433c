"""Every disentanglement metric of one representation: 10 codes, 10,000 rows to learn from, 5,000 to judge by."""

import time

import numpy as np

from adde_lite.metrics.disentanglement import code_grid, metric_table
from bench.figure import Figure
from bench.reference_protocol import ROWS, ROWS_TEST, SIZES, grid_codes, random_factors

ALLOWED_CPU_SECONDS = 10.0
# disentanglement_lib at 86a644d, axis-aligned noisy codes, one thread; its DCI on the first 1,000 and 500 rows only.
PUBLIC_CPU_SECONDS = {
    "MIG": 0.192,
    "SAP": 0.817,
    "SAP continuous": 0.004,
    "IRS": 0.037,
    "modularity and explicitness": 1.366,
    "FactorVAE": 1.81,
    "beta-VAE": 2.92,
    "DCI of 1,000 and 500 rows": 34.042,
}


def measure() -> Figure:
    draw = np.random.default_rng(0)
    source = code_grid(grid_codes(), SIZES)
    factors, factors_test = random_factors(ROWS, draw), random_factors(ROWS_TEST, draw)
    codes, codes_test = source.represent(factors), source.represent(factors_test)
    started = time.process_time()
    table = metric_table(codes, factors, codes_test, factors_test, source=source)
    seconds = time.process_time() - started
    if not all(np.isfinite(score) for score in table.rows.values()):
        raise AssertionError(f"a score is not a number:\n{table}")
    return Figure(
        value=seconds,
        baseline=ALLOWED_CPU_SECONDS,
        baseline_is="what the design allows",
        unit="CPU-s for 14 numbers of one representation",
        cost=True,
        cpu_seconds=seconds,
        facts={
            "dci_model": table.dci.model,
            "scores": table.rows,
            "disentanglement_lib_cpu_seconds": PUBLIC_CPU_SECONDS,
        },
    )
