"""The symbol map of a notebook: its table `| paper | code | meaning |`, and what a code name stands for."""

import ast
import difflib
import importlib
import importlib.util
import inspect
import re
import textwrap
import typing
from types import ModuleType
from typing import Any, NamedTuple

import nbformat

HEADER = ("paper", "code", "meaning")
NAME = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)(?:\((\w+(?:, \w+)*)\))?")
UNKNOWN = object()  # something that is there, of which no line of code says what it is


class Symbol(NamedTuple):
    """A row: the symbol as the paper writes it, the code names without backticks, the meaning."""

    paper: str
    code: tuple[str, ...]
    meaning: str


def tables(book: nbformat.NotebookNode) -> list[list[Symbol]]:
    """Every table of a notebook's text whose header is that of a symbol map."""
    found = []
    for cell in book.cells:
        lines = cell.source.splitlines() if cell.cell_type == "markdown" else []
        for at, line in enumerate(lines):
            if cells_of(line) == HEADER:
                rows = []
                for row in lines[at + 2 :]:  # a line of dashes stands between
                    if not row.startswith("|"):
                        break
                    rows.append(symbol(row))
                found.append(rows)
    return found


def symbol(row: str) -> Symbol:
    """One line of the table; ValueError says what is wrong with it."""
    cells = cells_of(row)
    if len(cells) != len(HEADER) or not all(cells):
        raise ValueError(f"{row}: a row has three cells, {', '.join(HEADER)}; write \\| or \\lvert for a bar in one")
    paper, code, meaning = cells
    rest = re.sub(r"`[^`]+`", "", code).replace("and", "").strip(" ,")
    if rest or "`" not in code:
        raise ValueError(f"{row}: the code cell holds names in backticks and commas, not {rest or code!r}")
    return Symbol(paper, tuple(re.findall(r"`([^`]+)`", code)), meaning)


def cells_of(line: str) -> tuple[str, ...]:
    if not line.startswith("|"):
        return ()
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1])


def resolve(name: str) -> Any:
    """What a dotted name of the package stands for, such as `adde_lite.models.adde.PrototypeMemory.weight`.

    Fields, annotated attributes and attributes that a method sets count; `f(x)` is the parameter x of f.

    Raises:
        LookupError: names the part that is not there, and the closest one that is.
    """
    written = NAME.fullmatch(name)
    if not written or not name.startswith("adde_lite."):
        raise LookupError(f"{name!r} is no dotted name of the package: write adde_lite.part.Class.attribute")
    dotted, parameters = written.groups()
    parts = dotted.split(".")
    here: Any = importlib.import_module(parts[0])
    known = 1
    while known < len(parts) and inspect.ismodule(here) and _module(".".join(parts[: known + 1])):
        known += 1
        here = importlib.import_module(".".join(parts[:known]))
    for at in range(known, len(parts)):
        here = _member(here, parts[at], ".".join(parts[:at]), name)
    for parameter in (parameters or "").split(", "):
        _check_parameter(here, parameter, dotted, name)
    return here


def _module(dotted: str) -> bool:
    try:
        return importlib.util.find_spec(dotted) is not None
    except ModuleNotFoundError:  # what stands before the last dot is a file, not a folder
        return False


def _member(owner: Any, part: str, place: str, name: str) -> Any:
    if owner is UNKNOWN:
        raise LookupError(f"{name!r}: nothing says what {place} is; name {part!r} by its own class")
    if inspect.isfunction(owner):
        raise LookupError(f"{name!r}: {place} is a function and has no {part!r}; a parameter is {place}({part})")
    if isinstance(owner, property):
        hints = typing.get_type_hints(owner.fget)
        return _member(_of_hint(hints.get("return")), part, place, name)
    if hasattr(owner, part) and not (inspect.isclass(owner) and part in _annotated(owner)):
        return getattr(owner, part)
    if inspect.isclass(owner):
        annotated = _annotated(owner)
        if part in annotated:
            return _of_hint(annotated[part])
        if part in (assigned := _assigned(owner)):
            return assigned[part]
        there = [*vars(owner), *annotated, *assigned]
    else:
        there = dir(owner)
    close = difflib.get_close_matches(part, there, n=1)
    raise LookupError(f"{name!r}: {place} has no {part!r}" + (f"; there is {close[0]!r}" if close else ""))


def _of_hint(hint: Any) -> Any:
    return hint if inspect.isclass(hint) else UNKNOWN


def _annotated(owner: type) -> dict[str, Any]:
    """Attributes that the class or its bases annotate, by name."""
    return {key: hint for base in reversed(_own(owner)) for key, hint in typing.get_type_hints(base).items()}


def _assigned(owner: type) -> dict[str, Any]:
    """Attributes that methods set on self, by name; what they are where a class is called to make them."""
    found: dict[str, Any] = {}
    for base in reversed(_own(owner)):
        scope = vars(importlib.import_module(base.__module__))
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base)))):
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    alone = isinstance(target, ast.Attribute)
                    for each in [target] if alone else getattr(target, "elts", []):
                        if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self":
                            found[each.attr] = _made(node.value, scope) if alone else UNKNOWN
    return found


def _made(value: ast.expr | None, scope: dict[str, Any]) -> Any:
    value = value.values[-1] if isinstance(value, ast.BoolOp) else value  # recipe or Recipe()
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and inspect.isclass(scope.get(value.func.id)):
        return scope[value.func.id]
    return UNKNOWN


def _own(owner: type) -> list[type]:
    """The class and those of its bases that this package wrote."""
    return [base for base in owner.__mro__ if base.__module__.startswith(("adde_lite", "tests"))]


def _check_parameter(of: Any, parameter: str, place: str, name: str) -> None:
    if not parameter:
        return
    if isinstance(of, ModuleType) or not callable(of):
        raise LookupError(f"{name!r}: {place} takes no parameters, it is a {type(of).__name__}")
    there = inspect.signature(of).parameters
    if parameter not in there:
        raise LookupError(f"{name!r}: {place} has no parameter {parameter!r}; there are {', '.join(there)}")
