"""A folder or a zip of files as one thing: list the names, read by name, never outside of it.

Nothing is ever unpacked to disk, and only listed names are read. Names that point out of the archive, links, and
entries that swell beyond reason are refused when it is opened. An archive may travel to other processes, by fork or
by pickle: each opens the zip for itself, because those who share a handle also share its place in the file.
"""

import os
import stat
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Self

from adde_lite.data.files import looks_like, read_bytes, reading
from adde_lite.errors import InputError

MAX_ENTRIES = 2_000_000
MAX_ENTRY_BYTES = 512 * 2**20
MAX_TOTAL_BYTES = 256 * 2**30
MAX_RATIO = 200  # photos barely shrink in a zip; a bomb shrinks a thousandfold
RATIO_FROM_BYTES = 16 * 2**20  # a small blank picture may shrink as much, and does no harm


class Archive:
    """The files of a folder (with its subfolders) or of a zip.

    Args:
        path: the folder or the zip file. Links to folders inside a folder are not followed.

    Attributes:
        names: every file, relative, with "/" between folders.

    Raises:
        InputError: nothing there, neither folder nor zip, cut short; or a zip with an entry that is absolute, climbs
            out with "..", holds a backslash or a drive, is a link or a device, is encrypted, or with sizes beyond
            the limits of this module. The message names the entry.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._zip = None if self.path.is_dir() else _open_zip(self.path)
        self._opened_by: int | None = os.getpid()
        self._is_folder = self._zip is None
        self.names = tuple(_walk(self.path) if self._zip is None else _checked(self.path, self._zip))
        self._times = Counter(self.names)  # a zip may hold one name twice
        self._alike: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            self._alike[_loosely(name)].append(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_zip": None, "_opened_by": None}

    def find(self, name: str) -> str | None:
        """The listed name that `name` means, or None.

        Exactly that name, or the only one that differs in upper case or in how accents are coded.

        Raises:
            InputError: several differ from it in that way alone.
        """
        name = str(PurePosixPath(name))
        if self._times[name] == 1:
            return name
        alike = self._alike.get(_loosely(name), [])
        if len(alike) > 1:
            given = f"{name!r}, which may mean {' or '.join(map(repr, alike))}"
            raise InputError(str(self.path), given, "one file", "Rename or remove the others.")
        return alike[0] if alike else None

    def read(self, name: str) -> bytes:
        """The content of the file that `find(name)` gives. Threads may read at the same time.

        Raises:
            InputError: no such name, several alike, empty, damaged or unreadable.
        """
        found = self.find(name)
        if found is None:
            some = ", ".join(map(repr, self.names[:3])) or "nothing"
            raise InputError(str(self.path), f"no file {name!r}", f"a listed name ({some}, ...)", "Check the name.")
        if self._is_folder:
            return read_bytes(self.path / found)
        if self._zip is None or self._opened_by != os.getpid():
            self._zip, self._opened_by = _open_zip(self.path), os.getpid()
        try:
            content = self._zip.read(found)
        except Exception as error:  # zipfile lets the errors of each compression through
            raise InputError(
                f"{self.path}, {found!r}", f"a damaged entry ({error})", "a readable one", "Download the zip again."
            ) from error
        if not content:
            raise InputError(f"{self.path}, {found!r}", "0 bytes", "a file with content", "Pack the zip again.")
        return content


def _loosely(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _walk(folder: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise InputError(str(error.filename), str(error.strerror), "a readable folder", "Change its permissions.")

    for inner, folders, files in os.walk(folder, onerror=refuse):
        folders.sort()
        yield from ((Path(inner) / file).relative_to(folder).as_posix() for file in sorted(files))


def _open_zip(path: Path) -> zipfile.ZipFile:
    with reading(path):
        try:
            return zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            with path.open("rb") as file:
                kind = looks_like(file.read(512))
            given = f"{kind}, cut short or damaged" if kind == "a zip archive" else kind
            raise InputError(str(path), given, "a folder or a whole zip archive", "Download it again.") from error


def _checked(path: Path, opened: zipfile.ZipFile) -> Iterator[str]:
    """The names of the files of a zip, once every entry was found harmless."""
    entries = opened.infolist()
    swollen = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or swollen > MAX_TOTAL_BYTES or _swells(swollen, path.stat().st_size):
        raise InputError(
            str(path),
            f"{len(entries):,} entries of {swollen:,} bytes in {path.stat().st_size:,}",
            f"at most {MAX_ENTRIES:,} entries, {MAX_TOTAL_BYTES:,} bytes and {MAX_RATIO} times the packed size",
            "Unpack it yourself, if you trust it, and pass the folder.",
        )
    for entry in entries:
        harm = _harm(entry)
        if harm is not None:
            raise InputError(
                f"{path}, {entry.orig_filename!r}",
                harm,
                "a plain file inside the zip",
                "Pack the zip again without it.",
            )
    return (entry.filename for entry in entries if not entry.is_dir())


def _harm(entry: zipfile.ZipInfo) -> str | None:
    name = entry.orig_filename  # before zipfile mends it
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        return "a name that leaves the folder"
    if "\\" in name or ":" in name.split("/")[0] or "\0" in name:
        return "a name that some systems read as another place"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or a device"
    if entry.flag_bits & 1:
        return "an encrypted entry"
    if entry.file_size > MAX_ENTRY_BYTES or _swells(entry.file_size, entry.compress_size):
        return f"{entry.file_size:,} bytes packed into {entry.compress_size:,}"
    return None


def _swells(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed
