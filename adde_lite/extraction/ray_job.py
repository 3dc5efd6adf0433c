"""The same extraction as a Ray Data job: shards are rows of a data set, and the workers of a cluster make them."""

import logging
import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size
from adde_lite.errors import InputError
from adde_lite.extraction.extracted import Extracted
from adde_lite.extraction.plan import Dtype
from adde_lite.extraction.shards import Job, make_shards
from adde_lite.extraction.work import Damaged, Work, begin, shown, warn_of_damaged
from adde_lite.models.fingerprint import Embeds
from adde_lite.training.hardware import working_on

STORE_BYTES = 256 * 2**20  # Ray's own share of memory; beside this job's small rows it holds the model


def extract_with_ray(
    model: Embeds,
    images: str | Path,
    out: str | Path,
    *,
    size: Size = 64,
    fit: Fit = "pad",
    shard_size: int = 5_000,
    dtype: Dtype = "float32",
    workers: int = 1,
    cpus: float = 1,
    gpus: float = 0,
    damaged: Damaged = "error",
    progress: bool = True,
) -> Extracted:
    """As `extract`, by the workers of a Ray cluster. The files are those that `extract` writes on such a machine.

    A cluster that this process is connected to, or that runs on this machine (`ray start`, RAY_ADDRESS), does the work;
    without one, Ray is started here and stopped in the end. `images` and `out` must be the same folders on all machines
    of the cluster, and this package installed there.

    Args:
        model, images, out, size, fit, shard_size, dtype, damaged, progress: as `extract`.
        workers: how many at a time, each with a model and a shard of its own.
        cpus: cores that each worker asks for.
        gpus: GPUs that each worker asks for; with 0 the model runs on the CPU.

    Raises:
        InputError: as `extract`; Ray is not installed, or the workers ask for more than there is.
        OSError: a shard cannot be written.
    """
    ray = _imported_ray()
    if workers < 1 or cpus <= 0 or gpus < 0:
        given = f"{workers} workers of {cpus} cores and {gpus} GPUs"
        raise InputError("extract_with_ray", given, "one worker or more, of some cores", "Leave cpus at 1.")
    out = Path(out).resolve()  # a worker has a working folder of its own
    with Archive(Path(images).resolve()) as files:
        work = begin(model, files, out, size=size, fit=fit, shard_size=shard_size, dtype=dtype, damaged=damaged)
    skipped = work.damaged
    with shown(work, progress=progress) as bar:
        for row in _made(ray, work, workers, cpus, gpus) if work.missing else ():
            skipped += row["damaged"]
            bar.update(row["images"])
    warn_of_damaged(files.path, skipped)
    return Extracted(out)


def _made(ray: Any, work: Work, workers: int, cpus: float, gpus: float) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """A row for each shard as it comes from a worker: what `Made` says of it."""
    with _cluster(ray, math.ceil(workers * cpus)), _quiet(ray):
        _refuse_too_many(ray, workers, cpus, gpus)
        with working_on("cpu", work.job.model):
            sent = ray.put(work.job)
        shards = ray.data.from_items([{"shard": n} for n in work.missing], override_num_blocks=len(work.missing))
        made = shards.map(
            _Maker,
            fn_constructor_args=[sent, "cuda" if gpus else "cpu", torch.get_num_threads()],
            compute=ray.data.ActorPoolStrategy(size=workers),
            num_cpus=cpus,
            num_gpus=gpus,
        )
        for row in made.iter_rows():
            if row["error"]:
                raise InputError(*row["error"])
            yield row


class _Maker:
    """One worker: the job arrives once, then one shard after another.

    Args:
        sent: Ray's reference of a `Job`.
        device: where its model works.
        threads: of torch; another number may add the same products in another order.
    """

    def __init__(self, sent: Any, device: str, threads: int) -> None:  # noqa: ANN401 - Ray's own type
        import ray

        self.job: Job = ray.get(sent)
        torch.set_num_threads(threads)
        cast(nn.Module, self.job.model).to(device)

    def __call__(self, row: dict[str, int]) -> dict[str, Any]:
        try:
            (made,) = make_shards(self.job, [row["shard"]])
        except InputError as error:  # raised here, it would come out as an error of Ray's
            return {"images": 0, "damaged": [], "error": [error.where, error.given, error.expected, error.remedy]}
        return made._asdict() | {"error": []}


def _imported_ray() -> Any:  # noqa: ANN401 - a module
    try:
        import ray
        import ray.data
    except ImportError as error:
        remedy = 'Install it: pip install "adde-lite[scale]".'
        raise InputError("extract_with_ray", f"no Ray here ({error})", "Ray Data", remedy) from error
    return ray


@contextmanager
def _cluster(ray: Any, cpus: int) -> Iterator[None]:  # noqa: ANN401 - a module
    """The cluster that this process is connected to, else one that it finds, else one of its own for the time being."""
    if ray.is_initialized():
        yield
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError:
        if "RAY_ADDRESS" in os.environ:  # somebody wanted that cluster, not any
            raise
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report to its makers
        ray.init(address="local", num_cpus=cpus, include_dashboard=False, object_store_memory=STORE_BYTES, **quiet)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _quiet(ray: Any) -> Iterator[None]:  # noqa: ANN401 - a module
    """Ray Data without its own bars and announcements; errors still come."""
    log = logging.getLogger("ray.data")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its settings warn of each other
        settings = ray.data.DataContext.get_current()
    level, bars = log.level, settings.enable_progress_bars
    log.setLevel(logging.ERROR)
    settings.enable_progress_bars = False
    try:
        yield
    finally:
        log.setLevel(level)
        settings.enable_progress_bars = bars


def _refuse_too_many(ray: Any, workers: int, cpus: float, gpus: float) -> None:  # noqa: ANN401 - a module
    """Ray would wait for them without end."""
    there = ray.cluster_resources()
    cores, cards = there.get("CPU", 0), there.get("GPU", 0)
    if workers * cpus > cores or workers * gpus > cards:
        given = f"{workers} workers of {cpus} cores and {gpus} GPUs each"
        expected = f"no more than the {cores:g} cores and {cards:g} GPUs of the cluster"
        raise InputError("extract_with_ray", given, expected, "Ask for fewer workers.")
