"""On what something was measured: hardware, versions, commit."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from adde_lite.data.cache import CHECKOUT

PACKAGES = ("torch", "torchvision", "lightning", "numpy", "pillow")
CPU_FACTS = Path("/proc/cpuinfo")


def hardware(device: torch.device) -> dict[str, Any]:
    """Name, kind ("cuda" or "cpu"), cores and memory in bytes; of a GPU also the processor beside it."""
    processor = {"name": _processor(), "cores": cores()}
    if device.type != "cuda":
        return {"kind": "cpu", **processor, "memory_bytes": _memory()}
    found = torch.cuda.get_device_properties(device)
    return {
        "kind": "cuda",
        "name": found.name,
        "multiprocessors": found.multi_processor_count,
        "memory_bytes": found.total_memory,
        "compute_capability": f"{found.major}.{found.minor}",
        "beside": processor,
    }


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions() -> dict[str, str | None]:
    """Of Python, the packages that decide a rate, and the CUDA that torch was built for."""
    packages = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **packages, "cuda": torch.version.cuda}


def commit() -> str | None:
    """What git calls the checkout that this runs from, "-dirty" when changed; None outside of one."""
    if not (CHECKOUT / ".git").exists():
        return None
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # no git here, or a folder that it does not trust
        return None


def _processor() -> str:
    if CPU_FACTS.is_file():
        for line in CPU_FACTS.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    if not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= os.sysconf_names.keys():
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
