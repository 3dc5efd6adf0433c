"""Notebooks as the site shows them: every picture once, with its alt text."""

import html
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_output

STATE, VIEW = "application/vnd.jupyter.widget-state+json", "application/vnd.jupyter.widget-view+json"
REFERENCE = "IPY_MODEL_"
LIVE_ONLY = {
    "text/html": '<p class="live-only">These sliders ask a running kernel: here the picture stays as it is. Open the '
    "notebook with <code>make lab</code> to move it.</p>"
}


def for_the_site(book: NotebookNode) -> NotebookNode:
    """Turn each picture among the outputs into one <img> with its alt text.

    The site's builder would drop the alt text that an output keeps beside the picture. An output that brings HTML of
    its own is shown by that alone. Sliders that ask a kernel say so.
    """
    widgets = book.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in book.cells:
        for output in list(cell.get("outputs", [])):
            if "data" in output:
                output.data = from_dict(_once(output.data, output.get("metadata", {})))
                if VIEW in output.data and needs_a_kernel(output.data[VIEW]["model_id"], widgets):
                    cell.outputs.insert(cell.outputs.index(output) + 1, new_output("display_data", LIVE_ONLY))
    return book


def needs_a_kernel(model: str, widgets: Mapping[str, Any]) -> bool:
    """Whether a slider in the widget `model` moves nothing by itself: no link leads from it to another part.

    Args:
        model: the id of a widget.
        widgets: the state of all widgets of the notebook by id.
    """
    links = [widget["state"] for widget in widgets.values() if widget["model_name"] == "LinkModel"]
    linked = {link["source"][0] for link in links}
    waiting, sliders = [f"{REFERENCE}{model}"], set()
    while waiting:
        reference = waiting.pop()
        widget = widgets[reference.removeprefix(REFERENCE)]
        waiting += widget["state"].get("children", [])
        if widget["model_name"].endswith("SliderModel"):
            sliders.add(reference)
    return bool(sliders - linked)


def title_only(book: NotebookNode) -> NotebookNode:
    """The notebook cut down to its first cell: it keeps its place among the pages while another one is worked on."""
    book.cells = book.cells[:1]
    book.metadata.pop("widgets", None)
    return book


def title(book: NotebookNode) -> str:
    """The heading of the first cell."""
    first: str = book.cells[0].source.splitlines()[0]
    return first.removeprefix("# ")


def _once(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    shown = {kind: content for kind, content in data.items() if not kind.startswith("image/")}
    for kind, content in data.items():
        alt = metadata.get(kind, {}).get("alt")
        if kind.startswith("image/") and "text/html" not in data and alt and not kind.endswith("svg+xml"):
            source = f"data:{kind};base64,{''.join(content.split())}"
            shown["text/html"] = f'<img src="{source}" alt="{html.escape(alt)}">'
    return shown if shown.keys() - {"text/plain"} else dict(data)
