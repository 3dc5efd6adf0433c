"""One source, several editions: what the tags of an exercise's cells mean.

An exercise is a text cell with the heading `### Exercise N, M minutes: title`, then one cell each tagged

    hint        text; folded away under the task
    stub        code: what the student begins with, up to a line with `...`
    solution    code: begins with the stub's lines
    check       code: prints what `adde_lite.checks` says to the answer
    instructor  any number, text or code, for the instructor alone: what to ask, hidden checks

in this order; instructor cells stand after the check. Its code uses what the notebook's first code cell imports, and
nothing else from the cells before: who has run the first cell can begin here. Cells tagged `instructor` may also stand
elsewhere. A source that breaks these rules is refused: a solution without its tag would go to students.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from nbformat import NotebookNode

from adde_lite import checks
from adde_lite.checks.exercise import Exercise
from adde_lite.errors import InputError

Edition = Callable[[NotebookNode], NotebookNode]
FORM = "Exercise N, M minutes: title"
HEADING = re.compile(r"^### Exercise (\d+), (\d+) minutes: (.+)$", re.MULTILINE)
CHECK = re.compile(r"print\(checks\.(\w+)\.(\w+)\((\w+)\)\)")
PARTS = ("hint", "stub", "solution", "check")
TAGS = {*PARTS, "instructor"}


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
        """What checks it: the exercise that the check cell names.

        Raises:
            InputError: the check cell has another form, or names what is not there.
        """
        notebook, name, _ = self._asked
        found = getattr(getattr(checks, notebook, None), name, None)
        if not isinstance(found, Exercise):
            given, remedy = f"checks.{notebook}.{name}", "Write it, or mend the name."
            raise InputError(f"cell {self.check.id}", given, "an exercise of adde_lite.checks", remedy)
        return found

    @property
    def cells(self) -> tuple[NotebookNode, ...]:
        """All but the task, in order."""
        return (self.hint, self.stub, self.solution, self.check, *self.instructor)

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
        InputError: an exercise lacks one of its cells, has one twice or in another place; or a cell has an unknown tag,
            two tags, or one that belongs to no exercise.
    """
    for cell in book.cells:
        tags = tags_of(cell)
        if len(tags) > 1 or set(tags) - TAGS:
            raise InputError(f"cell {cell.id}", f"tags {tags}", f"one of {sorted(TAGS)}", "Mend its tag.")
    found = []
    for start, task in enumerate(book.cells):
        if task.cell_type == "markdown" and (heading := HEADING.search(task.source)):
            own = list(takewhile(tags_of, book.cells[start + 1 :]))
            found.append(_exercise(task, heading, own))
    belonging = {cell.id for each in found for cell in each.cells}
    for cell in book.cells:
        if set(tags_of(cell)) & set(PARTS) and cell.id not in belonging:
            given, expected = f"tagged {tags_of(cell)[0]}, in no exercise", f"a heading `### {FORM}` before it"
            raise InputError(f"cell {cell.id}", given, expected, "Move the cell, or take its tag away.")
    return found


def _exercise(task: NotebookNode, heading: re.Match[str], own: list[NotebookNode]) -> ExerciseCells:
    """What follows a task, put in its places."""
    where, tags = f"exercise {heading[1]}, cell {task.id}", [tag for cell in own for tag in tags_of(cell)]
    expected = "one cell each tagged hint, stub, solution and check, right after the task"
    if wrong := [part for part in PARTS if tags.count(part) != 1]:
        given = f"{tags.count(wrong[0])} cells tagged {wrong[0]}"
        raise InputError(where, given, expected, "Add the cell or its tag.")
    if tuple(tags[: len(PARTS)]) != PARTS:
        raise InputError(where, f"cells tagged {', '.join(tags)}", f"{expected}, in this order", "Move the cells.")
    single = dict(zip(PARTS, own, strict=False))
    instructor = tuple(own[len(PARTS) :])
    return ExerciseCells(int(heading[1]), int(heading[2]), heading[3], task, **single, instructor=instructor)


def as_written(book: NotebookNode) -> NotebookNode:
    """Every cell of the source, those for the instructor as well."""
    return book


def student(book: NotebookNode) -> NotebookNode:
    """The committed edition: stubs and checks, hints folded away."""
    return edition_without(book, {"solution", "instructor"})


def solutions(book: NotebookNode) -> NotebookNode:
    """The same with the solutions in place of the stubs."""
    return _marked(edition_without(book, {"stub", "instructor"}), "Edition with solutions.")


def instructor(book: NotebookNode) -> NotebookNode:
    """Solutions, and under each exercise the slips its check recognises, what to ask, and the hidden checks."""
    book = copy.deepcopy(book)
    for each in exercises(book):
        slips = "\n".join(f"- {slip.says}" for slip in each.exercise.slips)
        note = copy.deepcopy(each.hint)
        note.id, note.metadata.tags = f"{each.task.id}-slips", ["instructor"]
        note.source = f"**For the instructor: slips that the check recognises**\n\n{slips}"
        book.cells.insert(next(at for at, cell in enumerate(book.cells) if cell is each.check) + 1, note)
    return _marked(edition_without(book, {"stub"}), "Edition for instructors: solutions, slips, hidden checks.")


def edition_without(book: NotebookNode, without: set[str]) -> NotebookNode:
    """A copy without the cells that carry these tags, each hint at the end of its task. Errors: `exercises`."""
    exercises(book)
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
