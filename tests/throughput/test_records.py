import copy
import json

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.throughput import NOT_MEASURED, Rate, by_machine, entry, machine, record, recorded

RATE = Rate("training", 10.0, 9.0, 11.0, "images", "CPU second", 8, "float32", 2, 5, facts={"px": 64})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results" / "throughput.json"


@pytest.fixture
def here():
    return entry([RATE], torch.device("cpu"), "tiny")


def on_gpu(here, profile="gpu"):
    gpu = copy.deepcopy(here)
    gpu["hardware"] = {"kind": "cuda", "name": "H200"}
    return gpu | {"profile": profile, "clock": "second"}


def test_an_entry_says_what_was_measured_where_and_with_what(here):
    assert here["hardware"]["kind"] == "cpu"
    assert here["hardware"]["cores"] >= 1
    assert torch.__version__.startswith(here["versions"]["torch"])
    assert {"commit", "date", "threads"} <= set(here)
    assert (here["profile"], here["clock"], here["rows"][0]["px"]) == ("tiny", "CPU second", 64)
    assert json.loads(json.dumps(here)) == here


def test_the_record_replaces_its_own_entry_and_keeps_the_others(here, path):
    record(here, path)
    record(here | {"profile": "cpu"}, path)
    record(here | {"date": "later"}, path)
    entries = [each for each in recorded(path) if each["rows"] != NOT_MEASURED]
    assert [(each["profile"], each["date"]) for each in entries] == [("cpu", here["date"]), ("tiny", "later")]
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_not_measured_stands_until_a_gpu_takes_its_place(here, path):
    assert [each["rows"] for each in recorded(path)] == [NOT_MEASURED]
    record(here, path)
    assert json.loads(path.read_text())[0] == {"hardware": {"kind": "cuda"}, "rows": "not measured"}
    record(on_gpu(here), path)
    assert NOT_MEASURED not in [each["rows"] for each in recorded(path)]
    assert len(recorded(path)) == 2
    record(here, path)
    assert NOT_MEASURED not in path.read_text()


NO_RATE = '[{"hardware": {"kind": "cpu"}, "rows": [{"name": "training"}]}]'


@pytest.mark.parametrize("content", ["", '[{"hardware"', "{}x", '[{"rows": []}]', NO_RATE, "5"])
def test_a_damaged_record_is_named_and_kept(here, path, content):
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(InputError, match=r"throughput\.json"):
        record(here, path)
    assert path.read_text() == content


def test_the_best_batch_of_each_name_stands_for_a_machine(here):
    here["rows"] += [RATE.row() | {"per_second": 30.0, "batch": 16}, RATE.row() | {"unit": "edits", "name": "swap"}]
    found = by_machine([here, {"hardware": {"kind": "cuda"}, "rows": NOT_MEASURED}])
    assert list(found.values()) == [{"training": 30.0}, "not measured"]
    assert next(iter(found)) == f"{here['hardware']['name']}, per CPU second"
    assert list(by_machine([here], "edits").values()) == [{"swap": 10.0}]


def test_a_machine_without_the_rate_that_is_asked_for_has_not_measured_it(here):
    gpu = on_gpu(here)
    gpu["rows"] = [RATE.row() | {"name": "one view"}, *gpu["rows"]]
    assert list(by_machine([here, gpu], name="one view").values()) == ["not measured", {"one view": 10.0}]


def test_two_profiles_of_a_machine_have_two_names(here):
    names = list(by_machine([here, here | {"profile": "cpu"}]))
    assert [name.rpartition(", ")[2] for name in names] == ["profile tiny", "profile cpu"]


def test_the_committed_record_can_be_read():
    assert {each["hardware"]["kind"] for each in recorded()} >= {"cuda"}


def test_outside_of_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CHECKOUT", tmp_path)
    assert machine.commit() is None
