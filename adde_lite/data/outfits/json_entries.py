"""A JSON file that is a list of entries, wrong ones named by their number."""

import gzip
import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from adde_lite.data.files import looks_like, read_bytes
from adde_lite.errors import InputError

BadEntries: TypeAlias = Literal["error", "skip"]
T = TypeVar("T")


def read_json(path: Path, kind: type[T]) -> T:
    """The content of a JSON file, plain or .gz.

    Raises:
        InputError: unreadable, not JSON, or another kind of content than wanted (list or dict).
    """
    content = read_bytes(path)
    try:
        found = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (ValueError, OSError, EOFError) as error:
        given = f"{looks_like(content)} that is not whole JSON ({error})"
        raise InputError(str(path), given, "a JSON file", "Download it again.") from error
    if not isinstance(found, kind):
        given, expected = (f"a {type(found).__name__} at the top", f"a {kind.__name__}")
        raise InputError(str(path), given, expected, "Take the file of that name from the release.")
    return found


def each(path: Path, entries: Sequence[Any], read: Callable[[str, Any], T], bad_entries: BadEntries) -> list[T]:
    """`read(where, entry)` of every entry; `where` names the file and the entry's number, from 1.

    Args:
        path: the file that the entries come from.
        entries: the entries.
        read: raises InputError for an entry that cannot be used.
        bad_entries: "error" passes that on, "skip" leaves such entries out with one warning.

    Raises:
        InputError: a bad entry, or no good one.
    """
    if bad_entries not in ("error", "skip"):
        raise InputError("bad_entries", repr(bad_entries), "'error' or 'skip'", "Choose one of them.")
    good, bad = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            good.append(read(f"{path}, entry {number}", entry))
        except InputError as error:
            if bad_entries == "error":
                raise
            bad.append(error)
    if not good:
        given = f"{len(bad)} entries, none of them good"
        raise InputError(str(path), given, "at least one", str(bad[0]) if bad else "Download it again.")
    if bad:
        warnings.warn(f"{path}: {len(bad)} of {len(entries)} entries skipped (the first: {bad[0]})", stacklevel=3)
    return good


def member(where: str, entry: object, name: str, kind: type[T]) -> T:
    """The member `name` of a JSON object. Raises InputError when it is absent or of another kind."""
    found = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        given = f"{found!r} as {name!r}" if isinstance(entry, dict) else f"{entry!r}"
        raise InputError(where, given, f"{name!r}, a {kind.__name__}", "Mend the entry or leave it out.")
    return found
