"""Which pages the site has, from what is written elsewhere."""

import re
from pathlib import Path

import pytest

from website.pages import DATA, GLOSSARY, PageError, contents, data_pages, linked

ROOT = Path(__file__).parents[2]
TERM = re.compile(r"^(\S.*)\n((?:  .+\n)+)", re.M)
NOTEBOOK = re.compile(r"\(\.\./notebooks/(\w+)\.ipynb\)")


@pytest.fixture(scope="module")
def terms():
    """What stands below each term of the glossary."""
    return dict(TERM.findall((ROOT / f"{GLOSSARY}.md").read_text(encoding="utf-8")))


def test_every_heading_of_the_second_level_is_a_page_and_no_word_is_lost():
    text = "# Data\n\nAll.\n\n## The Wardrobe\n\nDrawn.\n\n### Values\n\n13.\n\n## UT-Zappos50k\n\nShoes.\n"
    assert data_pages(text) == {
        DATA: "# Data\n\nAll.\n\n",
        "data/the-wardrobe": "# The Wardrobe\n\nDrawn.\n\n## Values\n\n13.\n\n",
        "data/ut-zappos50k": "# UT-Zappos50k\n\nShoes.\n",
    }


def test_every_data_set_of_the_overview_has_a_page_that_says_licence_and_how_to_get_it():
    pages = data_pages((ROOT / "data" / "README.md").read_text(encoding="utf-8"))
    headings = {text.splitlines()[0].removeprefix("# ").lower(): text.lower() for text in pages.values()}
    overview = [row.strip("| ").lower() for row in re.findall(r"^\|[^|\n]+\|", pages[DATA], flags=re.M)][2:]
    assert len(overview) >= 7
    for name in overview:
        assert "licence" in headings[name]
        assert "how to get it" in headings[name]


def test_every_term_of_the_glossary_occurs_in_the_notebook_it_names(terms, course):
    words = {name: "\n".join(cell.source for cell in book.cells).casefold() for name, book in course.items()}
    assert len(terms) > 40
    for term, meaning in terms.items():
        named = NOTEBOOK.findall(meaning)
        assert named, f"{term} names no notebook"
        assert all(term.casefold() in words[name] for name in named), f"{term} does not occur in {named}"


def test_the_terms_of_the_glossary_are_in_order(terms):
    assert list(terms) == sorted(terms, key=str.casefold)


def test_links_are_found_outside_code_and_other_hosts_are_left_alone():
    text = "[a](../README.md) [b](https://x.org) ![c](../notebooks/cover.png)\n```\n[d](gone.md)\n```\n[e](#here)"
    assert linked("data/README", text, ROOT) == ["README.md", "notebooks/cover.png"]


@pytest.mark.parametrize("target", ["gone.md", "../../elsewhere.md", "../notebooks"])
def test_a_link_that_leads_nowhere_is_named_with_its_page(target):
    with pytest.raises(PageError, match=f"data/README: links to {re.escape(target)}"):
        linked("data/README", f"[x]({target})", ROOT)


def test_the_contents_keep_the_order_of_the_course():
    made = contents(
        {"00_a": "Start", "01_b": "Next"}, [DATA, "data/x"], ["website/api", "website/api/adde_lite.data"], []
    )
    course, data, look_up, _ = (part["chapters"] for part in made["parts"])
    assert course == [
        {"file": "notebooks/00_a", "title": "00  Start"},
        {"file": "notebooks/01_b", "title": "01  Next"},
    ]
    assert [page["file"] for page in data] == [DATA, "data/x"]
    assert look_up[1]["sections"] == [{"file": "website/api/adde_lite.data", "title": "data"}]
