"""On the site every picture stands once and keeps its alt text."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from website.notebooks import LIVE_ONLY, STATE, VIEW, for_the_site, title, title_only

ALT = 'A shirt, "floral" & long.'
PNG = "iVBORw0KGgo=\n"
TAG = '<img src="data:image/webp;base64,UklGRg==" alt="a shirt">'


def shown(data, metadata):
    """What the site gets of one output."""
    output = new_output("display_data", data, metadata=metadata)
    book = for_the_site(new_notebook(cells=[new_code_cell("plot", outputs=[output])]))
    return book.cells[0].outputs[0].data


def test_a_bare_picture_becomes_an_image_with_its_alt_text():
    data = shown({"image/png": PNG, "text/plain": ALT}, {"image/png": {"alt": ALT}})
    assert data.keys() == {"text/html", "text/plain"}
    assert data["text/html"] == (
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="A shirt, &quot;floral&quot; &amp; long.">'
    )


def test_a_picture_that_brings_its_own_html_is_shown_by_that_alone():
    data = shown({"text/html": TAG, "image/png": PNG, "text/plain": ALT}, {"image/png": {"alt": ALT}})
    assert data == {"text/html": TAG, "text/plain": ALT}


@pytest.mark.parametrize(
    "data",
    [
        {"text/plain": "3"},
        {"image/png": PNG, "text/plain": "a picture without alt text"},
    ],
    ids=["text", "a picture that has none"],
)
def test_everything_else_stays(data):
    assert shown(data, {}) == data


@pytest.mark.parametrize("linked", [True, False])
def test_sliders_that_no_link_moves_say_that_they_need_a_kernel(linked):
    parts = {
        "box": ("VBoxModel", {"children": ["IPY_MODEL_slider", "IPY_MODEL_stack"]}),
        "slider": ("IntSliderModel", {}),
        "stack": ("StackModel", {"children": []}),
        "elsewhere": ("FloatSliderModel", {}),
    }
    if linked:
        ends = {"source": ["IPY_MODEL_slider", "value"], "target": ["IPY_MODEL_stack", "selected_index"]}
        parts["link"] = ("LinkModel", ends)
    state = {name: {"model_name": kind, "state": inside} for name, (kind, inside) in parts.items()}
    book = new_notebook(cells=[new_code_cell("box", outputs=[new_output("display_data", {VIEW: {"model_id": "box"}})])])
    book.metadata.widgets = {STATE: {"state": state}}
    outputs = for_the_site(book).cells[0].outputs
    assert outputs[0].data == {VIEW: {"model_id": "box"}}
    assert [output.data for output in outputs[1:]] == ([] if linked else [LIVE_ONLY])


def test_a_cut_notebook_keeps_its_heading():
    book = new_notebook(
        cells=[new_markdown_cell("# Losses\n\nFive."), new_code_cell("1"), new_markdown_cell("## More")]
    )
    assert title(book) == "Losses"
    assert [cell.source for cell in title_only(book).cells] == ["# Losses\n\nFive."]


def test_every_picture_of_the_course_reaches_the_site_once_and_with_alt_text(course):
    count = 0
    for book in course.values():
        for cell in for_the_site(book).cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                assert not any(kind.startswith("image/") for kind in data)
                tags = re.findall(r"<img\b[^>]*>", data.get("text/html", ""))
                assert all(re.search(r'\balt="[^"]', tag) for tag in tags)
                count += bool(tags)
    assert count > len(course)
