"""Every exercise of the course: its stub is not done, its solution passes, its planted wrong answers are understood."""

import importlib
from functools import cache

import nbformat
import pytest
import torch

from adde_lite.checks.exercise import State
from notebooks.build import NOTEBOOKS, read_source, source_names
from notebooks.editions import ExerciseCells, as_written, exercises, tags_of
from notebooks.grading import stub_lines

MINUTES = {2, 10, 30}
FEWEST, MOST = 3, 5
WRONG = 3  # planted answers an exercise


@cache
def exercises_of(name: str) -> list[ExerciseCells]:
    whole, _ = read_source(name, edition=as_written)
    return exercises(whole)


@cache
def first_cell_of(name: str) -> str:
    book, _ = read_source(name)
    return next(cell.source for cell in book.cells if cell.cell_type == "code")


def answer_of(name: str, each: ExerciseCells, source: str) -> object:
    """What a cell with this source defines, run after the notebook's first code cell alone."""
    names: dict[str, object] = {}
    exec(first_cell_of(name), names)
    exec(source, names)
    return names[each.answer]


@pytest.fixture(autouse=True)
def same_threads():
    """A first cell may set torch's threads; the next test should not see that."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


every_notebook = pytest.mark.parametrize("name", source_names())
every_exercise = pytest.mark.parametrize(
    ("name", "each"),
    [(name, each) for name in source_names() for each in exercises_of(name)],
    ids=[f"{name}-{each.number}" for name in source_names() for each in exercises_of(name)],
)


@every_notebook
def test_a_notebook_has_exercises_graded_by_time(name):
    found = exercises_of(name)
    assert FEWEST <= len(found) <= MOST
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert {each.minutes for each in found} == MINUTES
    assert [each.minutes for each in found] == sorted(each.minutes for each in found)


@every_notebook
def test_every_tagged_cell_belongs_to_an_exercise_or_to_the_instructor(name):
    whole, _ = read_source(name, edition=as_written)
    parts = {cell.id for each in exercises_of(name) for cell in (each.hint, each.stub, each.solution, each.check)}
    loose = [cell.id for cell in whole.cells if set(tags_of(cell)) - {"instructor"} and cell.id not in parts]
    assert loose == []


@every_exercise
def test_the_stub_of_the_exercise_is_not_done_yet(name, each):
    assert each.exercise(answer_of(name, each, each.stub.source)).state is State.NOT_DONE


@every_exercise
def test_the_solution_of_the_exercise_passes_the_hidden_checks_too(name, each):
    answer = answer_of(name, each, each.solution.source)
    assert str(each.exercise(answer)).startswith("passed")
    names: dict[str, object] = {}
    exec(first_cell_of(name), names)
    names[each.answer] = answer
    for cell in each.instructor:
        if cell.cell_type == "code":
            before, asked = cell.source.rsplit("print(", 1)
            exec(before, names)
            assert eval(f"({asked.rstrip()}", names).passed, cell.source


@every_exercise
def test_the_stub_of_the_exercise_is_where_its_solution_begins(name, each):
    given = stub_lines(each)
    assert each.stub.source.splitlines()[len(given) :] == [each.stub.source.splitlines()[-1]]
    assert each.solution.source.splitlines()[: len(given)] == given


@every_exercise
def test_the_exercise_understands_three_planted_wrong_answers(name, each):
    planted = importlib.import_module(f"tests.exercises.planted_{name[:2]}").PLANTED[each.exercise.name]
    said = []
    for answer, words in planted:
        verdict = each.exercise(answer)
        assert verdict.state is State.WRONG, verdict
        assert "returned" in verdict.says and "expected" in verdict.says
        likely = verdict.says.split("likely")[1].strip()
        assert words in likely, verdict
        said.append(likely)
    assert len(set(said)) == len(said) >= WRONG


@every_exercise
def test_the_committed_check_of_the_exercise_prints_not_done_yet(name, each):
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    cell = next((cell for cell in book.cells if cell.id == each.check.id), None)
    assert cell is not None, "run: make notebooks"
    assert [(output.output_type, output.get("name")) for output in cell.outputs] == [("stream", "stdout")]
    assert cell.outputs[0].text.startswith("not done yet")
