"""A bar where it can be drawn, lines of text where it would be a mess."""

import io
import sys

from adde_lite.training import progress
from adde_lite.training.progress import shown


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(total, done=0, wanted=True):
    with shown(total, done, wanted=wanted) as bar:
        for _ in range(total - done):
            bar.update()
        bar.set_postfix({"label": "0.250"})


def test_log_gets_a_plain_line_an_epoch(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    work(12, done=4)
    assert log.getvalue() == "training: step 12 of 12  label 0.250\n"


def test_long_epochs_say_something_in_between(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", -1.0)
    work(2)
    assert log.getvalue().splitlines()[:2] == ["training: step 1 of 2", "training: step 2 of 2"]


def test_terminal_gets_a_bar(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    work(3)
    assert "\r" in screen.getvalue() and "3/3" in screen.getvalue() and "label=0.250" in screen.getvalue()


def test_unwanted_progress_is_silent(monkeypatch, capsys):
    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        work(3, wanted=False)
        assert stream.getvalue() == ""
