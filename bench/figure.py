"""What a measurement leaves behind: one record, written as JSON."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "build" / "bench"
SHARED = Path(os.environ.get("ADDE_LITE_SHARED", ROOT.parent / "shared"))
DATA = Path(os.environ.get("ADDE_LITE_DATA", SHARED / "data"))
PACKAGES = ("torch", "torchvision", "numpy", "lightning", "scikit-learn", "resvg-py", "pillow")


class NotHereError(Exception):
    """The data that a figure needs is absent: it is left out, with this reason."""


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Args:
        value: ours, in `unit`.
        baseline: what it is compared with, in the same unit.
        baseline_is: the baseline in words.
        unit: of both.
        cost: whether less is better.
        cpu_seconds: process time of the work that the figure is about, one thread.
        seed: of everything random in it.
        facts: further numbers, by name.
        rows: comparisons, by row and column.
    """

    value: float
    baseline: float
    baseline_is: str
    unit: str
    cost: bool
    cpu_seconds: float
    seed: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times better ours is than the baseline."""
        return self.baseline / self.value if self.cost else self.value / self.baseline

    def write(self, name: str) -> Path:
        """Write the record as build/bench/NAME.json; facts stand beside the fixed entries."""
        record = asdict(self)
        facts = record.pop("facts")
        versions = {package: importlib.metadata.version(package) for package in PACKAGES}
        record |= {"name": name, "ratio": self.ratio, "versions": versions | {"python": platform.python_version()}}
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{name}.json"
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(record | facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        draft.replace(path)
        return path
