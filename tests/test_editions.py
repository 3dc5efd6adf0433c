"""What students, instructors and nbgrader get from one source, on a small course of one exercise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from adde_lite import checks
from adde_lite.errors import InputError
from notebooks.build import PLACEHOLDER, BuildError, build, complaints, read_source
from notebooks.build_editions import executed
from notebooks.editions import as_written, exercises, instructor, solutions, student, tags_of
from notebooks.grading import SCHEMA_VERSION, assignment

SOURCE = '''# ---
# jupyter:
#   course:
#     shows: A test.
#     cpu_s: 60
#     tiny_cpu_s: 60
#     peak_mb: 3000
# ---

# %% [markdown]
# # A test
#
# {{budget}}

# %%
import torch
from adde_lite import checks

# %%
print("seen by all")

# %% [markdown]
# ## Exercises
#
# ### Exercise 1, 10 minutes: exchange a block
#
# The task.

# %% [markdown] tags=["hint"]
# Words of the hint.

# %% tags=["stub"]
def edited_block(garment, attribute, prototype):
    """One block exchanged."""
    ...

# %% tags=["solution"]
def edited_block(garment, attribute, prototype):
    """One block exchanged."""
    edited = garment.clone()
    edited[attribute] = prototype
    return edited

# %% tags=["check"]
print(checks.start_here.edited_block(edited_block))

# %% [markdown] tags=["instructor"]
# **Ask:** whispered.

# %% tags=["instructor"]
edge = [(torch.zeros(1, 2), 0, torch.ones(2))]
print(checks.start_here.edited_block.on(edited_block, edge))

# %% [markdown]
# The end.

# %% [markdown] tags=["instructor"]
# Whispered at the end.
'''
SOLUTION, HIDDEN = "edited = garment.clone()", "edge = "
WRONG_SOLUTION = SOURCE.replace("edited[attribute] = prototype", "edited[attribute] += prototype")


def course(folder, text=SOURCE):
    (folder / "source").mkdir(parents=True, exist_ok=True)
    (folder / "source" / "00_test.py").write_text(text)
    return folder


@pytest.fixture
def whole(tmp_path):
    return read_source("00_test", course(tmp_path), edition=as_written)[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The course with its student's edition; one output of it is changed, to tell it from a new run."""
    folder = course(tmp_path_factory.mktemp("editions"))
    build("00_test", folder=folder)
    path = folder / "00_test.ipynb"
    path.write_text(path.read_text().replace("seen by all\\n", "kept as it was\\n"))
    return folder


def cells_tagged(book, tag):
    return [cell for cell in book.cells if tag in tags_of(cell)]


def test_the_students_edition_holds_no_solution_and_no_instructors_cell_anywhere(whole):
    text = json.dumps(student(whole))
    for word in (SOLUTION, HIDDEN, "whispered", "Whispered", '"solution"', '"instructor"', ".on("):
        assert word in json.dumps(whole)
        assert word not in text
    assert "..." in text and "The end." in text


def test_a_hint_is_folded_under_its_task(whole):
    book = student(whole)
    (task,) = [cell for cell in book.cells if "Words of the hint." in cell.source]
    before, folded = task.source.split("<details><summary>Hint</summary>\n\n")
    assert "### Exercise 1" in before and before.endswith("The task.\n\n")
    assert folded == "Words of the hint.\n\n</details>"
    assert cells_tagged(book, "hint") == []


def test_an_edition_leaves_the_source_as_it_was(whole):
    before = json.dumps(whole)
    for edition in (student, solutions, instructor, assignment):
        edition(whole)
        assert json.dumps(whole) == before


def test_the_edition_with_solutions_has_them_in_place_of_stubs(whole):
    book = solutions(whole)
    (solution,) = cells_tagged(book, "solution")
    assert SOLUTION in solution.source
    assert cells_tagged(book, "stub") == cells_tagged(book, "instructor") == []
    assert book.cells[0].source.startswith("# A test\n\n> Edition with solutions.")
    assert PLACEHOLDER in book.cells[0].source


