"""The explorer as a reviewer meets it: `make explorer`, a real browser, the keyboard alone."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from tests.browser.conftest import RUN_MS, Tab, changed

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

ROOT = Path(__file__).parents[2]
START_S = 240  # the first time, the garments are drawn as well
VALUE, STRENGTH = ".explorer-value", ".explorer-strength"
LABEL, RESULTS, MEMORY = ".explorer-label", ".explorer-results", ".explorer-memory"


@pytest.fixture(scope="module")
def page_address(chromium_path, tmp_path_factory):
    """The address of the page, served by the make target with the Python that runs the tests."""
    if shutil.which("make") is None or importlib.util.find_spec("voila") is None:
        pytest.skip('needs make and Voila: pip install "adde-lite[explorer]"')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("voila")
    private = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    target = ["explorer", "READY=", f"BIN={Path(sys.executable).parent}"]
    log = home / "log.txt"
    with log.open("w") as out:
        server = subprocess.Popen(
            ["make", *target, f"EXPLORER_ARGS=--no-browser --port={port} --Voila.port_retries=0"],
            cwd=ROOT,
            env=os.environ | private | {"ADDE_LITE_PROFILE": "tiny", "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address, deadline = f"http://127.0.0.1:{port}/", time.monotonic() + START_S
    try:
        while not _answers(f"{address}voila/static/"):
            assert server.poll() is None, f"make explorer ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"no page after {START_S} s:\n{log.read_text()}"
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # make, and Voila, which shuts its kernels down
        server.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def tab(browser, page_address):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_navigation_timeout(RUN_MS)
    page.goto(page_address, wait_until="commit")
    page.wait_for_selector(f"{MEMORY} img", timeout=RUN_MS)
    yield Tab(page)
    page.close()


def test_the_page_follows_the_keyboard_and_comes_back(tab):
    label = tab.page.locator(LABEL)
    start = label.text_content(), tab.pixels(RESULTS), tab.pixels(MEMORY)
    assert "This garment, but" in tab.page.locator("h1").text_content()
    slider = tab.page.locator(VALUE).nth(1).get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(label).to_contain_text("colour → ")
    tab.wait_for_pixels(RESULTS, partial(changed, start[1]))
    tab.wait_for_pixels(MEMORY, partial(changed, start[2]))
    slider.press("Home")
    expect(label).to_have_text(start[0])
    tab.wait_for_pixels(RESULTS, lambda now: now == start[1])
    tab.wait_for_pixels(MEMORY, lambda now: now == start[2])


def test_the_page_shows_no_code_and_no_error(tab):
    assert "import torch" not in tab.page.locator("body").inner_text()
    assert tab.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
