"""The site as a reader meets it: no kernel, no other host, a real browser."""

import functools
import http.server
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import pytest

from adde_lite.errors import InputError
from tests.browser.conftest import DRAW_MS
from website.build import build
from website.notebooks import STATE, VIEW, needs_a_kernel
from website.prepare import VENDOR, interpreter
from website.vendor import vendored

WHOLE = "04_memory_and_losses"  # formulas, pictures and a slider; the others keep their first cell
COMMITTED = Path(__file__).parents[2] / "notebooks" / f"{WHOLE}.ipynb"
PAGES = (
    "README.html",
    f"notebooks/{WHOLE}.html",
    "notebooks/00_start_here.html",
    "data/the-wardrobe.html",
    "website/glossary.html",
    "website/api/adde_lite.losses.html",
)
EXCERPT = 100  # characters; Sphinx takes up to 240
ELSEWHERE = ("http:", "https:", "//")
STATIC = "_static"  # holds a template of the theme
PHONE = {"width": 390, "height": 800}
# What a reader sees of the text, less code: there a dollar is a dollar.
PROSE = """() => {
    const article = document.querySelector('article').cloneNode(true);
    article.querySelectorAll('pre, code, script, style, mjx-container').forEach(part => part.remove());
    return article.textContent;
}"""


class Links(HTMLParser):
    """What a page points to and what it loads, and the ids that can be pointed to."""

    def __init__(self, text):
        super().__init__()
        self.points_to, self.loads, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.add(given.get("id"))
        if "src" in given:
            self.loads.append(given["src"])
        if "href" in given:
            (self.points_to if tag == "a" else self.loads).append(given["href"])


@dataclass
class Visit:
    """A page that was opened, and what went wrong on it."""

    page: object
    wrong: list = field(default_factory=list)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site with one whole notebook."""
    try:
        interpreter()
        for package in vendored():
            package.verify(VENDOR)
    except InputError as error:
        pytest.skip(f"the site was not set up: {error.remedy}")
    folder = tmp_path_factory.mktemp("site") / "site"
    build(folder, only=[WHOLE])
    return folder


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def visit(browser, address):
    """Open a page of the site; other hosts cannot be reached, and asking one counts as wrong."""
    opened = []

    def go(path):
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(DRAW_MS)
        made = Visit(page)
        opened.append(context)

        def pass_or_block(route):
            if route.request.url.startswith((address, "data:", "blob:")):
                route.continue_()
            else:
                made.wrong.append(f"another host: {route.request.url}")
                route.abort()

        context.route("**/*", pass_or_block)
        page.on("response", lambda answer: made.wrong.append(answer.url) if answer.status >= 400 else None)
        page.on("console", lambda said: made.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: made.wrong.append(str(error)))
        page.goto(address + path, wait_until="networkidle", timeout=DRAW_MS)
        return made

    yield go
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def notebook(visit):
    """The page of the whole notebook, opened once; a test leaves it as it was."""
    return visit(f"notebooks/{WHOLE}.html")


def test_every_link_leads_somewhere_and_no_page_loads_from_another_host(site):
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if STATIC not in path.parts}
    assert len(pages) > 30
    dead = []
    for path, links in pages.items():
        dead += [f"{path.name} loads {target}" for target in links.loads if target.startswith(ELSEWHERE)]
        for target in {*links.points_to, *links.loads}:
            if target.startswith((*ELSEWHERE, "mailto:", "data:")):
                continue
            file, anchor = urldefrag(unquote(target.split("?")[0]))
            leads_to = (path.parent / file).resolve() if file else path
            if not leads_to.is_file():
                dead.append(f"{path.name} points to {target}")
            elif anchor and leads_to in pages and anchor not in pages[leads_to].ids:
                dead.append(f"{path.name} points to {target}, which has no such place")
    assert dead == []


def test_notebooks_of_the_readme_are_pages_in_the_order_of_the_course(site):
    names = sorted(path.stem for path in COMMITTED.parent.glob("*.ipynb"))
    start = Links((site / "README.html").read_text(encoding="utf-8"))
    listed = [target for target in start.points_to if target.startswith("notebooks/") and target.endswith(".html")]
    assert list(dict.fromkeys(listed)) == [f"notebooks/{name}.html" for name in names]


def test_the_notebook_to_download_is_the_committed_one(site):
    assert (site / "_sources" / "notebooks" / COMMITTED.name).read_bytes() == COMMITTED.read_bytes()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_a_missing_file_and_fits_a_phone(visit, path):
    made = visit(path)
    assert made.wrong == []
    made.page.set_viewport_size(PHONE)
    assert made.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_formulas_are_drawn(notebook):
    page = notebook.page
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-container").count() > 10
    prose = page.evaluate(PROSE)
    assert len(prose) > 5000
    assert "$" not in prose
    assert "\\(" not in prose


def test_a_slider_moves_the_picture_and_back_with_no_kernel(notebook):
    page = notebook.page
    slider = page.locator(".edit-slider").get_by_role("slider").first
    slider.wait_for()
    label = page.locator(".edit-label").first
    seen = page.locator(".edit-picture img:visible").first
    said, drawn = label.inner_text(), seen.get_attribute("src")
    assert said.strip()

    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function("said => document.querySelector('.edit-label').innerText !== said", arg=said)
    assert seen.get_attribute("src") != drawn

    slider.press("ArrowLeft")
    page.wait_for_function("said => document.querySelector('.edit-label').innerText === said", arg=said)
    assert seen.get_attribute("src") == drawn
    assert notebook.wrong == []


def test_widgets_that_ask_a_kernel_say_so(notebook):
    book = nbformat.read(COMMITTED, as_version=4)
    outputs = [output.get("data", {}) for cell in book.cells for output in cell.get("outputs", [])]
    shown = [data[VIEW]["model_id"] for data in outputs if VIEW in data]
    state = book.metadata.widgets[STATE]["state"]
    waiting = [model for model in shown if needs_a_kernel(model, state)]
    assert notebook.page.locator(".live-only").count() == len(waiting) < len(shown)


def test_every_picture_is_shown_once_with_the_alt_text_of_its_notebook(notebook):
    book = nbformat.read(COMMITTED, as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    written = [alt for output in outputs if (alt := output.get("metadata", {}).get("image/png", {}).get("alt"))]
    shown = [
        picture.get_attribute("alt") for picture in notebook.page.locator("article .cell_output > .output img").all()
    ]
    assert [alt for alt in shown if alt in written] == written
    assert all(shown)
    assert not any(alt.endswith((".png", ".webp")) for alt in shown), "the name of a file says nothing"


def test_the_search_finds_a_page(visit):
    made = visit("search.html?q=memory")
    made.page.locator("#search-results a", has_text="Memory and losses").first.click()
    made.page.wait_for_url(f"**/notebooks/{WHOLE}.html*")
    assert made.wrong == []


def test_the_search_shows_words_of_the_article_it_found(visit):
    page = visit("search.html?q=memory").page
    for name in ("README", f"notebooks/{WHOLE}"):
        found = page.locator("#search-results li", has=page.locator(f'a[href^="{name}.html"]')).first
        excerpt = found.locator(".context")
        excerpt.wait_for()
        assert len(excerpt.inner_text()) > EXCERPT, "buttons and blanks in place of the text"