def test_the_instructors_edition_lists_every_slip_after_the_check_and_keeps_the_hidden_checks(whole):
    book = instructor(whole)
    order = [tag for cell in book.cells for tag in tags_of(cell)]
    assert order == ["solution", "check", "instructor", "instructor", "instructor", "instructor"]
    slips, asked, hidden, last = (cell.source for cell in cells_tagged(book, "instructor"))
    assert [line[2:] for line in slips.splitlines() if line.startswith("- ")] == [
        slip.says for slip in checks.start_here.edited_block.slips
    ]
    assert asked == "**Ask:** whispered." and HIDDEN in hidden and last == "Whispered at the end."
    assert "for instructors" in book.cells[0].source
    nbformat.validate(book)


def without_tag(part):
    return SOURCE.replace(f' tags=["{part}"]', "", 1)


def doubled(part):
    cells = SOURCE.split("# %%")
    at = next(at for at, cell in enumerate(cells) if f'tags=["{part}"]' in cell)
    return "# %%".join([*cells[: at + 1], cells[at], *cells[at + 1 :]])


@pytest.mark.parametrize("edition", [student, solutions, instructor, assignment])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *[(without_tag(part), f"0 cells tagged {part}") for part in ("stub", "solution", "check")],
        (without_tag("hint"), "0 cells tagged hint"),
        *[(doubled(part), f"2 cells tagged {part}") for part in ("hint", "stub", "solution", "check")],
        (SOURCE.replace('tags=["solution"]', 'tags=["soluton"]'), r"tags \['soluton'\]"),
        (SOURCE.replace('tags=["solution"]', 'tags=["solution", "stub"]'), r"tags \['solution', 'stub'\]"),
        (SOURCE.replace('"stub"', '"x"').replace('"hint"', '"stub"').replace('"x"', '"hint"'), "in this order"),
        (SOURCE.replace("Exercise 1, 10 minutes:", "Exercise 1:"), "in no exercise"),
    ],
)
def test_a_source_with_a_missing_doubled_or_misplaced_cell_is_refused(tmp_path, edition, text, reason):
    book, _ = read_source("00_test", course(tmp_path, text), edition=as_written)
    with pytest.raises(InputError, match=reason):
        edition(book)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("start_here.edited_block(", "start_here.edited_blok(", "checks.start_here.edited_blok"),
        ("start_here.edited_block(", "starthere.edited_block(", "checks.starthere.edited_block"),
        ("print(checks.start_here.edited_block(edited_block))", "edited_block", "NOTEBOOK.NAME"),
    ],
)
def test_a_check_cell_that_names_no_exercise_is_refused(tmp_path, old, new, reason):
    book, _ = read_source("00_test", course(tmp_path, SOURCE.replace(old, new, 1)), edition=as_written)
    with pytest.raises(InputError, match=reason):
        instructor(book)


def test_an_executed_edition_runs_the_exercises_and_keeps_the_other_outputs(built):
    book = executed("00_test", built)["instructor"]
    assert complaints(book) == []
    said = {cell.source: "".join(output.text for output in cell.outputs) for cell in book.cells if "outputs" in cell}
    assert said['print("seen by all")'] == "kept as it was\n"
    assert said["print(checks.start_here.edited_block(edited_block))"].startswith("passed")
    (hidden,) = [text for source, text in said.items() if HIDDEN in source]
    assert hidden.startswith("passed")
    assert PLACEHOLDER not in book.cells[0].source and "CPU-seconds" in book.cells[0].source
    (check,) = [cell for cell in nbformat.read(built / "00_test.ipynb", 4).cells if "check" in tags_of(cell)]
    assert check.outputs[0].text.startswith("not done yet")


def test_an_edition_of_a_wrong_solution_or_of_a_notebook_never_built_is_refused(built, tmp_path):
    with pytest.raises(BuildError, match="never built"):
        executed("00_test", course(tmp_path))
    for name in ("00_test.ipynb", "budgets.json"):
        (tmp_path / name).write_text((built / name).read_text())
    course(tmp_path, WRONG_SOLUTION)
    with pytest.raises(BuildError, match=r"exercise 1, .*does not pass: 'not right yet"):
        executed("00_test", tmp_path)


