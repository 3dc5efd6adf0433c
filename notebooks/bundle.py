"""The course as one archive for a room without a network: notebooks, package, weights, records, rendered garments.

    python -m notebooks.bundle pack                       write build/classroom.zip
    python -m notebooks.bundle pack --caches FOLDER       take the rendered garments from there
    python -m notebooks.bundle pack --wheels FOLDER       with the wheels that lie there, as pip download brings them
    python -m notebooks.bundle unpack ARCHIVE FOLDER      unpack, and compare every byte with what was packed
    python -m notebooks.bundle check FOLDER               compare a folder that was unpacked by something else

Caches of the notebooks alone, not of all that was ever drawn here:

    ADDE_LITE_CACHE=build/caches make notebooks
    python -m notebooks.bundle pack --caches build/caches

The same content is the same bytes: no times, no owners, names in order.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from adde_lite import storage
from adde_lite.data.cache import cache_folder
from adde_lite.data.wardrobe.collection import drawing_version
from adde_lite.errors import InputError
from adde_lite.storage import file_sha256

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = ROOT / "build" / "classroom.zip"
MANIFEST, START, WHEELS = "MANIFEST.json", "START.txt", "wheels.txt"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can say
READABLE = 0o644 << 16
BLOCK = 1 << 20
PACKED_ALREADY = {".whl", ".png"}  # packing them again saves next to nothing
HOW = """You need Python {python} or a later {series}, on {system}, which is what this was packed with.

python{series} -m venv .venv
.venv/bin/pip install {source}-r wheels.txt
PYTHONPATH=$PWD .venv/bin/jupyter lab notebooks/00_start_here.ipynb
"""


def tracked(root: Path = ROOT) -> dict[str, Path]:
    """The files of the course that git knows: name in the archive -> file.

    Raises:
        InputError: no checkout, or no git.
    """
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise InputError("bundle", str(root), "a checkout, and git", "Pack where the course was cloned.") from None
    names = filter(None, listed.decode().split("\0"))
    return {name: root / name for name in names if (root / name).is_file()}


def drawn(caches: Path) -> dict[str, Path]:
    """The rendered garments of a cache folder that are as they are drawn today: name in the archive -> file.

    Left out are those that are damaged, with a warning, and the drafts of killed processes.
    """
    found = {}
    for folder in sorted(path.parent for path in caches.glob("[!.]*/facts.json")):
        try:
            recipe = storage.load(folder)[1].get("recipe", {})
        except InputError as error:
            warnings.warn(f"not packed, because it is damaged: {error}", stacklevel=2)
            continue
        if recipe.get("drawing", drawing_version()) == drawing_version():
            files = sorted(path for path in folder.iterdir() if path.is_file())
            found |= {f"data/cache/{folder.name}/{path.name}": path for path in files}
    return found


def wheel_files(folder: Path) -> dict[str, Path]:
    """The wheels of a folder: name in the archive -> file. Raises InputError when there is none."""
    found = {f"wheels/{path.name}": path for path in sorted(folder.glob("*.whl"))}
    if not found:
        remedy = f"Bring them: pip download -r {WHEELS} --dest {folder}"
        raise InputError("bundle, wheels", str(folder), "a folder with wheels", remedy)
    return found


def requirements(wheels: Mapping[str, Path]) -> str:
    """What this environment has, a line each; with the hashes of the wheels that are at hand."""
    versions = {canonicalize_name(one.metadata["Name"]): one.version for one in distributions()}
    hashes: dict[tuple[str, str], str] = {}
    for path in wheels.values():
        try:
            name, version, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            raise InputError("bundle, wheels", path.name, "the name of a wheel", "Take it away.") from None
        hashes[name, str(version)] = f" --hash=sha256:{file_sha256(path)}"
    lines = [
        f"{name}=={version}{hashes.get((name, version), '')}"
        for name, version in sorted(versions.items())
        if name != "adde-lite"
    ]
    return "\n".join(lines) + "\n"


def how_to_start(wheels: Mapping[str, Path]) -> str:
    """How the unpacked course is opened: from its wheels without a network or, with none packed, from pip's index."""
    return HOW.format(
        python=platform.python_version(),
        series=".".join(platform.python_version_tuple()[:2]),
        system=f"{platform.system()} {platform.machine()}",
        source="--no-index --find-links wheels " if wheels else "",
    )


