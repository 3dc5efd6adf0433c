"""One source, several editions: what the tags of an exercise's cells mean.

An exercise is a text cell with the heading `### Exercise N, M minutes: title`, then cells tagged

    hint        text; folded away under the task
    stub        code: what the student begins with, up to a line with `...`
    solution    code: begins with the stub's lines
    check       code: prints what `adde_lite.checks` says to the answer
    instructor  text or code for the instructor alone: what to ask, hidden checks

Its code uses what the notebook's first code cell imports, and nothing else from the cells before: who has run the first
cell can begin here. Cells tagged `instructor` may stand anywhere in a source.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from adde_lite import checks
from adde_lite.checks.exercise import Exercise
from adde_lite.errors import InputError

Edition = Callable[[NotebookNode], NotebookNode]
HEADING = re.compile(r"^### Exercise (\d+), (\d+) minutes: (.+)$", re.MULTILINE)
CHECK = re.compile(r"print\(checks\.(\w+)\.(\w+)\((\w+)\)\)")
PARTS = ("hint", "stub", "solution", "check")


@dataclass(frozen=True)
class ExerciseCells:
    """The cells of one exercise, as its source has them."""

    number: int
    minutes: int
    title: str
    task: NotebookNode
    hint: NotebookNode
    stub: NotebookNode
    solution: NotebookNode
    check: NotebookNode
    instructor: tuple[NotebookNode, ...]

    @property
    def exercise(self) -> Exercise:
        """What checks it: the exercise that the check cell names."""
        notebook, name, _ = self._asked
        return getattr(getattr(checks, notebook), name)  # type: ignore[no-any-return]

    @property
    def answer(self) -> str:
        """The name of the answer, defined by stub and solution."""
        return self._asked[2]

    @property
    def _asked(self) -> tuple[str, str, str]:
        found = CHECK.fullmatch(self.check.source)
        if not found:
            raise InputError(
                f"cell {self.check.id}",
                repr(self.check.source),
                "print(checks.NOTEBOOK.NAME(ANSWER))",
                "Mend the cell.",
            )
        return found[1], found[2], found[3]


def tags_of(cell: NotebookNode) -> list[str]:
    """The tags of a cell, none if it has none."""
    return list(cell.metadata.get("tags", []))


def exercises(book: NotebookNode) -> list[ExerciseCells]:
    """The exercises of a whole source, in order.

    Raises:
        InputError: an exercise lacks one of its cells, or has one twice.
    """
    found = []
    cells = book.cells
    starts = [at for at, cell in enumerate(cells) if cell.cell_type == "markdown" and HEADING.search(cell.source)]
    for start in starts:
        heading = HEADING.search(cells[start].source)
        assert heading
        own = []
        for cell in cells[start + 1 :]:
            if not set(tags_of(cell)) & {*PARTS, "instructor"}:
                break
            own.append(cell)
        parts = {part: [cell for cell in own if part in tags_of(cell)] for part in (*PARTS, "instructor")}
        if wrong := [part for part in PARTS if len(parts[part]) != 1]:
            raise InputError(
                f"exercise {heading[1]}, cell {cells[start].id}",
                f"{len(parts[wrong[0]])} cells tagged {wrong[0]}",
                "one cell each tagged hint, stub, solution and check, right after the task",
                "Add the cell or its tag.",
            )
        single = {part: parts[part][0] for part in PARTS}
        found.append(
            ExerciseCells(
                int(heading[1]),
                int(heading[2]),
                heading[3],
                cells[start],
                **single,
                instructor=tuple(parts["instructor"]),
            )
        )
    return found


def student(book: NotebookNode) -> NotebookNode:
    """The committed edition: stubs and checks, hints folded away."""
    return _edition(book, without={"solution", "instructor"})


def solutions(book: NotebookNode) -> NotebookNode:
    """The same with the solutions in place of the stubs."""
    return _marked(_edition(book, without={"stub", "instructor"}), "Edition with solutions.")


def instructor(book: NotebookNode) -> NotebookNode:
    """Solutions, and under each exercise the slips its check recognises, what to ask, and the hidden checks."""
    book = copy.deepcopy(book)
    for each in exercises(book):
        slips = "\n".join(f"- {slip.says}" for slip in each.exercise.slips)
        note = copy.deepcopy(each.hint)
        note.id, note.metadata.tags = f"{each.task.id}-slips", ["instructor"]
        note.source = f"**For the instructor: slips that the check recognises**\n\n{slips}"
        book.cells.insert(next(at for at, cell in enumerate(book.cells) if cell is each.check) + 1, note)
    return _marked(_edition(book, without={"stub"}), "Edition for instructors: solutions, slips, hidden checks.")


def _edition(book: NotebookNode, without: set[str]) -> NotebookNode:
    """A copy without the cells that carry these tags, each hint at the end of the text cell before it."""
    book = copy.deepcopy(book)
    kept: list[NotebookNode] = []
    for cell in book.cells:
        if "hint" in tags_of(cell):
            kept[-1].source += f"\n\n<details><summary>Hint</summary>\n\n{cell.source}\n\n</details>"
        elif not without & set(tags_of(cell)):
            kept.append(cell)
    book.cells = kept
    return book


def _marked(book: NotebookNode, words: str) -> NotebookNode:
    title, rest = book.cells[0].source.split("\n", 1)
    book.cells[0].source = f"{title}\n\n> {words} Built by `make editions`; not for students.\n{rest}"
    return book
