"""The page of every public package: what its `__all__` names, from the docstrings."""

import ast
from dataclasses import dataclass
from pathlib import Path

LOOK_UP = "website/api"


@dataclass(frozen=True)
class Package:
    """A package that says in `__all__` what is public.

    Args:
        module: dotted.
        sentence: the first of its docstring.
        names: public ones, in the order of `__all__`.
        origins: the module that each imported name is imported from.
    """

    module: str
    sentence: str
    names: tuple[str, ...]
    origins: dict[str, str]


def packages(root: Path) -> list[Package]:
    """Every package below `root`/adde_lite that has an `__all__`, read and not imported."""
    found = []
    for path in sorted((root / "adde_lite").rglob("__init__.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ]
        origins = {
            alias.asname or alias.name: str(node.module)
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if names:
            module = ".".join(path.parent.relative_to(root).parts)
            said = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
            found.append(Package(module, said, tuple(names[0]), origins))
    return found


def homes(known: list[Package]) -> dict[tuple[str, str], str]:
    """Where each thing is described, by the package that names it and its name: in the innermost that exports it."""
    exports = {package.module: package for package in known}

    def source(module: str, name: str) -> tuple[str, str]:
        origin = exports[module].origins.get(name) if module in exports else None
        return source(origin, name) if origin and origin != module else (module, name)  # itself: a submodule

    named = [(package.module, name) for package in known for name in package.names]
    innermost = {source(*one): one[0] for one in sorted(named, key=lambda one: one[0].count("."))}
    return {one: innermost[source(*one)] for one in named}


def api_pages(root: Path) -> dict[str, str]:
    """Markdown of each page by its path without suffix; the overview comes first."""
    known = packages(root)
    places = homes(known)
    pages = {f"{LOOK_UP}/{package.module}": _page(package, places) for package in known}
    rows = [f"| [`{package.module}`](api/{package.module}.md) | {package.sentence} |" for package in known]
    overview = ["# Functions and classes", "", "From the docstrings of the package.", ""]
    return {LOOK_UP: "\n".join([*overview, "| package | what it holds |", "|---|---|", *rows, ""])} | pages


def _page(package: Package, places: dict[tuple[str, str], str]) -> str:
    elsewhere = {name: home for name in package.names if (home := places[package.module, name]) != package.module}
    own = [name for name in package.names if name not in elsewhere]
    lines = [f"# {package.module}", "", "```{eval-rst}", f".. automodule:: {package.module}"]
    lines += [f"   :members: {', '.join(own)}"] if own else []
    lines += ["```", ""]
    if elsewhere:
        lines += ["Described with the package they come from:", ""]
        lines += [f"- {{py:obj}}`{name} <{home}.{name}>` of `{home}`" for name, home in elsewhere.items()]
    return "\n".join([*lines, ""])
