"""Rendering 10,000 Wardrobe images of 64 px, and loading them again."""

import os
import resource
import tempfile
import time

import torch

from adde_lite.data.wardrobe import wardrobe
from bench.figure import Figure

COUNT, ALLOWED_CPU_SECONDS = 10_000, 120.0


def measure() -> Figure:
    before = os.environ.get("ADDE_LITE_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADDE_LITE_CACHE"] = folder
        try:
            started = _cpu_seconds()
            drawn = wardrobe(COUNT, seed=0)
            rendering = _cpu_seconds() - started
            loads = []
            for _ in range(5):
                began = time.perf_counter()
                loaded = wardrobe(COUNT, seed=0)
                loads.append(time.perf_counter() - began)
        finally:
            del os.environ["ADDE_LITE_CACHE"]
            if before is not None:
                os.environ["ADDE_LITE_CACHE"] = before
    if not torch.equal(drawn.images, loaded.images) or not torch.equal(drawn.labels, loaded.labels):
        raise AssertionError("what was loaded is not what was drawn")
    return Figure(
        value=rendering,
        baseline=ALLOWED_CPU_SECONDS,
        baseline_is="what the design allows",
        unit=f"CPU-s for {COUNT:,} images",
        cost=True,
        cpu_seconds=rendering,
        facts={"load_seconds": min(loads), "images_per_cpu_second": COUNT / rendering},
    )


def _cpu_seconds() -> float:
    """User and system time of this process and of the workers it has waited for."""
    own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime
