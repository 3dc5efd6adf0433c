"""What the build of the notebooks accepts, refuses and repeats, on small notebooks of its own."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebooks.build import ROOT, BuildError, Cost, build, complaints, differences, read_budgets, record_cost

HEADER = """# ---
# jupyter:
#   course:
#     shows: A test.
#     cpu_s: {cpu_s}
#     tiny_cpu_s: 30
#     peak_mb: 1000
# ---

# %% [markdown]
# # A test
#
# {{{{budget}}}}

# %%
"""


@pytest.fixture
def folder(tmp_path):
    """A course of one notebook; call it with code to change the source."""

    def write(code, cpu_s=30):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / "00_test.py").write_text(HEADER.format(cpu_s=cpu_s) + code)
        return tmp_path

    return write


def test_two_builds_give_the_same_bytes_even_with_widgets_and_progress_bars(folder):
    course = folder(
        "import os\n\nimport ipywidgets\nfrom tqdm.auto import tqdm\n\n"
        "print(os.environ['ADDE_LITE_PROFILE'], sum(tqdm(range(3), disable=False)))\nipywidgets.IntSlider(3)\n"
    )
    build("00_test", folder=course)
    first = (course / "00_test.ipynb").read_bytes()
    build("00_test", folder=course)
    assert (course / "00_test.ipynb").read_bytes() == first

    book = nbformat.reads(first.decode(), as_version=4)
    assert [cell.id for cell in book.cells] == ["a-test-1", "a-test-2"]
    assert book.cells[1].outputs[0].text == "cpu 3\n"
    assert "IntSliderModel" in json.dumps(book.metadata.widgets)
    assert f"{read_budgets(course)['00_test']['cpu'].cpu_s} CPU-seconds" in book.cells[0].source
    assert differences("00_test", course) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [("import warnings\n\nwarnings.warn('old')\n", "stderr.*old"), ("1 / 0\n", "ZeroDivisionError")],
)
def test_a_build_that_fails_leaves_the_old_notebook_and_record(folder, code, reason):
    course = folder(code)
    (course / "00_test.ipynb").write_text("the old one")
    with pytest.raises(BuildError, match=reason):
        build("00_test", folder=course)
    assert sorted(path.name for path in course.iterdir()) == ["00_test.ipynb", "source"]
    assert (course / "00_test.ipynb").read_text() == "the old one"


def test_a_notebook_that_costs_more_than_it_promises_is_refused(folder):
    with pytest.raises(BuildError, match="promises 0 CPU-s"):
        build("00_test", folder=folder("print(1)\n", cpu_s=0))


def test_an_edited_source_no_longer_matches(folder):
    course = folder("print(1)\n")
    assert differences("00_test", course) == ["00_test: never built"]
    build("00_test", folder=course)
    folder("print(2)\n")
    assert differences("00_test", course) == ["00_test: cell a-test-2 differs"]


def test_a_hand_edited_record_no_longer_matches(folder):
    course = folder("print(1)\n")
    build("00_test", folder=course)
    (course / "budgets.json").write_text('{"00_test": {"cpu": {"cpu_s": 77, "peak_mb": 7}}}')
    assert differences("00_test", course) == ["00_test: cell a-test-1 differs"]


def test_a_record_changes_only_when_the_measurement_does(tmp_path):
    assert record_cost("00_test", "cpu", Cost(100, 500), tmp_path) == Cost(100, 500)
    assert record_cost("00_test", "cpu", Cost(110, 450), tmp_path) == Cost(100, 500)
    assert record_cost("00_test", "cpu", Cost(150, 500), tmp_path) == Cost(150, 500)
    assert record_cost("00_test", "gpu", Cost(20, 900), tmp_path) == Cost(20, 900)
    assert read_budgets(tmp_path) == {"00_test": {"cpu": Cost(150, 500), "gpu": Cost(20, 900)}}


def test_a_source_without_header_or_budget_line_is_refused(folder):
    course = folder("print(1)\n")
    source = course / "source" / "00_test.py"
    whole = source.read_text()
    source.write_text(whole.replace("tiny_cpu_s", "tiny"))
    with pytest.raises(BuildError, match="header must declare"):
        build("00_test", folder=course)
    source.write_text(whole.replace("{{budget}}", ""))
    with pytest.raises(BuildError, match="once"):
        build("00_test", folder=course)
    with pytest.raises(BuildError, match="there are: 00_test"):
        build("01_test", folder=course)


def stream(name, text):
    return new_output("stream", name=name, text=text)


def picture(metadata):
    return new_output("display_data", data={"image/png": "iVBORw0KGgo="}, metadata=metadata)


def shown(**data):
    return new_output("display_data", data={f"text/{kind}": text for kind, text in data.items()})


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (stream("stderr", "UserWarning: old"), "stderr"),
        (new_output("error", ename="ValueError", evalue="", traceback=[]), "ValueError"),
        (picture({}), "without alt text"),
        (picture({"image/png": {"alt": ""}}), "without alt text"),
        (shown(html='<img src="data:,">'), "without alt text"),
        (shown(html='<img alt="" src="data:,">'), "without alt text"),
        (stream("stdout", f"saved to {ROOT}/data"), "path of this machine"),
        (stream("stdout", "saved to /tmp/x"), "path of this machine"),
        (shown(plain="<object at 0x7f01>"), "memory address"),
        (shown(plain=" 40%|####      | 2/5"), "progress bar"),
        (stream("stdout", "x" * 1_100_000), "1.1 MB"),
    ],
)
def test_an_output_that_may_not_be_committed_is_named(output, reason):
    (said,) = complaints(new_notebook(cells=[new_code_cell("1", execution_count=1, outputs=[output])]))
    assert reason in said


def test_clean_outputs_pass():
    outputs = [stream("stdout", "fine"), picture({"image/png": {"alt": "A coat"}}), shown(html='<img alt="A hat">')]
    assert complaints(new_notebook(cells=[new_code_cell("1", execution_count=1, outputs=outputs)])) == []


@pytest.mark.parametrize("counts", [[1, 3], [2, 1], [None, None]])
def test_cells_run_out_of_order_are_named(counts):
    (said,) = complaints(new_notebook(cells=[new_code_cell("1", execution_count=count) for count in counts]))
    assert "execution counts" in said
