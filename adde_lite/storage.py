"""Named tensors and JSON facts in a folder that is either whole or refused.

A folder holds `tensors.safetensors`, `facts.json` and `manifest.json`. The manifest states size and sha256 of the
other two and of itself, because safetensors has no checksum of its own. Everything is written to a temporary folder
beside the target and renamed, so a crash leaves the old folder or the new one, never a mixture. Nothing is pickled.
"""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from adde_lite.errors import InputError

TENSORS, FACTS, MANIFEST = "tensors.safetensors", "facts.json", "manifest.json"
REMEDY = "Delete the folder; what made it will make it again."
HERE, EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2


def store(folder: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and facts into `folder`, replacing what was stored there.

    Several processes may store into one folder: it is always one of theirs.

    Args:
        folder: where to; its parents are made when missing.
        tensors: any names and dtypes; written as contiguous CPU tensors, those that share memory each on its own.
        facts: anything that JSON can hold.

    Raises:
        InputError: a file is there, or a folder that holds something else, which would be lost.
    """
    folder = folder.resolve()  # through links, and "." gets a name
    _refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _beside(folder) as draft:
        try:
            save_file(_apart(tensors), draft / TENSORS)
        except SafetensorError as error:  # a full disk, said in its own way
            raise OSError(errno.EIO, str(error), str(draft / TENSORS)) from error
        (draft / FACTS).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        files = {
            name: {"bytes": (draft / name).stat().st_size, "sha256": file_sha256(draft / name)}
            for name in (TENSORS, FACTS)
        }
        (draft / MANIFEST).write_text(_manifest(files), encoding="utf-8")
        for path in draft.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
            path.chmod(0o644)  # temporary files and folders are private, those of a shared classroom must not be
        draft.chmod(0o755)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            _exchange(draft, folder)
        _flush(folder.parent)


def clear_drafts(parent: Path, name: str) -> None:
    """Remove what processes that were killed while they stored into `parent` have left; only one may store there.

    Args:
        parent: the folder of the folders.
        name: of the folder that was to be, or the part of its name before a hyphen.
    """
    for draft in parent.glob(f".{name}-*"):
        shutil.rmtree(draft, ignore_errors=True)


def stored(folder: Path) -> bool:
    """Whether something stands at `folder`; `load` tells whether it is whole."""
    return (folder / MANIFEST).exists()


def facts(folder: Path) -> dict[str, Any]:
    """The facts alone, verified, without reading the tensors. Raises InputError as `load` does."""
    _verify(folder, (FACTS,))
    try:
        read = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(str(folder / FACTS), f"{type(error).__name__}: {error}", "facts as JSON", REMEDY) from error
    if not isinstance(read, dict):
        raise InputError(str(folder / FACTS), f"a {type(read).__name__}", "named facts", REMEDY)
    return read


def load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read tensors and facts, after checking size and sha256 of every file.

    They belong together also when another process stores something else here meanwhile.

    Raises:
        InputError: a file is missing, cut off or changed; names the file and what it should have been.
    """
    while True:
        before = _written(folder)
        try:
            read = _load(folder)
        except InputError:
            if _written(folder) == before:
                raise
        else:
            if _written(folder) == before:
                return read


def _load(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    _verify(folder, (TENSORS, FACTS))
    try:
        tensors = load_file(folder / TENSORS)
    except SafetensorError as error:  # a manifest that fits, made by somebody else around another kind of file
        raise InputError(str(folder / TENSORS), str(error), "tensors as safetensors", REMEDY) from error
    return tensors, facts(folder)


def _written(folder: Path) -> bytes:
    """What tells one storing from the next: the manifest as it stands."""
    path = folder / MANIFEST
    return path.read_bytes() if path.is_file() else b""


def _verify(folder: Path, names: tuple[str, ...]) -> None:
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
        files = json.loads(text)["files"]
        whole = text == _manifest(files)  # to the byte: what JSON would overlook counts too
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(str(path), "no such file", "a manifest written last", REMEDY) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"{type(error).__name__}: {error}", "a whole manifest", REMEDY) from error
    if not whole or set(files) != {TENSORS, FACTS}:
        raise InputError(str(path), "a changed manifest", "the one that was written", REMEDY)
    for name in names:
        path, expected = folder / name, files[name]
        size = path.stat().st_size if path.is_file() else 0
        if size != expected["bytes"]:
            raise InputError(str(path), f"{size:,} bytes", f"{expected['bytes']:,} bytes", REMEDY)
        if file_sha256(path) != expected["sha256"]:
            raise InputError(str(path), "changed content", f"sha256 {expected['sha256'][:12]}...", REMEDY)


def _refuse_foreign(folder: Path) -> None:
    """Raise InputError where storing would remove what `store` has not written; what a file browser hides may go."""
    remedy = "Name a folder of its own."
    if folder.exists() and not folder.is_dir():
        raise InputError(str(folder), "a file", "a folder, or nothing yet", remedy)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in (TENSORS, FACTS, MANIFEST) and (path.is_dir() or not path.name.startswith(".")):
            expected = "one that was stored before, or nothing yet"
            raise InputError(str(folder), f"a folder that holds {path.name}", expected, remedy)


def _exchange(draft: Path, folder: Path) -> None:
    """Let two folders change names: at once where the system can, else with a moment in which `folder` is not there."""
    if _exchanged(draft, folder):
        return
    aside = draft.with_name(f"{draft.name}.old")
    folder.rename(aside)
    draft.rename(folder)
    aside.rename(draft)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system has exchanged them; Linux can, on most of its file systems."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as files hold them; safetensors refuses two that share memory, as tied weights do."""
    apart: dict[str, Tensor] = {}
    places: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        place = plain.untyped_storage().data_ptr()
        apart[name] = plain.clone() if place in places else plain
        places.add(place)
    return apart


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits; it is read block by block."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(files: Mapping[str, Any]) -> str:
    """Sizes and digests of the other files, and a digest of these lines: the manifest, byte for byte."""
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    # No newline at its end: a manifest that lost its last byte must not read as whole.
    return json.dumps({"files": files, "sha256": digest}, indent=1)


def _flush(folder: Path) -> None:
    """Make renames in a folder outlast a power cut; Windows has no such call and does it by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
