"""What a reader who sees no picture gets: alt text of every picture, headings in order. Sliders: tests/browser."""

import html
import itertools
import re

import nbformat
import pytest

from notebooks.build import NOTEBOOKS, read_source, source_names

FEWEST_WORDS = 5
FILE_NAME = re.compile(r"^\S+\.(png|webp|svg|jpe?g)$", flags=re.I)
every_notebook = pytest.mark.parametrize("name", source_names())


def empty_words(alt):
    """Why a text says nothing of a picture, or None."""
    if FILE_NAME.match(alt.strip()):
        return f"a file's name: {alt!r}"
    if len(alt.split()) < FEWEST_WORDS:
        return f"fewer than {FEWEST_WORDS} words: {alt!r}"
    return None


def alts_of_html(text):
    """The alt text of every <img>; an image without one has an empty one."""
    for tag in re.findall(r"<img\b[^>]*>", text):
        found = re.search(r'\balt="([^"]*)"', tag)
        yield html.unescape(found[1]) if found else ""


def alts_of_markdown(text):
    yield from re.findall(r"!\[([^]]*)\]\(", text)
    yield from alts_of_html(text)


def alts_of_output(output):
    data, metadata = output.get("data", {}), output.get("metadata", {})
    yield from alts_of_html(data.get("text/html", ""))
    for kind in data:
        if kind.startswith("image/"):
            yield metadata.get(kind, {}).get("alt", "")


def alts(book):
    """The alt text of every picture of a notebook: in its text, in its outputs, in its widgets."""
    for cell in book.cells:
        if cell.cell_type == "markdown":
            yield from alts_of_markdown(cell.source)
        for output in cell.get("outputs", []):
            yield from alts_of_output(output)
    widgets = book.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for model in widgets.values():
        yield from alts_of_html(str(model["state"].get("value", "")))


def slips_of_headings(book):
    """What a reader who goes from heading to heading would stumble on."""
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S)
    levels = [(len(marks), title) for marks, title in re.findall(r"^(#{1,6}) +(.+)$", text, flags=re.M)]
    said = [] if [level for level, _ in levels].count(1) == 1 else ["not one heading of the first level"]
    if levels and levels[0][0] != 1:
        said.append(f"begins with {levels[0][1]!r}, which is not of the first level")
    pairs = itertools.pairwise(levels)
    return said + [f"{title!r} skips a level" for (above, _), (level, title) in pairs if level > above + 1]


@every_notebook
def test_every_picture_of_the_notebook_is_told_in_words(name):
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    found = list(alts(book))
    assert found, "a notebook without any picture"
    assert list(filter(None, map(empty_words, found))) == []


@every_notebook
def test_headings_go_down_one_level_at_a_time(name):
    book, _ = read_source(name)
    assert slips_of_headings(book) == []


@pytest.mark.parametrize("alt", ["", "plot.png", "figure_12.webp", "A picture.", "loss over time"])
def test_words_that_say_nothing_are_found(alt):
    assert empty_words(alt)


def picture_book():
    cell = nbformat.v4.new_code_cell(
        outputs=[
            nbformat.v4.new_output(
                "display_data",
                {"image/png": "", "text/html": '<img src="" alt="from &lt;html&gt;">'},
                metadata={"image/png": {"alt": "from metadata"}},
            ),
            nbformat.v4.new_output("display_data", {"image/png": "", "text/html": "<img src=''>"}),
        ]
    )
    text = nbformat.v4.new_markdown_cell('![from text](a.png) and <img src="b.png" alt="from a tag">')
    state = {"1": {"state": {"value": '<img alt="from a widget">'}}, "2": {"state": {"value": 3.5}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    return nbformat.v4.new_notebook(cells=[text, cell], metadata={"widgets": widgets})


def test_pictures_are_found_wherever_a_notebook_may_hold_one():
    told = ["from text", "from a tag", "from <html>", "from metadata", "", "", "from a widget"]
    assert list(alts(picture_book())) == told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# One\n\n## Two\n\n### Three\n\n## Two again", []),
        ("# One\n\n### Three", ["'Three' skips a level"]),
        ("# One\n\n# Another", ["not one heading of the first level"]),
        ("## Two", ["not one heading of the first level", "begins with 'Two', which is not of the first level"]),
        ("# One\n\n```sh\n# a comment\n```", []),
    ],
)
def test_slips_of_headings_are_found(text, said):
    assert slips_of_headings(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])) == said
