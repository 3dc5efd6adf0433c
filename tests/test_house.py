"""The plan of the house: imports run downward, files stay readable, importing the package costs next to nothing."""

import ast
import graphlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "adde_lite"
FLOORS = (
    {"errors", "attributes", "ids", "profiles", "storage", "distributed"},
    {"data", "models", "sampling", "losses", "metrics", "augmentation"},
    {"retrieval", "training", "extraction", "recipes", "stages"},
    {"plots", "studies", "throughput"},
    {"widgets", "checks"},
)
FLOOR = {part: number for number, parts in enumerate(FLOORS, 1) for part in parts}
LONGEST_FILE = 400
SAYS_NOTHING = {"utils", "util", "helpers", "misc", "common"}
IMPORT_LIMIT_S = 0.3
HEAVY = (
    "pandas",
    "sklearn",
    "matplotlib",
    "seaborn",
    "lightning",
    "umap",
    "ipywidgets",
    "IPython",
    "resvg_py",
    "ray",
    "faiss",
    "pymilvus",
)
TRIES = 3  # another process may slow one down

IMPORT_COST = f"""
import gc, json, sys, time
import torch, torchvision
gc.freeze()  # a collection walks all that torch has made, 0.2 s at a moment that chance decides
before, start = set(sys.modules), time.process_time()
import adde_lite
seconds = time.process_time() - start
print(json.dumps([seconds, sorted(set({HEAVY!r}) & (set(sys.modules) - before))]))
"""


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package folder stands for its __init__.py."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full, from adde_lite..."
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in names}
    return found & known.keys()


GRAPH = {name: imports(path, modules()) for name, path in modules().items()}


def floor_of(module: str) -> int:
    """The floor a module lives on; adde_lite itself, which exports from everywhere, is the roof."""
    return FLOOR[module.split(".")[1]] if "." in module else len(FLOORS) + 1


def test_every_module_has_a_floor():
    assert {name.split(".")[1] for name in GRAPH if "." in name} <= FLOOR.keys()


def test_imports_never_run_upward():
    upward = [f"{name} imports {other}" for name in GRAPH for other in GRAPH[name] if floor_of(other) > floor_of(name)]
    assert upward == []


def test_imports_make_no_circle():
    graphlib.TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


def tracked_python() -> list[Path]:
    folders = ("adde_lite", "bench", "claims", "tests", "website")
    deep = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return deep + list((ROOT / "notebooks").glob("*.py"))


def test_no_file_is_too_long_to_read_in_one_sitting():
    long = [
        str(path.relative_to(ROOT)) for path in tracked_python() if len(path.read_bytes().splitlines()) > LONGEST_FILE
    ]
    assert long == []


def test_every_file_has_a_name_that_says_something():
    assert [path for path in tracked_python() if path.stem in SAYS_NOTHING] == []


@pytest.fixture(scope="module")
def import_cost() -> tuple[float, list[str]]:
    """The least CPU seconds that `import adde_lite` adds to torch and torchvision, and the heavy modules it brings."""
    least, brought = float("inf"), []
    for _ in range(TRIES):
        done = subprocess.run([sys.executable, "-c", IMPORT_COST], cwd=ROOT, capture_output=True, text=True, check=True)
        seconds, brought = json.loads(done.stdout)
        least = min(least, seconds)
        if least < IMPORT_LIMIT_S:
            break
    return least, brought


def test_importing_the_package_costs_little_beside_torch(import_cost):
    assert import_cost[0] < IMPORT_LIMIT_S


def test_importing_the_package_leaves_heavy_libraries_for_later(import_cost):
    assert import_cost[1] == []
