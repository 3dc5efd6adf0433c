"""conda's environment.yml asks for what pyproject.toml asks for; that conda can solve it is not proven here."""

import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIP_NAME = {"pytorch": "torch", "playwright-python": "playwright"}
NOT_FROM_PYPROJECT = ("pip", "-e .")  # the installer, and the course itself
APART = {"site", "grading"}  # the extras that `make` and conda do not install: an environment of its own, an option


def ranges(lines: list[str]) -> dict[str, str]:
    """Version range of each package, by its name on the Python package index."""
    found = {}
    for line in lines:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        name = PIP_NAME.get(name, name)
        assert name not in found, f"{name} is listed twice"
        found[name] = str(wanted.specifier)
    return found


def pyproject_ranges() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for name, extra in project["optional-dependencies"].items() if name not in APART for line in extra]
    return ranges([f"python{project['requires-python']}", *project["dependencies"], *extras])


def conda_ranges() -> dict[str, str]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    plain = [entry for entry in entries if isinstance(entry, str)]
    by_pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    return ranges([line for line in plain + by_pip if line not in NOT_FROM_PYPROJECT])


def test_conda_and_pip_ask_for_the_same_packages_in_the_same_ranges():
    assert conda_ranges() == pyproject_ranges()


def test_no_package_is_pinned():
    assert all(specifier.startswith(">=") for specifier in pyproject_ranges().values())


def test_torch_and_torchvision_are_resolved_in_one_command():
    """They only import as a matching pair, so both stand among the plain dependencies of one install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"torch", "torchvision"} <= ranges(project["dependencies"]).keys()
