"""What others wrote is used only as it is on record."""

import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from adde_lite.errors import InputError
from website import vendor
from website.vendor import RECORD, Vendored, vendored

NO_PROGRAMS = ""  # as PATH


@pytest.fixture
def package(tmp_path):
    """A package of three files, of which two are kept; its archive lies in `tmp_path`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("package/run.js", "package/fonts/a.woff", "package/run.js.map"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    made = Vendored(
        "runner", "a-runner", "1.2.3", "MIT", hashlib.sha256(buffer.getvalue()).hexdigest(), ("run.js", "fonts/")
    )
    made.archive(tmp_path).write_bytes(buffer.getvalue())
    return made


def test_what_is_there_is_checked_and_not_fetched_again(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", NO_PROGRAMS)
    package.fetch(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["runner-1.2.3.tgz"]


def test_one_changed_byte_stops_the_set_up_and_the_build(package, tmp_path):
    path = package.archive(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for use in (package.fetch, package.verify, lambda folder: package.unpack(folder, tmp_path / "site")):
        with pytest.raises(InputError) as caught:
            use(tmp_path)
        assert caught.value.given == f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert package.sha256 in caught.value.expected
        assert "Delete the file" in caught.value.remedy
    assert not (tmp_path / "site").exists()


def test_without_the_set_up_one_line_says_what_to_run(package, tmp_path):
    with pytest.raises(InputError, match="make site-setup"):
        package.verify(tmp_path / "elsewhere")


def test_without_npm_one_line_says_what_to_install(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", NO_PROGRAMS)
    with pytest.raises(InputError, match=r"Install Node\.js") as caught:
        package.fetch(tmp_path / "elsewhere")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("honest", [True, False], ids=["the package on record", "another one"])
def test_what_npm_brings_is_kept_only_if_it_is_the_package_on_record(package, tmp_path, monkeypatch, honest):
    packed = package.archive(tmp_path).read_bytes()

    def npm(command, **_):
        destination = command[command.index("--pack-destination") + 1]
        (tmp_path / destination / "any-name.tgz").write_bytes(packed if honest else packed + b"!")
        return vendor.subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(vendor.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(vendor.subprocess, "run", npm)
    fresh = tmp_path / "fresh"
    if honest:
        package.fetch(fresh)
        assert [path.name for path in fresh.iterdir()] == ["runner-1.2.3.tgz"]
    else:
        with pytest.raises(InputError, match="sha256"):
            package.fetch(fresh)
        assert list(fresh.iterdir()) == []


def test_pages_get_the_files_on_record_and_no_others(package, tmp_path):
    package.unpack(tmp_path, tmp_path / "site")
    written = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.*")}
    assert written == {"runner/run.js", "runner/fonts/a.woff"}


def test_a_file_on_record_that_the_package_lacks_is_named(package, tmp_path):
    with pytest.raises(InputError, match=r"walk\.js"):
        replace(package, keeps=("run.js", "walk.js")).unpack(tmp_path, tmp_path / "site")


def test_the_record_names_exact_versions_whole_checksums_and_licences():
    for package in vendored():
        assert package.version[0].isdigit()
        assert len(package.sha256) == 64
        assert package.licence
    assert "//" not in RECORD.read_text(), "an address: whose registry is used is the reader's choice"
