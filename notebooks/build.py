"""Build the course: notebooks/source/NAME.py in, executed notebooks/NAME.ipynb out.

    python -m notebooks.build                     build every notebook
    python -m notebooks.build 00_start_here       build one
    python -m notebooks.build --check             say which committed notebooks do not match their source
    python -m notebooks.build --profile gpu NAME  measure in another profile; the committed notebook stays as it is

A source is a jupytext percent script. Its header declares what the course promises about it:

    # ---
    # jupyter:
    #   course:
    #     shows: one line for the map of the course in the README
    #     cpu_s: 120         (most CPU-seconds in profile cpu)
    #     tiny_cpu_s: 40     (most CPU-seconds in profile tiny)
    #     peak_mb: 2000      (most memory of the kernel process)
    # ---

The line `{{budget}}` in its first cell becomes what the build measured, which is kept in notebooks/budgets.json.
Warnings, errors, paths of this machine, pictures without alt text and notebooks over 1 MB fail the build, and a
build that fails leaves the old notebook in place. What is committed is the student's edition: see editions.py.
"""

import argparse
import hashlib
import json
import math
import os
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import jupytext
import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from adde_lite.errors import InputError
from notebooks.editions import Edition, student

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PLACEHOLDER = "{{budget}}"
LARGEST_BYTES = 1_000_000
CELL_TIMEOUT_S = 1800
CORES = 2
SAME_FIGURE = 0.2  # a new measurement this close to the record keeps the record: a rebuild then changes no line
MAP_START, MAP_END = "<!-- map of the course: written by notebooks/build.py -->", "<!-- end of the map -->"
# A committed progress bar would show somebody else's seconds. Callers say themselves whether they want one, so the
# class of those in notebooks is told before the first cell runs.
NO_BARS = """
def without_bars():
    from tqdm.notebook import tqdm_notebook as bar
    start = bar.__init__
    bar.__init__ = lambda self, *given, **named: start(self, *given, **{**named, "disable": True})
without_bars()
del without_bars
"""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


class BuildError(Exception):
    """A notebook that may not be committed as it is; the message names it and says what to mend."""


@dataclass(frozen=True)
class Promise:
    """What a source's header declares: one line for the map, and the limits on its cost."""

    shows: str
    cpu_s: int
    tiny_cpu_s: int
    peak_mb: int


@dataclass(frozen=True)
class Cost:
    """What a run took: CPU-seconds (user + system, child processes included), peak MB of the kernel process."""

    cpu_s: int
    peak_mb: int

    def near(self, other: "Cost") -> bool:
        """Whether both figures lie within SAME_FIGURE of the other's."""
        pairs = ((self.cpu_s, other.cpu_s), (self.peak_mb, other.peak_mb))
        return all(abs(ours - theirs) <= SAME_FIGURE * theirs for ours, theirs in pairs)


def source_names(folder: Path = NOTEBOOKS) -> list[str]:
    """Names of all notebooks of the course, in its order."""
    return sorted(path.stem for path in (folder / "source").glob("*.py"))


def read_source(name: str, folder: Path = NOTEBOOKS, edition: Edition = student) -> tuple[NotebookNode, Promise]:
    """An edition as its source states it: no outputs, cell ids from its headings, `{{budget}}` still in place."""
    path = folder / "source" / f"{name}.py"
    if not path.is_file():
        raise BuildError(f"{name}: no source {path.relative_to(folder)}; there are: {', '.join(source_names(folder))}")
    book = jupytext.read(path, fmt="py:percent")
    declared = book.metadata.get("course", {})
    if sorted(declared) != sorted(field.name for field in fields(Promise)):
        raise BuildError(f"{name}: its header must declare course: shows, cpu_s, tiny_cpu_s, peak_mb; see build.py")
    if not book.cells or book.cells[0].cell_type != "markdown" or book.cells[0].source.count(PLACEHOLDER) != 1:
        raise BuildError(f"{name}: its first cell must be text with {PLACEHOLDER} in it, once")
    book.metadata = nbformat.from_dict(METADATA)
    _name_cells(book)
    return edition(book), Promise(**declared)


def _name_cells(book: NotebookNode) -> None:
    """Give each cell the id `section-number`: a new cell renames only those after it in its section. Keep only tags."""
    section, seen = "top", Counter[str]()
    for cell in book.cells:
        if cell.cell_type == "markdown" and (heading := re.search(r"^#+ +(.+)$", cell.source, flags=re.M)):
            section = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:48] or "section"
        seen[section] += 1
        cell.id = f"{section}-{seen[section]}"
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in cell.metadata if key == "tags"})


