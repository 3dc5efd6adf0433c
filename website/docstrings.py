"""A Sphinx extension: docstrings of the package are plain text with code between backticks, not reStructuredText."""

from typing import Any

from sphinx.application import Sphinx


def escape(_app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """A bar is a norm or a size here; reStructuredText would take the words between two of them for a substitution."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