def pack(files: Mapping[str, Path], texts: Mapping[str, str], archive: Path) -> int:
    """Write an archive whole or not at all, and return its size in bytes.

    Args:
        files: name in the archive -> file.
        texts: name in the archive -> what it says.
        archive: where it goes.
    """
    sums = {name: file_sha256(path) for name, path in files.items()}
    sums |= {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    manifest = json.dumps(sums, indent=1, sort_keys=True) + "\n"
    archive.parent.mkdir(parents=True, exist_ok=True)
    beside = archive.with_name(f".{archive.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(beside, "w") as packed:
            for name, text in sorted({**texts, MANIFEST: manifest}.items()):
                packed.writestr(_entry(name), text)
            for name, path in sorted(files.items()):
                with path.open("rb") as source, packed.open(_entry(name), "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, BLOCK)
        beside.replace(archive)
    finally:
        beside.unlink(missing_ok=True)
    return archive.stat().st_size


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.external_attr = READABLE
    entry.create_system = 3  # else the bytes would tell Windows from the rest
    entry.compress_type = zipfile.ZIP_STORED if Path(name).suffix in PACKED_ALREADY else zipfile.ZIP_DEFLATED
    return entry


def unpack(archive: Path, folder: Path) -> int:
    """Unpack into a folder that is not there yet, and return the number of files; a damaged archive leaves nothing.

    Raises:
        InputError: a folder that is there, a file that is no archive, or one that is damaged.
    """
    if folder.exists():
        raise InputError("unpack", str(folder), "a folder that is not there yet", "Name another one.")
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
                    raise InputError(str(archive), f"a file {name!r}", "names inside the archive", "Copy it anew.")
            packed.extractall(beside)
        count = check(beside)
        beside.replace(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise InputError(str(archive), str(error), "an archive that is whole", "Copy it anew.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return count


def check(folder: Path) -> int:
    """Compare every file with the sums of its manifest; return how many there are.

    Raises:
        InputError: no manifest, or files that are missing or changed; the first few are named.
    """
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(str(folder), f"no readable {MANIFEST}", "an unpacked bundle", "Copy it anew.") from None
    wrong = [
        name for name, wanted in sums.items() if not (folder / name).is_file() or file_sha256(folder / name) != wanted
    ]
    if wrong:
        given = f"{len(wrong)} of {len(sums)} files missing or changed: {', '.join(wrong[:3])}"
        raise InputError(str(folder), given, "the files that were packed", "Copy the archive anew.")
    return len(sums)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The course as one archive for a room without a network.")
    todo = parser.add_subparsers(dest="todo", required=True)
    packing = todo.add_parser("pack", help="write the archive")
    packing.add_argument("--archive", type=Path, default=ARCHIVE)
    packing.add_argument("--caches", type=Path, default=cache_folder(), help="folder of rendered garments")
    packing.add_argument("--wheels", type=Path, help="folder of wheels to put in")
    unpacking = todo.add_parser("unpack", help="unpack and compare")
    unpacking.add_argument("archive", type=Path)
    unpacking.add_argument("folder", type=Path)
    todo.add_parser("check", help="compare what was unpacked").add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    try:
        if asked.todo == "pack":
            caches, wheels = drawn(asked.caches), wheel_files(asked.wheels) if asked.wheels else {}
            texts = {START: how_to_start(wheels), WHEELS: requirements(wheels)}
            size = pack({**tracked(), **caches, **wheels}, texts, asked.archive)
            print(f"{asked.archive}: {size / 1e6:.0f} MB, {len(wheels)} wheels, {len(caches)} files of garments")
            if not caches:
                print("no rendered garments: notebooks will draw them, some minutes the first time", file=sys.stderr)
        else:
            count = unpack(asked.archive, asked.folder) if asked.todo == "unpack" else check(asked.folder)
            print(f"{asked.folder}: {count} files, all as they were packed")
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
