import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from adde_lite.errors import InputError
from adde_lite.studies.record import complete, mean_and_range, recorded


@dataclass(frozen=True)
class Square:
    """A run that takes no time, and says in a file that it was done."""

    number: int
    log: str
    version: int = 1

    @property
    def name(self):
        return {"number": self.number}

    @property
    def hash(self):
        return f"{self.version}-{self.number}"

    def prepare(self):
        Path(f"{self.log}-shared").write_text(str(os.getpid()))

    def measure(self):
        assert Path(f"{self.log}-shared").exists()
        if self.number < 0:
            raise ValueError("no root")
        with open(self.log, "a") as log:  # noqa: PTH123 - several processes append
            log.write(f"{self.number} ")
        return {"square": self.number**2 + 1e-9}


@pytest.fixture
def squares(tmp_path):
    return [Square(number, str(tmp_path / "log")) for number in (3, 1, 2)]


def done(squares):
    with open(squares[0].log) as log:  # noqa: PTH123
        return sorted(log.read().split())


def finish(squares, folder):
    complete("squares", squares, folder=folder, workers=1, progress=False)


def test_rows_come_back_in_the_order_of_the_runs(squares, tmp_path):
    finish(squares, tmp_path)
    table = recorded("squares", squares, folder=tmp_path)
    assert table["number"].tolist() == [3, 1, 2]
    assert table["square"].tolist() == [9, 1, 4]


def test_a_recorded_run_is_not_done_again(squares, tmp_path):
    finish(squares[:2], tmp_path)
    finish(squares, tmp_path)
    assert done(squares) == ["1", "2", "3"]


def test_what_the_runs_share_is_prepared_in_this_process_and_only_for_missing_runs(squares, tmp_path):
    finish(squares, tmp_path)
    shared = Path(f"{squares[0].log}-shared")
    assert int(shared.read_text()) == os.getpid()
    shared.unlink()
    finish(squares, tmp_path)
    assert not shared.exists()


def test_a_study_that_broke_off_keeps_the_runs_it_finished(squares, tmp_path):
    with pytest.raises(ValueError, match="no root"):
        finish([squares[0], Square(-1, squares[0].log)], tmp_path)
    assert recorded("squares", squares[:1], folder=tmp_path)["square"].tolist() == [9]


def test_a_run_with_a_new_recipe_counts_as_missing(squares, tmp_path):
    finish(squares, tmp_path)
    changed = [Square(3, squares[0].log, version=2)]
    with pytest.raises(InputError, match=r"no row of 1 of 1 runs.*make study"):
        recorded("squares", changed, folder=tmp_path)
    finish(changed, tmp_path)
    assert list(json.loads((tmp_path / "squares.json").read_text())) == ["2-3"]


def test_a_damaged_record_is_named_and_kept(squares, tmp_path):
    (tmp_path / "squares.json").write_text('{"1-3": {"row":')
    with pytest.raises(InputError, match=r"squares\.json"):
        finish(squares, tmp_path)
    assert (tmp_path / "squares.json").read_text() == '{"1-3": {"row":'


def test_seeds_are_shown_by_their_mean_and_half_their_range():
    assert mean_and_range([0.25, 0.5, 1.5]) == "0.750 ± 0.625"
    assert mean_and_range([0.25, 0.5, 1.5], digits=1) == "0.8 ± 0.6"
    assert mean_and_range([2]) == "2.000 ± 0.000"
