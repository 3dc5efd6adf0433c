"""The committed notebooks: built from their sources, clean, within budget. nbval runs their cells."""

import re
from pathlib import Path

import nbformat
import pytest

from notebooks.build import (
    NOTEBOOKS,
    complaints,
    course_map,
    differences,
    read_budgets,
    read_source,
    source_names,
)
from tests.prose import typed_decimals

README = Path(__file__).parents[1] / "README.md"
LONGEST_CELL = 40
every_notebook = pytest.mark.parametrize("name", source_names())


def test_every_notebook_has_a_source_and_a_measured_cost():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(source_names()) == set(read_budgets())


@every_notebook
def test_the_notebook_matches_its_source(name):
    assert differences(name) == [], "run: make notebooks"


@every_notebook
def test_the_notebook_ran_in_order_and_is_fit_to_read(name):
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    assert complaints(book) == []


@every_notebook
def test_the_recorded_cost_is_within_what_the_source_promises(name):
    cost, (_, promise) = read_budgets()[name]["cpu"], read_source(name)
    assert cost.cpu_s <= promise.cpu_s
    assert cost.peak_mb <= promise.peak_mb


def test_the_readme_shows_the_recorded_costs():
    assert course_map() in README.read_text(encoding="utf-8"), "run: make notebooks"


@every_notebook
def test_no_code_cell_is_too_long_to_read_at_once(name):
    book, _ = read_source(name)
    long = [cell.id for cell in book.cells if cell.cell_type == "code" and cell.source.count("\n") >= LONGEST_CELL]
    assert long == []


@every_notebook
def test_no_measured_number_is_typed_into_the_text(name):
    book, _ = read_source(name)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert typed_decimals(cell.source) == [], f"{cell.id}: print it from a variable"


@every_notebook
def test_pictures_in_the_text_have_alt_text(name):
    book, _ = read_source(name)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"])[^>]*>", cell.source), cell.id
