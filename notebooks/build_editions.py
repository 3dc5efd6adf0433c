"""Write the editions that are not committed, executed: python -m notebooks.build_editions, or `make editions`.

    build/editions/solutions/NAME.ipynb    the solutions in place of the stubs
    build/editions/instructor/NAME.ipynb   also slips, what to ask, hidden checks
    build/editions/nbgrader/source/...     with --nbgrader: an assignment for nbgrader, not executed

What the editions share with the committed notebook keeps the outputs of that; only the exercises are run here, which
takes seconds, since they stand on the first code cell alone.
"""

import argparse
import shutil
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from adde_lite.errors import InputError
from notebooks.build import (
    NOTEBOOKS,
    ROOT,
    BuildError,
    complaints,
    execute,
    read_budgets,
    read_source,
    source_names,
    state_budget,
    write_whole,
)
from notebooks.editions import Edition, as_written, exercises, instructor, solutions, tags_of
from notebooks.grading import assignment

EDITIONS: dict[str, Edition] = {"solutions": solutions, "instructor": instructor}
TARGET = ROOT / "build" / "editions"


def executed(name: str, folder: Path = NOTEBOOKS) -> dict[str, NotebookNode]:
    """Every edition of one notebook with all its outputs. The exercises run once, for the instructor's, which has all.

    Raises:
        BuildError: the notebook was never built, a cell of an exercise raised, or a solution does not pass its check.
        InputError: an exercise lacks a cell.
    """
    whole, promise = read_source(name, folder, edition=as_written)
    committed = folder / f"{name}.ipynb"
    cost = read_budgets(folder).get(name, {}).get("cpu")
    if not committed.exists() or cost is None:
        raise BuildError(f"never built: run python -m notebooks.build {name} first")
    built = nbformat.read(committed, as_version=4)
    outputs = {cell.id: cell.outputs for cell in built.cells if cell.cell_type == "code"} | _exercised(whole, folder)
    books = {}
    for kind, edition in EDITIONS.items():
        book = edition(whole)
        state_budget(book, cost, promise)
        for count, cell in enumerate((cell for cell in book.cells if cell.cell_type == "code"), 1):
            if cell.id not in outputs:
                raise BuildError(f"cell {cell.id} is not in the built notebook: run python -m notebooks.build {name}")
            cell.execution_count, cell.outputs = count, outputs[cell.id]
        book.metadata.widgets = built.metadata.get("widgets", {})
        if wrong := complaints(book):
            raise BuildError("\n".join(wrong))
        books[kind] = book
    return books


def _exercised(whole: NotebookNode, folder: Path) -> dict[str, list[NotebookNode]]:
    """Outputs of the solutions, checks and hidden checks by the id of their cell; every check has passed."""
    code = [cell for cell in instructor(whole).cells if cell.cell_type == "code"]
    run_here = [cell for cell in code if {"solution", "check", "instructor"} & set(tags_of(cell))]
    short = nbformat.v4.new_notebook()
    short.cells = [code[0], *run_here]  # the very cells, so that their outputs come back
    execute(short, folder, "tiny")
    said = {cell.id: "".join(output.get("text", "") for output in cell.outputs) for cell in run_here}
    for each in exercises(whole):
        checked = [cell.id for cell in (each.check, *each.instructor) if said.get(cell.id)]
        for key in [each.check.id, *checked]:
            if not said[key].startswith("passed"):
                raise BuildError(f"exercise {each.number}, cell {key}: the solution does not pass: {said[key]!r}")
    return {cell.id: cell.outputs for cell in run_here}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the editions with solutions and for instructors.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks; all when none is named")
    parser.add_argument("--nbgrader", action="store_true", help="also write assignments for nbgrader")
    asked = parser.parse_args(arguments)
    failed = False
    for name in asked.names or source_names():
        try:
            for kind, book in executed(name).items():
                write_whole(TARGET / kind / f"{name}.ipynb", nbformat.writes(book) + "\n")
            if asked.nbgrader:
                whole, _ = read_source(name, edition=as_written)
                graded = TARGET / "nbgrader" / "source" / name / f"{name}.ipynb"
                write_whole(graded, nbformat.writes(assignment(whole)) + "\n")
            print(f"{name}: written to {TARGET.relative_to(ROOT)}")
        except (BuildError, InputError) as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
    for kind in EDITIONS:
        for picture in NOTEBOOKS.glob("*.png"):
            if (TARGET / kind).is_dir():
                shutil.copy(picture, TARGET / kind)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
