"""Notebooks as the site shows them: every picture once, with its alt text."""

import html
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, from_dict


def for_the_site(book: NotebookNode) -> NotebookNode:
    """Turn each picture among the outputs into one <img> with its alt text.

    The site's builder would drop the alt text that an output keeps beside the picture. An output that brings HTML of
    its own is shown by that alone.
    """
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = from_dict(_once(output.data, output.get("metadata", {})))
    return book


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
