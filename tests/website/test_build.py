"""A build that cannot be done says why in a line and leaves the old site."""

import pytest

from website import build as builder
from website import prepare
from website.build import SiteError, build, main


@pytest.fixture
def old_site(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("old")
    return site


def left(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_without_the_set_up_one_line_says_what_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prepare, "COMPLETE", tmp_path / "never")
    assert main() == 1
    said = capsys.readouterr().err
    assert "make site-setup" in said
    assert said.count("\n") == 1


def test_a_build_that_fails_leaves_the_old_site_and_nothing_else(old_site, tmp_path, monkeypatch):
    def warns(*_):
        raise SiteError("a warning")

    monkeypatch.setattr(builder, "interpreter", lambda: "python")
    monkeypatch.setattr(builder, "vendored", list)
    monkeypatch.setattr(builder, "_run", warns)
    with pytest.raises(SiteError):
        build(old_site)
    assert left(tmp_path) == {"site", "site/index.html"}
    assert (old_site / "index.html").read_text() == "old"


def test_a_build_that_succeeds_takes_the_place_of_the_old_site(old_site, tmp_path, monkeypatch):
    def writes(_python, _source, out):
        (out / builder.PAGES).mkdir(parents=True)
        (out / builder.PAGES / "index.html").write_text("new")

    monkeypatch.setattr(builder, "interpreter", lambda: "python")
    monkeypatch.setattr(builder, "vendored", list)
    monkeypatch.setattr(builder, "_run", writes)
    build(old_site)
    assert left(tmp_path) == {"site", "site/index.html"}
    assert (old_site / "index.html").read_text() == "new"


def test_a_notebook_that_is_not_asked_for_keeps_its_place_and_little_else(tmp_path):
    builder.gather(tmp_path, only=["04_memory_and_losses"])
    sizes = {path.stem: path.stat().st_size for path in (tmp_path / "notebooks").glob("*.ipynb")}
    assert len(sizes) >= 9
    assert sizes.pop("04_memory_and_losses") > 100_000
    assert max(sizes.values()) < 10_000
