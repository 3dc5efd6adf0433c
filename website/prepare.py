"""Set up what the site is built with, once:  python -m website.prepare [arguments for pip]

Into `.site/`, which git ignores:

    python/    an environment for the extra `site`. It sees the course's own and holds only what is missing or needed in
               another version, so building the site changes no package that notebooks run on
    vendor/    MathJax and the widget manager, as website/vendor.json records them

What is there already is checked and kept.
"""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

from adde_lite.errors import InputError
from website.vendor import SETUP, vendored

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".site"
VENDOR = HOME / "vendor"
ENVIRONMENT = HOME / "python"
COMPLETE = ENVIRONMENT / "complete"  # holds what was installed for: written last


def requirements() -> list[str]:
    """The extra `site` of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted: list[str] = project["optional-dependencies"]["site"]
    return wanted


def interpreter() -> Path:
    """The Python that has jupyter-book.

    Raises:
        InputError: it was never set up, or for other requirements or another Python.
    """
    if not COMPLETE.is_file() or COMPLETE.read_text(encoding="utf-8") != _purpose():
        raise InputError(str(ENVIRONMENT), "no finished set-up", f"{', '.join(requirements())} for this Python", SETUP)
    return _python()


def prepare(pip_arguments: list[str]) -> None:
    """Make or check everything in `.site/`.

    Raises:
        InputError: npm or a package is not as it should be.
        subprocess.CalledProcessError: pip failed, and said why.
    """
    for package in vendored():
        package.fetch(VENDOR)
        print(f"{package.package} {package.version}: sha256 as recorded")
    if COMPLETE.is_file() and COMPLETE.read_text(encoding="utf-8") == _purpose():
        print(f"{', '.join(requirements())}: installed in {ENVIRONMENT.relative_to(ROOT)}")
        return
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    # addsitedir also reads the .pth files there, one of which leads to the course's own package.
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (_packages() / "course.pth").write_text(line, encoding="utf-8")
    subprocess.run([_python(), "-m", "pip", "install", *pip_arguments, *requirements()], check=True)
    COMPLETE.write_text(_purpose(), encoding="utf-8")


def _purpose() -> str:
    return "\n".join([sys.version, sysconfig.get_path("purelib"), *requirements()])


def _python() -> Path:
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _packages() -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(ENVIRONMENT), "platbase": str(ENVIRONMENT)}))


if __name__ == "__main__":
    try:
        prepare(sys.argv[1:])
    except InputError as error:
        raise SystemExit(f"site-setup: {error}") from None
