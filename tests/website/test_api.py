"""Every public name is described on one page."""

import importlib
import re
from collections import Counter
from pathlib import Path

from website.api import api_pages, homes, packages

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_described_once_and_linked_from_everywhere_else():
    known = packages(ROOT)
    things = {
        (package.module, name): getattr(importlib.import_module(package.module), name)
        for package in known
        for name in package.names
    }
    for place, home in homes(known).items():
        assert things[home, place[1]] is things[place]
    described = Counter((home, name) for (_, name), home in homes(known).items())
    of_one_class = {id(things[one]): one for one in described if isinstance(things[one], type)}
    assert len(of_one_class) == sum(isinstance(things[one], type) for one in described), "a class has two homes"


def test_a_page_asks_for_its_own_names_and_links_the_others():
    pages = api_pages(ROOT)
    root = pages["website/api/adde_lite"]
    members = re.search(r":members: (.+)", root)[1].split(", ")
    assert "Edit" in members
    assert "wardrobe" not in members
    assert "`wardrobe <adde_lite.data.wardrobe.wardrobe>`" in root
    assert ":members: " in pages["website/api/adde_lite.data.wardrobe"]


def test_the_overview_comes_first_and_names_every_page():
    overview, *others = api_pages(ROOT).items()
    assert all(f"({page.removeprefix('website/')}.md)" in overview[1] for page, _ in others)
