"""What others wrote and a page runs: MathJax for formulas, the widget manager for sliders.

Each is one npm package, fetched once and kept as the archive it came in, so that one checksum says whether it is still
what website/vendor.json names. A build takes out of it the files that pages need.
"""

import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from adde_lite.errors import InputError
from adde_lite.storage import file_sha256

RECORD = Path(__file__).with_name("vendor.json")
SETUP = "Run `make site-setup` (`python -m website.prepare`) once; it needs the network."
INSIDE = "package/"  # the folder that every npm package lies in


@dataclass(frozen=True)
class Vendored:
    """One npm package.

    Args:
        name: of its folder on the site.
        package, version, licence: as npm knows them.
        sha256: of its archive.
        keeps: files, and folders with a slash at their end, that a page may ask for.
    """

    name: str
    package: str
    version: str
    licence: str
    sha256: str
    keeps: tuple[str, ...]

    def archive(self, folder: Path) -> Path:
        """Where the archive lies."""
        return folder / f"{self.name}-{self.version}.tgz"

    def verify(self, folder: Path) -> None:
        """Check the archive's bytes.

        Raises:
            InputError: it is absent, or not the one on record.
        """
        path = self.archive(folder)
        if not path.is_file():
            raise InputError(str(path), "nothing", f"{self.package} {self.version}", SETUP)
        given = file_sha256(path)
        if given != self.sha256:
            raise InputError(
                str(path),
                f"sha256 {given}",
                f"{self.sha256}, {self.package} {self.version}, as {RECORD.name} records",
                f"Delete the file and run `make site-setup`. If it comes again, do not use it, unless you mean another "
                f"version: then write that and its sum into website/{RECORD.name}.",
            )

    def fetch(self, folder: Path) -> None:
        """Put the archive into `folder`, if it is not there; one that fails the check is not kept.

        Raises:
            InputError: there is no npm, npm fails, or what it brings is not the package on record.
        """
        if self.archive(folder).exists():
            self.verify(folder)
            return
        npm = shutil.which("npm")
        if npm is None:
            raise InputError("npm", "no such program", "npm of Node.js 18 or newer", "Install Node.js, then run again.")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as draft:
            wanted = f"{self.package}@{self.version}"
            done = subprocess.run(
                [npm, "pack", wanted, "--pack-destination", draft], capture_output=True, text=True, check=False
            )
            packed = list(Path(draft).glob("*.tgz"))
            if done.returncode or len(packed) != 1:
                said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
                raise InputError(f"npm pack {wanted}", said, "one archive", "See that npm reaches its registry.")
            packed[0].rename(self.archive(Path(draft)))
            self.verify(Path(draft))
            self.archive(Path(draft)).replace(self.archive(folder))

    def unpack(self, folder: Path, target: Path) -> None:
        """Write what pages need into `target`/`name`.

        Raises:
            InputError: as `verify`; a file on record is not in the archive.
        """
        self.verify(folder)
        with tarfile.open(self.archive(folder)) as archive:
            members = [member for member in archive if member.isfile() and self._kept(member.name)]
            for kept in self.keeps:
                if not any(member.name.startswith(INSIDE + kept) for member in members):
                    raise InputError(str(RECORD), kept, f"a file of {self.package}", "Correct the list `keeps`.")
            for member in members:
                path = target / self.name / member.name.removeprefix(INSIDE)
                path.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                path.write_bytes(content.read())

    def _kept(self, path: str) -> bool:
        inside = path.removeprefix(INSIDE)
        return any(inside == kept or (kept.endswith("/") and inside.startswith(kept)) for kept in self.keeps)


def vendored(record: Path = RECORD) -> list[Vendored]:
    """The packages on record."""
    rows = json.loads(record.read_text(encoding="utf-8"))
    return [Vendored(name, **{**row, "keeps": tuple(row["keeps"])}) for name, row in rows.items()]