def budget_line(cost: Cost, promise: Promise) -> str:
    """The sentence at the top of a notebook; whole numbers, all measured or declared."""
    return (
        f"**Time and memory:** {cost.cpu_s} CPU-seconds and {cost.peak_mb} MB, measured on {CORES} cores in profile "
        f"`cpu` (the limits are {promise.cpu_s} and {promise.peak_mb})."
    )


def state_budget(book: NotebookNode, cost: Cost, promise: Promise) -> None:
    """Put what a run took in the place that the first cell keeps for it."""
    book.cells[0].source = book.cells[0].source.replace(PLACEHOLDER, budget_line(cost, promise))


def cost_of(pid: int) -> Cost:
    """What the process `pid` and its children have used so far."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    cpu_s = sum(time.user + time.system + time.children_user + time.children_system for time in times)
    status = Path(f"/proc/{pid}/status")
    if status.exists() and (peak := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return Cost(math.ceil(cpu_s), math.ceil(int(peak[1]) * 1024 / 1e6))
    return Cost(
        math.ceil(cpu_s), math.ceil(process.memory_info().rss / 1e6)
    )  # the system keeps no peak: the present size


def kernel_environment(profile: str) -> dict[str, str]:
    """The environment a notebook is built in: the same two threads, hash seed and silence on every machine."""
    settings = {
        "ADDE_LITE_PROFILE": profile,
        "OMP_NUM_THREADS": str(CORES),
        "OMP_WAIT_POLICY": "PASSIVE",  # a thread that waits should not count as work
        "PYTHONHASHSEED": "0",
        "TQDM_DISABLE": "1",
    }
    # MPLBACKEND would switch inline pictures off.
    return {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | settings


def execute(book: NotebookNode, folder: Path, profile: str) -> Cost:
    """Run all cells in a fresh kernel whose working folder is `folder`; outputs and widget state stay in `book`.

    Raises:
        BuildError: a cell raised; the message holds the cell and its traceback.
    """
    client = NotebookClient(
        book,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": folder}},
    )
    try:
        with client.setup_kernel(env=kernel_environment(profile)):
            book.cells.append(nbformat.v4.new_code_cell(NO_BARS))
            client.execute_cell(book.cells[-1], len(book.cells) - 1, store_history=False)
            book.cells.pop()
            for position, cell in enumerate(book.cells):
                client.execute_cell(cell, position)
            cost = cost_of(client.km.provisioner.pid)
        client.set_widgets_metadata()
    except CellExecutionError as error:
        raise BuildError(f"a cell raised\n{error}") from None
    return cost


def settle_widget_ids(book: NotebookNode, name: str) -> NotebookNode:
    """Replace the random ids of widgets by ones that depend on the notebook and their order only."""
    widgets = book.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    text = nbformat.writes(book)
    for order, model in enumerate(widgets):
        text = text.replace(model, hashlib.sha256(f"{name}/{order}".encode()).hexdigest()[:32])
    return nbformat.reads(text, as_version=4)


def complaints(book: NotebookNode) -> list[str]:
    """What forbids to commit an executed notebook, one line for each; empty when all is well."""
    said = []
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        said.append(f"execution counts are not 1 to {len(code)}")
    for cell in code:
        for output in cell.outputs:
            said += [f"cell {cell.id}: {line}" for line in _output_complaints(output)]
    if (size := len(nbformat.writes(book).encode())) > LARGEST_BYTES:
        said.append(f"{size / 1e6:.1f} MB, over {LARGEST_BYTES / 1e6:.0f} MB; draw smaller or fewer pictures")
    return said


def _output_complaints(output: NotebookNode) -> list[str]:
    if output.output_type == "error":
        return [f"holds the error {output.ename}"]
    if output.get("name") == "stderr":
        return [f"wrote to stderr: {output.text.strip()[:300]!r}"]
    data, metadata = output.get("data", {}), output.get("metadata", {})
    said = [
        f"{kind} without alt text"
        for kind in data
        if kind.startswith("image/") and not metadata.get(kind, {}).get("alt")
    ]
    words = output.get("text", "") + "".join(text for kind, text in data.items() if kind.startswith("text/"))
    if re.search(r"<img(?![^>]*\balt=\"[^\"])[^>]*>", words):
        said.append("an <img> without alt text")
    words = re.sub(r"data:image/[^\"]+", "", words)  # letters of a picture may spell a path by chance
    if re.search(r"\d%\|", words):
        said.append("holds a progress bar")
    homes = {str(ROOT), str(Path.home()), sys.prefix, "/tmp/"}
    if found := sorted(home for home in homes if home != "/" and home in words):
        said.append(f"shows a path of this machine: {found[0]}")
    if address := re.search(r"\bat 0x[0-9a-f]+", words):
        said.append(f"shows a memory address, other in every run: {address[0]}")
    return said


def read_budgets(folder: Path = NOTEBOOKS) -> dict[str, dict[str, Cost]]:
    """The recorded cost of each notebook in each profile it was measured in."""
    path = folder / "budgets.json"
    records = json.loads(path.read_text()) if path.exists() else {}
    return {name: {profile: Cost(**cost) for profile, cost in record.items()} for name, record in records.items()}


def record_cost(name: str, profile: str, cost: Cost, folder: Path = NOTEBOOKS) -> Cost:
    """Put a measurement on record and return what stands there; a record that it confirms stays."""
    budgets = read_budgets(folder)
    old = budgets.get(name, {}).get(profile)
    if old and cost.near(old):
        return old
    budgets.setdefault(name, {})[profile] = cost
    rows = {key: {kind: asdict(value) for kind, value in record.items()} for key, record in budgets.items()}
    write_whole(folder / "budgets.json", json.dumps(rows, indent=2, sort_keys=True) + "\n")
    return cost


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def build(name: str, profile: str = "cpu", folder: Path = NOTEBOOKS) -> Cost:
    """Execute one notebook, check it, put its cost on record; in profile cpu also write it to `folder`.

    Raises:
        BuildError: a cell raised, `complaints` found something, or the run cost more than the source promises.
    """
    book, promise = read_source(name, folder)
    cost = execute(book, folder, profile)
    book = settle_widget_ids(book, name)
    said = complaints(book)
    if profile == "cpu" and (cost.cpu_s > promise.cpu_s or cost.peak_mb > promise.peak_mb):
        said.append(f"took {cost}; its header promises {promise.cpu_s} CPU-s and {promise.peak_mb} MB at most")
    if said:
        raise BuildError("\n".join(said))
    cost = record_cost(name, profile, cost, folder)
    if profile == "cpu":
        state_budget(book, cost, promise)
        nbformat.validate(book)
        write_whole(folder / f"{name}.ipynb", nbformat.writes(book) + "\n")
    return cost


def differences(name: str, folder: Path = NOTEBOOKS) -> list[str]:
    """In what the committed notebook is not what its source and the record of its cost say; nothing is executed."""
    target = folder / f"{name}.ipynb"
    cost = read_budgets(folder).get(name, {}).get("cpu")
    if not target.exists() or cost is None:
        return [f"{name}: never built"]
    source, promise = read_source(name, folder)
    state_budget(source, cost, promise)
    book = nbformat.read(target, as_version=4)
    wanted, found = (
        {cell.id: (at, cell.cell_type, cell.source, cell.metadata) for at, cell in enumerate(one.cells)}
        for one in (source, book)
    )
    return [f"{name}: cell {key} differs" for key in {**wanted, **found} if wanted.get(key) != found.get(key)]


def course_map(folder: Path = NOTEBOOKS) -> str:
    """The README's table: every notebook that was built, what it shows, what it costs."""
    rows = ["| notebook | what it shows | CPU time | memory |", "|---|---|---:|---:|"]
    budgets = read_budgets(folder)
    for name in source_names(folder):
        if cost := budgets.get(name, {}).get("cpu"):
            _, promise = read_source(name, folder)
            rows.append(f"| [{name}](notebooks/{name}.ipynb) | {promise.shows} | {cost.cpu_s} s | {cost.peak_mb} MB |")
    return "\n".join([MAP_START, *rows, MAP_END])


def write_course_map(readme: Path, folder: Path = NOTEBOOKS) -> None:
    """Bring the table in `readme` up to date with the records."""
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(MAP_START)
    write_whole(readme, before + course_map(folder) + rest.split(MAP_END)[1])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the executed notebooks from notebooks/source.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks to build; all when none is named")
    parser.add_argument("--profile", choices=("tiny", "cpu", "gpu"), default="cpu")
    parser.add_argument("--check", action="store_true", help="build nothing; list notebooks that do not match")
    asked = parser.parse_args(arguments)
    failed = False
    for name in asked.names or source_names():
        try:
            said = differences(name) if asked.check else []
            if not asked.check:
                cost = build(name, asked.profile)
                print(f"{name}: {cost.cpu_s} CPU-s, {cost.peak_mb} MB in profile {asked.profile}")
        except (BuildError, InputError) as error:
            said = [f"{name}: {error}"]
        failed |= bool(said)
        print(*said, sep="\n", file=sys.stderr, end="\n" if said else "")
    if not asked.check and not failed:
        write_course_map(ROOT / "README.md")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
