"""A real JupyterLab in a real Chromium: what the browser tests stand on.

A test asks for `open_notebook` and gets a `Tab` for a fresh copy of a notebook of the course, outputs cleared:

    tab = open_notebook("00_start_here")
    tab.run_all()
    tab.show(".edit-slider").get_by_role("slider").press("ArrowRight")

What needs no kernel is tried on the notebook as it is committed, which costs no run: `open_notebook(name, saved=True)`.

Where Chromium or Playwright is missing, these tests skip with one line that says so.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import pytest
from nbformat.sign import NotebookNotary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAB_START_S = 60
RUN_MS = 300_000
DRAW_MS = 60_000

# The notebook's model, not the page: cells that are scrolled out of sight are not in the page.
STATE = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel?.status;
    const cells = panel?.content?.model ? Array.from(panel.content.model.cells) : [];
    const code = cells.filter(cell => cell.type === 'code' && cell.sharedModel.getSource().trim());
    const outputs = code.flatMap(cell => cell.sharedModel.outputs);
    return {
        ready: code.length > 0 && kernel === 'idle',
        ran: code.every(cell => cell.executionCount !== null),
        errors: outputs.filter(output => output.output_type === 'error').map(e => `${e.ename}: ${e.evalue}`),
    };
}"""
WITH_OUTPUTS = """() => {
    const cells = Array.from(window.jupyterapp.shell.currentWidget.content.model.cells);
    return cells.flatMap((cell, position) => cell.sharedModel.outputs?.length ? [position] : []);
}"""
SLIDER, LABEL, PICTURE = ".edit-slider", ".edit-label", ".edit-picture"
PIXELS = """async selector => {
    const pictures = [];
    for (const image of document.querySelectorAll(`img${selector}, ${selector} img`)) {
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
        const hash = await crypto.subtle.digest('SHA-256', data);
        pictures.push(canvas.width + 'x' + canvas.height + ':' + new Uint8Array(hash).join());
    }
    return pictures;
}"""


def changed(before: object, now: object) -> bool:
    """Whether what is seen is no more what it was; for `Tab.wait_for_pixels`, with `before` bound."""
    return now != before


class Stop(NamedTuple):
    """What a slider over pictures drawn beforehand shows at one of its stops."""

    label: str
    pixels: list[str]
    alt: str


