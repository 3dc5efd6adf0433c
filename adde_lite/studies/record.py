"""The record of a study: one row a run, kept under the hash of the run's recipe.

A run whose row is there is not repeated, so a study that was interrupted goes on where it was. A run whose recipe has
changed has another hash: its row counts as missing.
"""

import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from adde_lite.data.cache import CHECKOUT
from adde_lite.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

RESULTS = CHECKOUT / "data" / "results"
DIGITS = 6

Row = Mapping[str, float]


class Run(Protocol):
    """One run of a study; pickled to a worker process, so it holds recipes, not tensors."""

    @property
    def name(self) -> Mapping[str, str | float]:
        """What tells this run from the others of its study, such as objective and seed."""

    @property
    def hash(self) -> str:
        """A digest of everything that decides the row."""

    def prepare(self) -> None:
        """Make what several runs share and keep it in the cache, such as images; quick when it is there."""

    def measure(self) -> Row:
        """Do the run. Takes long."""


def recorded(study: str, runs: Sequence[Run], *, folder: Path = RESULTS) -> "pd.DataFrame":
    """The rows of these runs, in their order: the columns of their names, then what was measured.

    Raises:
        InputError: a run is not recorded under its present recipe.
    """
    import pandas as pd  # 0.3 s, which only a reader of a table should pay

    rows = _read(folder, study)
    missing = [run for run in runs if run.hash not in rows]
    if missing:
        found = f"no row of {len(missing)} of {len(runs)} runs, such as {dict(missing[0].name)}"
        raise InputError(f"{folder / study}.json", found, "one of each, made by today's recipes", "Run `make study`.")
    return pd.DataFrame([{**run.name, **rows[run.hash]} for run in runs])


def mean_and_range(runs: Sequence[float], digits: int = 3) -> str:
    """How a table shows one measure of several seeds: their mean ± half their range."""
    return f"{sum(runs) / len(runs):.{digits}f} ± {(max(runs) - min(runs)) / 2:.{digits}f}"


def complete(
    study: str, runs: Sequence[Run], *, folder: Path = RESULTS, workers: int = 2, progress: bool = True
) -> None:
    """Do the runs that are not recorded, each in a process with one thread; write the record after each.

    What they share is prepared first, here, so that no two workers make the same.

    Rows of runs that the study no longer has are dropped at the end.

    Args:
        study: name of the record, `folder`/study.json.
        runs: all runs of the study.
        folder: where records are.
        workers: how many runs at a time.
        progress: show a bar.
    """
    from tqdm.auto import tqdm

    rows = _read(folder, study)
    missing = [run for run in runs if run.hash not in rows]
    names = {run.hash: dict(run.name) for run in runs}
    for run in missing:
        run.prepare()
    context = multiprocessing.get_context("spawn")  # a fork would inherit torch's threads in an unknown state
    with (
        tqdm(total=len(runs), initial=len(runs) - len(missing), disable=not progress, desc=study) as bar,
        ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool,
    ):
        try:
            for done in as_completed([pool.submit(_measured, run) for run in missing]):
                digest, row = done.result()
                rows[digest] = row
                _write(folder, study, {known: rows[known] for known in names if known in rows} | rows, names)
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C ends the study, not only the run it was in
            raise
    _write(folder, study, {digest: rows[digest] for digest in names}, names)


def _measured(run: Run) -> tuple[str, Row]:
    return run.hash, {name: round(float(value), DIGITS) for name, value in run.measure().items()}


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _read(folder: Path, study: str) -> dict[str, Row]:
    path = folder / f"{study}.json"
    if not path.exists():
        return {}
    try:
        return {digest: entry["row"] for digest, entry in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise InputError(str(path), found, "a record of a study", "Restore it, or delete it and run anew.") from error


def _write(folder: Path, study: str, rows: Mapping[str, Row], names: Mapping[str, Mapping[str, str | float]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{study}.json"
    entries = {digest: {"run": names.get(digest, {}), "row": row} for digest, row in rows.items()}
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)
