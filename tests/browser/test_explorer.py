"""The explorer as a student meets it: JupyterLab, a real browser, the keyboard alone."""

import statistics
from functools import partial

import pytest

from tests.browser.conftest import changed, made

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

VALUE, STRENGTH, WEIGHT, GARMENT = ".explorer-value", ".explorer-strength", ".explorer-weight", ".explorer-garment"
LABEL, RESULTS, MEMORY = ".explorer-label", ".explorer-results", ".explorer-memory"
PRESSES = 20
NOTEBOOK = """
import torch
from adde_lite import Gallery, PrototypeMemory, widgets
from adde_lite.data.wardrobe import wardrobe

clothes = wardrobe(300, seed=1, variants=6, progress=False, cache=False)
hot = clothes.schema.one_hot(clothes.labels).float()
parts = hot.split(clothes.schema.sizes, dim=1)
blocks = torch.stack([torch.nn.functional.pad(part, (0, 16 - part.shape[1])) for part in parts], dim=1)
embeddings = blocks + 0.05 * torch.randn(blocks.shape, generator=torch.Generator().manual_seed(0))
memory = PrototypeMemory.of_means(embeddings, clothes.labels, clothes.schema)
gallery = Gallery(embeddings, clothes.labels, clothes.schema, memory)
widgets.explorer(gallery, clothes.images, rows=[0, 120, 60])
"""
# From the key to the first frame that the browser paints with the new picture.
WATCH = """selector => {
    const place = document.querySelector(selector);
    window.pressed = null;
    window.waits = [];
    document.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
    new MutationObserver(() => {
        const image = place.querySelector('img'), start = window.pressed;
        if (!image || start === null) return;
        window.pressed = null;
        image.decode().then(() => requestAnimationFrame(() => window.waits.push(performance.now() - start)));
    }).observe(place, {childList: true, subtree: true});
}"""


@pytest.fixture(scope="module")  # every test brings the controls back to where they were
def tab(browser, lab):
    """A notebook that shows the explorer over embeddings made of labels."""
    with made(browser, lab, "explorer", [NOTEBOOK]) as one:
        one.show(LABEL)
        yield one


def seen(tab):
    """What the label says, and the pixels of results and memory."""
    return tab.page.locator(LABEL).text_content(), tab.pixels(RESULTS), tab.pixels(MEMORY)


def goes_to_the_other_end_and_back(tab, slider, key, arrow):
    """Press `key`, which leads to the other end, then the arrow as often as there are stops on the way back."""
    label, results, memory = seen(tab)
    last = int(float(slider.get_attribute("aria-valuemax")))
    slider.focus()
    slider.press(key)
    expect(slider).to_have_attribute("aria-valuenow", f"{last if key == 'End' else 0}.0")
    expect(tab.page.locator(LABEL)).not_to_have_text(label)
    tab.wait_for_pixels(RESULTS, partial(changed, results))
    tab.wait_for_pixels(MEMORY, partial(changed, memory))
    for _ in range(last):
        slider.press(arrow)
    expect(slider).to_have_attribute("aria-valuenow", f"{0 if key == 'End' else last}.0")
    expect(tab.page.locator(LABEL)).to_have_text(label)
    tab.wait_for_pixels(RESULTS, lambda now: now == results)
    tab.wait_for_pixels(MEMORY, lambda now: now == memory)


def test_every_slider_of_an_attribute_goes_to_both_ends_and_back_by_keyboard(tab):
    count = tab.page.locator(VALUE).count()
    assert count == 13
    for position in range(count):
        slider = tab.page.locator(VALUE).nth(position).get_by_role("slider")
        assert slider.get_attribute("aria-valuenow") == "0.0"
        goes_to_the_other_end_and_back(tab, slider, "End", "ArrowLeft")


def test_strength_weight_and_garment_go_to_both_ends_and_back_by_keyboard(tab):
    memory = tab.pixels(MEMORY)
    colour = tab.page.locator(VALUE).nth(1).get_by_role("slider")
    colour.focus()
    colour.press("End")
    tab.wait_for_pixels(MEMORY, partial(changed, memory))  # the last to be drawn
    strength, weight, garment = (tab.page.locator(part).get_by_role("slider") for part in (STRENGTH, WEIGHT, GARMENT))
    goes_to_the_other_end_and_back(tab, strength, "Home", "ArrowRight")
    goes_to_the_other_end_and_back(tab, weight, "End", "ArrowLeft")
    goes_to_the_other_end_and_back(tab, garment, "End", "ArrowLeft")
    colour.press("Home")
    tab.wait_for_pixels(MEMORY, lambda now: now == memory)


def test_tab_reaches_every_control(tab):
    tab.page.get_by_label("garment").focus()
    names = ["garment"]
    while len(names) < 16:
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate("document.activeElement.role") == "slider", f"no slider beside {names[-1]}"
        tab.page.keyboard.press("Tab")
        name = tab.page.evaluate("document.activeElement.labels?.[0]?.innerText")
        assert name, f"Tab left the explorer after {names}"
        names.append(name)
    assert names[:4] == ["garment", "strength", "edits count", "category"]
    assert len(set(names)) == 16


def test_a_picture_follows_a_key_soon(tab):
    tab.page.evaluate(WATCH, MEMORY)
    slider = tab.page.locator(VALUE).nth(1).get_by_role("slider")
    slider.focus()
    for press in range(PRESSES):
        slider.press("ArrowRight" if press % 10 < 5 else "ArrowLeft")
        tab.page.wait_for_function("count => window.waits.length > count", arg=press)
    waits = tab.page.evaluate("window.waits")
    print(f"\nkey to picture: median {statistics.median(waits):.0f} ms, slowest of {PRESSES} {max(waits):.0f} ms")
    assert len(waits) == PRESSES