@dataclass(frozen=True)
class Tab:
    """One notebook open in JupyterLab."""

    page: "Page"

    def wait_until_open(self) -> None:
        """Wait until the cells are there and the kernel is idle."""
        self.page.wait_for_function(f"({STATE})().ready", timeout=RUN_MS)

    def run_all(self) -> None:
        """Run the notebook top to bottom; fail with the first error a cell raises."""
        self.wait_until_open()
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        finished = f"(state => state.errors.length || (state.ready && state.ran))(({STATE})())"
        self.page.wait_for_function(finished, timeout=RUN_MS)
        assert self.page.evaluate(STATE)["errors"] == []

    def show(self, selector: str) -> "Locator":
        """Scroll through the cells with outputs until an element matches `selector`; return it.

        The round starts again until DRAW_MS is over: a saved widget comes later than its cell, once the kernel has
        said which widgets it has itself.
        """
        found = self.page.locator(selector).first
        deadline = time.monotonic() + DRAW_MS / 1000
        for position in cycle(self.page.evaluate(WITH_OUTPUTS)):
            if found.is_visible():
                break
            assert time.monotonic() < deadline, f"no cell shows {selector}"
            self.page.evaluate(
                """async position => {
                    const notebook = window.jupyterapp.shell.currentWidget.content;
                    notebook.activeCellIndex = position;
                    await notebook.scrollToItem(position, 'center');
                }""",
                position,
            )
            self.page.wait_for_timeout(200)
        found.scroll_into_view_if_needed()
        return found

    def pixels(self, selector: str) -> list[str]:
        """Size and hash of the decoded pixels of each picture that matches `selector` or lies in such an element."""
        pictures: list[str] = self.page.evaluate(PIXELS, selector)
        assert pictures, f"no picture in {selector}"
        return pictures

    def wait_for_pixels(self, selector: str, wanted: Callable[[list[str]], bool]) -> None:
        """Wait until the pictures are as wanted; fail after DRAW_MS."""
        deadline = time.monotonic() + DRAW_MS / 1000
        while not wanted(self.pixels(selector)):
            assert time.monotonic() < deadline, f"the pictures in {selector} did not become as wanted"
            self.page.wait_for_timeout(50)

    def stops(self) -> Iterator[Stop]:
        """Move the first edit slider through its stops by keyboard, then back to the first, which must look as before.

        Each stop must have a label and a picture other than those of the stop before.
        """
        from playwright.sync_api import expect

        slider, label = self.show(SLIDER).get_by_role("slider").first, self.page.locator(LABEL).first
        image = self.page.locator(f"{PICTURE} img:visible").first
        steps = int(float(slider.get_attribute("aria-valuemax") or ""))
        first = text = label.text_content() or ""
        start = pixels = self.pixels(PICTURE)
        slider.focus()
        for step in range(steps + 1):
            if step:
                slider.press("ArrowRight")
                expect(label).not_to_have_text(text)
                self.wait_for_pixels(PICTURE, partial(changed, pixels))
            text, pixels = label.text_content() or "", self.pixels(PICTURE)
            yield Stop(text.strip(), pixels, image.get_attribute("alt") or "")
        for _ in range(steps):
            slider.press("ArrowLeft")
        expect(label).to_have_text(first)
        self.wait_for_pixels(PICTURE, lambda now: now == start)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium of this machine."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: install it to run the browser tests")
    return path


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no other asyncio loop can run in this thread
def browser(chromium_path: str) -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=DRAW_MS)  # it would wait five seconds, too few on a busy machine
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab that serves `folder`."""

    folder: Path
    data: Path
    port: int
    token: str

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}token={self.token}"


@pytest.fixture(scope="session")
def lab(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab of this environment with settings of its own, kernels in profile tiny."""
    home = tmp_path_factory.mktemp("lab")
    private = {
        name: str(home / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = Lab(home / "notebooks", Path(private["JUPYTER_DATA_DIR"]), port, secrets.token_hex(16))
    served.folder.mkdir()
    log = home / "log.txt"
    options = {
        "LabApp.expose_app_in_browser": "True",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "IdentityProvider.token": served.token,
        "ServerApp.port": str(port),
        "ServerApp.port_retries": "0",
        "ServerApp.root_dir": str(served.folder),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    with log.open("w") as out:
        server = subprocess.Popen(
            [*command, *(f"--{name}={value}" for name, value in options.items())],
            env=os.environ | private | {"ADDE_LITE_PROFILE": "tiny", "OMP_WAIT_POLICY": "PASSIVE"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(server, served, log)
        yield served
    finally:
        server.terminate()  # which shuts its kernels down as well
        server.wait(timeout=30)


def _wait_until_up(server: "subprocess.Popen[bytes]", served: Lab, log: Path) -> None:
    deadline = time.monotonic() + LAB_START_S
    while True:
        assert server.poll() is None, f"JupyterLab ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"JupyterLab did not answer in {LAB_START_S} s:\n{log.read_text()}"
        try:
            urllib.request.urlopen(served.url("api/status?"), timeout=5).close()
            return
        except urllib.error.URLError:
            time.sleep(0.2)


@contextmanager
def opened(browser: "Browser", lab: Lab, name: str) -> Iterator[Tab]:
    """The notebook `name` of the served folder in a tab of its own; in the end its kernel and its page are gone."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(lab.url(f"lab/tree/{name}.ipynb?reset&"))
    yield Tab(page)
    page.evaluate("window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()")
    page.close()


@contextmanager
def made(browser: "Browser", lab: Lab, name: str, cells: Sequence[str]) -> Iterator[Tab]:
    """A notebook of these code cells, run."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code.strip()) for code in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, lab.folder / f"{name}.ipynb")
    with opened(browser, lab, name) as tab:
        tab.run_all()
        yield tab


@pytest.fixture
def open_notebook(browser: "Browser", lab: Lab) -> Iterator[Callable[..., Tab]]:
    """Open a copy of notebooks/NAME.ipynb in a tab of its own.

    It has no outputs, so that a run shows what it makes; with `saved`, those that are committed, trusted as if they had
    been made here.
    """
    tabs = ExitStack()

    def open_one(name: str, *, saved: bool = False) -> Tab:
        book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        if saved:
            notary = NotebookNotary(data_dir=str(lab.data))
            notary.sign(book)
            notary.store.close()
        else:
            for cell in book.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            book.metadata.pop("widgets", None)
        nbformat.write(book, lab.folder / f"{name}.ipynb")
        tab = tabs.enter_context(opened(browser, lab, name))
        tab.wait_until_open()  # also a saved one: its widgets come once the kernel is there
        return tab

    with tabs:
        yield open_one