def test_an_assignment_marks_what_students_write_and_what_grades_it(whole):
    book = assignment(whole)
    nbformat.validate(book)
    common = {"schema_version": SCHEMA_VERSION, "task": False}
    (solution,), (check,) = cells_tagged(book, "solution"), cells_tagged(book, "check")
    assert solution.metadata.nbgrader == common | {
        "grade": False,
        "grade_id": "solution-1",
        "locked": False,
        "solution": True,
    }
    assert check.metadata.nbgrader == common | {
        "grade": True,
        "grade_id": "check-1",
        "locked": True,
        "solution": False,
        "points": exercises(whole)[0].minutes,
    }
    given, rest = solution.source.split("    ### BEGIN SOLUTION\n")
    assert given == 'def edited_block(garment, attribute, prototype):\n    """One block exchanged."""\n'
    assert SOLUTION in rest and rest.endswith("    ### END SOLUTION")
    assert cells_tagged(book, "stub") == cells_tagged(book, "instructor") == []
    assert "not for students" not in json.dumps(book) and PLACEHOLDER not in json.dumps(book)
    assert all(not cell.outputs for cell in book.cells if cell.cell_type == "code")


def test_the_checks_of_an_assignment_fail_on_a_wrong_answer_the_hidden_ones_alike(whole, capsys):
    book = assignment(whole)
    setup = next(cell.source for cell in book.cells if cell.cell_type == "code")
    (solution,), (check,) = cells_tagged(book, "solution"), cells_tagged(book, "check")
    names = {}
    exec(f"{setup}\n{solution.source}", names)
    exec(check.source, names)
    assert capsys.readouterr().out.count("passed") == 2

    shown, hidden = check.source.split("### BEGIN HIDDEN TESTS")
    wrong = names | {"edited_block": lambda garment, attribute, prototype: garment}
    for part in (shown, hidden):
        with pytest.raises(AssertionError, match="not right yet"):
            exec(part, wrong)


@pytest.fixture
def nbgrader(whole, tmp_path):
    """A course of nbgrader with the assignment, released; call it with what it shall do."""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install adde_lite[grading]")
    path = tmp_path / "source" / "test" / "test.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(assignment(whole), path)
    home = {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)}
    home["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it calls alembic by name

    def run(*ask):
        command = [sys.executable, "-m", "nbgrader", *ask, f"--CourseDirectory.root={tmp_path}"]
        ran = subprocess.run(command, env=os.environ | home, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr

    run("generate_assignment", "test", "--create")
    return run


def released(root):
    return nbformat.read(root / "release" / "test" / "test.ipynb", as_version=4)


@pytest.mark.usefixtures("nbgrader")
def test_nbgrader_makes_a_release_without_solutions_or_hidden_tests(tmp_path):
    book = released(tmp_path)
    text = json.dumps(book)
    assert SOLUTION not in text and HIDDEN not in text and "whispered" not in text
    (solution,), (check,) = cells_tagged(book, "solution"), cells_tagged(book, "check")
    assert solution.source.startswith(
        'def edited_block(garment, attribute, prototype):\n    """One block exchanged."""'
    )
    assert "raise NotImplementedError" in solution.source
    assert "assert verdict.passed" in check.source and "HIDDEN" not in check.source


def test_nbgrader_gives_the_points_to_the_solution_alone_also_where_a_check_was_tampered_with(
    nbgrader, whole, tmp_path
):
    (right,) = cells_tagged(assignment(whole), "solution")
    for student_id in ("solved", "untouched", "tampered"):
        book = released(tmp_path)
        (answer,), (check,) = cells_tagged(book, "solution"), cells_tagged(book, "check")
        if student_id == "solved":
            answer.source = right.source
        if student_id == "tampered":
            check.source = "assert True"
        handed_in = tmp_path / "submitted" / student_id / "test" / "test.ipynb"
        handed_in.parent.mkdir(parents=True)
        nbformat.write(book, handed_in)
    nbgrader("autograde", "test", "--create")

    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as grades:
        points = {one.student.id: one.score for one in grades.assignment_submissions("test")}
    assert points == {"solved": 10, "untouched": 0, "tampered": 0}
