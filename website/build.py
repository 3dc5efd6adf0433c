"""Build the site:  python -m website.build

From the executed notebooks, the README, data/README.md, the glossary and the docstrings, into build/site. Nothing is
executed and nothing is fetched. A warning of jupyter-book is an error. A build that fails leaves the old site.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import nbformat

from adde_lite.errors import InputError
from website import notebooks, pages
from website.api import api_pages
from website.prepare import VENDOR, interpreter
from website.vendor import vendored

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "website"
SITE = ROOT / "build" / "site"
STATIC = "assets"  # a folder _static would have jupyter-book load all of its scripts on every page
ENTRY = "from jupyter_book.cli.main import main; main()"
PAGES = "_build/html"  # where jupyter-book writes them
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class SiteError(Exception):
    """jupyter-book warned or failed; the message holds what it said."""


def build(target: Path = SITE, only: Collection[str] | None = None) -> None:
    """Write the site into the folder `target`, replacing what was there.

    Args:
        only: notebooks to show whole; the others keep no more than their first cell. All when None.

    Raises:
        InputError: `make site-setup` has not run, or what it brought is damaged.
        pages.PageError: a page links to what is not there.
        SiteError: jupyter-book failed or warned.
    """
    python = interpreter()
    packages = vendored()
    for package in packages:
        package.verify(VENDOR)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as made:
        source, out = Path(made, "source"), Path(made, "out")
        gather(source, only)
        for package in packages:
            package.unpack(VENDOR, source / STATIC)
        _run(python, source, out)
        for book in (out / PAGES / "_sources" / "notebooks").glob("*.ipynb"):
            shutil.copy(ROOT / "notebooks" / book.name, book)  # to download: as it was committed
        _replace(target, out / PAGES)


def gather(source: Path, only: Collection[str] | None = None) -> None:
    """Write everything that the site is made of into the folder `source`, each file where the project has it.

    Raises:
        pages.PageError: a page links to what is not there.
    """
    titles = {}
    texts = {pages.START: _read("README.md"), pages.GLOSSARY: _read("website/glossary.md")}
    data = pages.data_pages(_read("data/README.md"))
    api = api_pages(ROOT)
    texts |= data
    files = {"website/static/logo.svg"}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        titles[path.stem] = notebooks.title(book)
        book = notebooks.for_the_site(book) if only is None or path.stem in only else notebooks.title_only(book)
        _write(source / "notebooks" / path.name, nbformat.writes(book))
        texts[f"notebooks/{path.stem}"] = "\n\n".join(c.source for c in book.cells if c.cell_type == "markdown")
    more: list[str] = []
    waiting = dict(texts)
    while waiting:
        page, text = waiting.popitem()
        for name in pages.linked(page, text, ROOT):
            further = name.removesuffix(".md")
            if name.endswith(".md") and further not in texts:
                texts[further] = waiting[further] = _read(name)
                more.append(further)
            elif not name.endswith((".md", ".ipynb")):
                files.add(name)
    for page, text in (texts | api).items():
        if not page.startswith("notebooks/"):
            _write(source / f"{page}.md", text)
    for name in files:
        _write_bytes(source / name, (ROOT / name).read_bytes())
    shutil.copytree(HERE / "static", source / STATIC)
    shutil.copy(HERE / "_config.yml", source)
    _write(source / "_toc.yml", json.dumps(pages.contents(titles, list(data), list(api), sorted(more))))


def _run(python: Path, source: Path, out: Path) -> None:
    command = [str(python), "-c", ENTRY, "build", str(source), "--path-output", str(out), "-W", "--keep-going", "-q"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SiteError(COLOUR.sub("", done.stdout + done.stderr).replace(f"{source}/", ""))


def _replace(target: Path, made: Path) -> None:
    old = made.with_name("old")
    if target.exists():
        target.rename(old)
    made.rename(target)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main() -> int:
    try:
        build()
    except (InputError, SiteError, pages.PageError) as error:
        print(f"site: {error}", file=sys.stderr)
        return 1
    print(f"{SITE.relative_to(ROOT)}/index.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
