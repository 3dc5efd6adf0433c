"""An assignment for nbgrader, from the same source: an option for classes that grade with it.

`nbgrader generate_assignment` clears what stands between the marks; `nbgrader autograde` then runs the checks, hidden
ones included. An exercise is worth as many points as it has minutes.
"""

import re
from typing import Any

from nbformat import NotebookNode

from notebooks.build import PLACEHOLDER
from notebooks.editions import ExerciseCells, edition_without, exercises

SCHEMA_VERSION = 3
PLACE = re.compile(r"\.\.\.(\s*#.*)?$")  # where a stub ends and the student begins


def assignment(book: NotebookNode) -> NotebookNode:
    """The source of an assignment: solutions between nbgrader's marks, checks that grade, not executed."""
    found = {each.solution.id: each for each in exercises(book)}
    checks = {each.check.id: each for each in found.values()}
    book = edition_without(book, {"stub", "instructor"})
    book.cells[0].source = book.cells[0].source.replace(PLACEHOLDER, "")
    for cell in book.cells:
        if cell.id in found:
            cell.source = _marked(found[cell.id])
            cell.metadata["nbgrader"] = _marks(f"solution-{found[cell.id].number}", solution=True)
        if cell.id in checks:
            cell.source = _graded(checks[cell.id])
            cell.metadata["nbgrader"] = _marks(f"check-{checks[cell.id].number}", points=checks[cell.id].minutes)
    return book


def _marked(each: ExerciseCells) -> str:
    """The solution with what goes beyond the stub between the marks, indented as it is."""
    lines = each.solution.source.splitlines()
    given = stub_lines(each)
    indent = lines[len(given)][: len(lines[len(given)]) - len(lines[len(given)].lstrip())]
    body = [f"{indent}### BEGIN SOLUTION", *lines[len(given) :], f"{indent}### END SOLUTION"]
    return "\n".join([*lines[: len(given)], *body])


def stub_lines(each: ExerciseCells) -> list[str]:
    """The lines that a stub gives away: all before the one that ends with `...`."""
    lines: list[str] = each.stub.source.splitlines()
    return lines[: next(at for at, line in enumerate(lines) if PLACE.search(line))]


def _graded(each: ExerciseCells) -> str:
    """A check that fails where the notebook's prints, then the hidden ones alike."""
    hidden = "\n".join(_asserted(cell.source) for cell in each.instructor if cell.cell_type == "code")
    hidden = f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS" if hidden else ""
    return _asserted(each.check.source) + hidden


def _asserted(source: str) -> str:
    """A cell whose last statement prints a verdict, as one that fails when it does not pass."""
    before, asked = source.rsplit("print(", 1)
    return f"{before}verdict = ({asked.rstrip()}\nprint(verdict)\nassert verdict.passed, verdict"


def _marks(grade_id: str, *, solution: bool = False, points: int = 0) -> dict[str, Any]:
    marks = {
        "grade": not solution,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": SCHEMA_VERSION,
        "solution": solution,
        "task": False,
    }
    return marks if solution else marks | {"points": points}
