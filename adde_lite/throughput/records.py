"""The record of what machines reached: one entry a machine and profile, in data/results/throughput.json."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from adde_lite.data.cache import CHECKOUT
from adde_lite.errors import InputError
from adde_lite.throughput.clock import Rate, clock_for
from adde_lite.throughput.machine import commit, hardware, versions

RECORD = CHECKOUT / "data" / "results" / "throughput.json"
NOT_MEASURED = "not measured"
NO_GPU: dict[str, Any] = {"hardware": {"kind": "cuda"}, "rows": NOT_MEASURED}

Entry = dict[str, Any]


def entry(rates: Sequence[Rate], device: torch.device, profile: str) -> Entry:
    """What this machine reached, with everything that a reader needs to compare it."""
    return {
        "hardware": hardware(device),
        "profile": profile,
        "clock": clock_for(device).second,
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "rows": [rate.row() for rate in rates],
    }


def recorded(path: Path = RECORD) -> list[Entry]:
    """The entries of all machines, as `entry` makes them. As long as no GPU is among them, one says "not measured".

    Raises:
        InputError: a damaged file.
    """
    entries = _read(path) if path.exists() else []
    return entries if any(each["hardware"]["kind"] == "cuda" for each in entries) else [*entries, NO_GPU]


def record(new: Entry, path: Path = RECORD) -> None:
    """Add an entry; it takes the place of the one of the same hardware and profile, or of "not measured".

    Raises:
        InputError: a damaged file, which stays as it is.
    """
    measured_gpu = new["hardware"]["kind"] == "cuda"
    kept = [
        each
        for each in recorded(path)
        if (each["hardware"], each.get("profile")) != (new["hardware"], new["profile"])
        and not (measured_gpu and each["rows"] == NOT_MEASURED)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps([*kept, new], indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def by_machine(
    entries: Sequence[Entry], unit: str = "images", name: str | None = None
) -> dict[str, dict[str, float] | str]:
    """Machine and its clock -> name of the row -> the highest rate under that name, or "not measured".

    For `plots.rates`: rows of the same name differ in the batch. Where a machine has several profiles, its name says
    which.

    Args:
        entries: as `recorded` gives them.
        unit: of the rows that are wanted, "images" or "edits".
        name: of the rows that are wanted; None takes all. A machine without any says "not measured".
    """
    return {_label(each, entries): _best(each["rows"], unit, name) or NOT_MEASURED for each in entries}


def _label(one: Entry, entries: Sequence[Entry]) -> str:
    if one["rows"] == NOT_MEASURED:
        return "a GPU"
    twice = sum(other["hardware"] == one["hardware"] for other in entries) > 1
    return f"{one['hardware']['name']}, per {one['clock']}" + (f", profile {one['profile']}" if twice else "")


def _best(rows: Sequence[Mapping[str, Any]] | str, unit: str, name: str | None) -> dict[str, float] | str:
    if isinstance(rows, str):
        return rows
    best: dict[str, float] = {}
    for row in rows:
        if row["unit"] == unit and name in (None, row["name"]):
            best[row["name"]] = max(best.get(row["name"], 0.0), row["per_second"])
    return best


def _read(path: Path) -> list[Entry]:
    try:
        entries: list[Entry] = json.loads(path.read_text(encoding="utf-8"))
        for each in entries:
            if each["hardware"]["kind"] not in ("cpu", "cuda"):
                raise ValueError(f"a machine of kind {each['hardware']['kind']!r}")
            if each["rows"] != NOT_MEASURED:
                for row in each["rows"]:
                    float(row["per_second"]), str(row["name"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise InputError(str(path), found, "a record of rates", "Restore it, or delete it and measure anew.") from error
    return entries
