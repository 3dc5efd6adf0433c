"""Pages in Markdown: which there are, and what they link to."""

import re
from pathlib import Path

from website.api import LOOK_UP

START, DATA, GLOSSARY = "README", "data/README", "website/glossary"
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
OUTSIDE = re.compile(r"[a-z]+:")


class PageError(Exception):
    """A page cannot go onto the site as it is; the message names the page and says what to mend."""


def data_pages(text: str) -> dict[str, str]:
    """Split data/README.md: each heading of the second level starts a page of its own.

    Returns:
        Markdown by path without suffix, the introduction first.
    """
    introduction, *sections = re.split(r"^## +", text, flags=re.M)
    pages = {DATA: introduction}
    for section in sections:
        name, rest = section.split("\n", 1)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        pages[f"data/{slug}"] = f"# {name}\n" + re.sub(r"^##(?=#)", "#", rest, flags=re.M)
    return pages


def linked(page: str, text: str, root: Path) -> list[str]:
    """The project's files that a page links to or shows, as paths from `root`.

    Raises:
        PageError: a link leads to no file, or out of the project.
    """
    found = []
    for target in LINK.findall(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        if OUTSIDE.match(target):
            continue
        path = ((root / page).parent / target).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            raise PageError(f"{page}: links to {target}, which is no file of the project")
        found.append(path.relative_to(root).as_posix())
    return found


def contents(notebooks: dict[str, str], data: list[str], api: list[str], more: list[str]) -> dict[str, object]:
    """The table of contents, as jupyter-book wants it.

    Args:
        notebooks: titles by name, in order.
        data, api: their pages, the overview first.
        more: further pages.
    """
    course = [{"file": f"notebooks/{name}", "title": f"{name[:2]}  {title}"} for name, title in notebooks.items()]
    parts = {
        "The course": course,
        "Data": [{"file": data[0], "title": "All data sets"}, *({"file": page} for page in data[1:])],
        "To look up": [
            {"file": GLOSSARY},
            {"file": LOOK_UP, "sections": [{"file": page, "title": _short(page)} for page in api[1:]]},
        ],
        "More": [{"file": page} for page in more],
    }
    return {
        "format": "jb-book",
        "root": START,
        "parts": [{"caption": caption, "chapters": chapters} for caption, chapters in parts.items()],
    }


def _short(page: str) -> str:
    """A package's name without that of the project: there is little room beside the text."""
    return page.removeprefix(f"{LOOK_UP}/").removeprefix("adde_lite.")
