"""The files that set the course up elsewhere fit the project; that a service takes them is not proven here."""

import importlib.util
import json
import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from adde_lite.profiles import PROFILES
from notebooks.build import read_budgets
from tests.browser.conftest import CHROMIUM_NAMES
from tests.test_environment import ranges

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SETUP = (ROOT / "SETUP.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / ".devcontainer" / "Dockerfile").read_text(encoding="utf-8")
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
JOBS = yaml.safe_load(WORKFLOW)["jobs"]
TARGETS = set(re.findall(r"^([a-z.-]+|\$\(READY\)):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
FILES = {"SETUP.md": SETUP, "the workflow": WORKFLOW, "devcontainer.json": json.dumps(CONTAINER)}
CONDA_NAME = {"pytorch-cpu": "torch"}


def allowed(python: str) -> bool:
    """Whether the project takes a version such as 3.12; "3.x" is the newest there is."""
    return python == "3.x" or python in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("name", FILES)
def test_what_a_set_up_file_makes_is_in_the_makefile(name):
    asked = set(re.findall(r"(?:`|run: |\")make ([\w./-]+)", FILES[name]))
    assert asked
    assert {"$(READY)" if target == ".venv/.ready" else target for target in asked} <= TARGETS


@pytest.mark.parametrize("name", ["SETUP.md", "the workflow"])
def test_what_a_set_up_file_installs_are_extras_of_the_project(name):
    asked = {extra for extras in re.findall(r'-e "\.\[([^]]*)\]"', FILES[name]) for extra in extras.split(",")}
    assert asked
    assert asked <= PROJECT["optional-dependencies"].keys()


def test_every_python_of_the_workflow_and_the_container_is_one_that_the_project_takes():
    steps = [step for job in JOBS.values() for step in job["steps"]]
    asked = [step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")]
    plain = [python for python in asked if "matrix" not in python]
    of_matrix = [
        python for job in JOBS.values() for python in job.get("strategy", {}).get("matrix", {}).get("python", [])
    ]
    of_image = re.findall(r"^FROM python:([\d.]+)-", DOCKERFILE, flags=re.M)
    assert len(asked) == len(JOBS)
    assert plain and of_matrix and of_image
    assert all(map(allowed, [*plain, *of_matrix, *of_image]))


def test_the_oldest_job_takes_the_lowest_versions_on_the_lowest_python():
    (lowest,) = (part.version for part in SpecifierSet(PROJECT["requires-python"]) if part.operator == ">=")
    steps = JOBS["oldest"]["steps"]
    assert [step["with"]["python-version"] for step in steps if "with" in step] == [lowest]
    assert any("--resolution lowest-direct" in step.get("run", "") for step in steps)


def test_the_workflow_runs_on_three_systems_and_every_timed_job_has_its_hour():
    systems = {job["runs-on"] for job in JOBS.values()} | set(JOBS["systems"]["strategy"]["matrix"]["system"])
    assert {"ubuntu-latest", "macos-latest", "windows-latest"} <= systems
    hours = [entry["cron"] for entry in yaml.safe_load(WORKFLOW)[True]["schedule"]]  # YAML reads `on` as true
    timed = [re.findall(r"schedule == '([^']+)'", job["if"]) for job in JOBS.values()]
    assert sorted(hour for each in timed for hour in each) == sorted(hours)


def test_what_the_workflow_leaves_out_is_there():
    left_out = re.findall(r"--ignore=(\S+)", WORKFLOW)
    assert left_out
    assert [path for path in left_out if not (ROOT / path).exists()] == []


def test_the_container_brings_the_browser_that_the_tests_look_for():
    installed = re.search(r"apt-get install [^&]*", DOCKERFILE)
    assert installed and set(installed[0].split()) & set(CHROMIUM_NAMES)
    assert CONTAINER["build"]["dockerfile"] == "Dockerfile"
    assert f"useradd --create-home --shell /bin/bash {CONTAINER['remoteUser']}" in DOCKERFILE


def test_binder_installs_what_the_project_depends_on_and_takes_a_small_profile():
    entries = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    plain = [entry for entry in entries if isinstance(entry, str) and entry != "pip"]
    by_pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    found = {CONDA_NAME.get(name, name): wanted for name, wanted in ranges(plain + by_pip).items()}
    assert found == ranges([f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]])
    start = (ROOT / "binder" / "start").read_text(encoding="utf-8")
    assert re.search(r"ADDE_LITE_PROFILE=(\w+)", start)[1] in PROFILES
    assert start.rstrip().endswith('exec "$@"')


@pytest.mark.skipif(os.name != "posix", reason="this system has no executable bit")
@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_can_execute_its_scripts(name):
    assert os.access(ROOT / "binder" / name, os.X_OK)


def test_set_up_names_the_notebooks_that_need_more_memory_than_binder_has():
    peaks = {name: record["cpu"].peak_mb for name, record in read_budgets().items()}
    beyond = [", ".join(name[:2] for name, peak in peaks.items() if peak > limit) or "none" for limit in (1000, 2000)]
    line = f"In profile `cpu` these need more than 1 GB: {beyond[0]}; and these more than 2 GB: {beyond[1]}."
    assert line in SETUP, f"write in SETUP.md: {line}"


def test_what_colab_is_told_to_install_is_what_the_project_depends_on():
    (line,) = re.findall(r"^%pip install --quiet (lightning.*)$", SETUP, flags=re.M)
    asked = ranges(line.replace('"', "").split())
    wanted = ranges(PROJECT["dependencies"])
    assert asked.keys() <= wanted.keys()
    assert all(not specifier or specifier == wanted[name] for name, specifier in asked.items())


def test_every_module_that_set_up_runs_is_there():
    asked = set(re.findall(r"(?<![\\/\w])(?:python|pytest) -m ([a-z_.]+)", SETUP))
    assert {"claims", "bench", "adde_lite.studies"} <= asked
    assert [name for name in asked if importlib.util.find_spec(name) is None] == []


def test_the_readme_leads_to_set_up():
    assert "](SETUP.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
