"""No page of the project states a decimal that could go stale: each is a version or a limit that something checks."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.prose import typed_decimals
from tests.test_house import IMPORT_LIMIT_S

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder, pattern in ((ROOT, "*.md"), (ROOT / "data", "*.md"), (ROOT / "website", "*.md"))
    for path in folder.glob(pattern)
)
LICENCE = re.compile(r"\bCC BY(-NC)? \d\.\d")


def checked() -> set[str]:
    """Decimals that something holds to: the lowest Python, the limit on the package's import."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {project["requires-python"].removeprefix(">="), str(IMPORT_LIMIT_S)}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_states_no_decimal_that_nothing_checks(page):
    text = LICENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    assert set(typed_decimals(text)) - checked() == set()


def test_the_pages_are_those_that_a_reader_begins_with():
    assert {"README.md", "CONTRIBUTING.md", "SETUP.md", "data/README.md"} <= set(PAGES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is right in 93.5 % of cases, or 0.2 more.", ["93.5", "0.2"]),
        ("`x = 0.5`, $0.5$ and [0.5](https://x.org/1.5)", []),
        ("# Version 2.5\nApache-2.0, v1.2 and 1.2.3", []),
        ("```\nrate = 0.1\n```\nthen 0.7", ["0.7"]),
    ],
)
def test_decimals_are_found_in_prose_alone(text, found):
    assert typed_decimals(text) == found
