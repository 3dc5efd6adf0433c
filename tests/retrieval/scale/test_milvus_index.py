"""Milvus gives the answers of the plain sum, from a local file and from a server, and its failures say what to do."""

import importlib.util
import shutil
import socket
import subprocess
import sys
import threading

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale import FaissIndex, MilvusIndex
from adde_lite.retrieval.scale.milvus_index import KINDS
from tests.retrieval.scale.conftest import SERVER

if any(importlib.util.find_spec(name) is None for name in ("pymilvus", "milvus_lite")):
    pytest.skip('no Milvus Lite: pip install "adde-lite[scale]"', allow_module_level=True)

K = 30
WEIGHTS = (None, torch.tensor([0.5, 4.0, 1.0]), torch.tensor([0.0, 1.0, 0.0]))


FAILS = """
import sys
from adde_lite.errors import InputError
from adde_lite.retrieval.scale import MilvusIndex
from tests.retrieval.scale.conftest import SCHEMA
try:
    MilvusIndex.open(sys.argv[1], SCHEMA)
except InputError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory, content, shop):
    """A gallery of each kind in one file, closed so that all are indexed."""
    path = tmp_path_factory.mktemp("milvus") / "shop.db"
    for kind in KINDS:
        MilvusIndex.build(content.embeddings, content.labels, shop, path, name=kind, kind=kind).close()
    return path


@pytest.fixture(scope="module")
def server(file, tmp_path_factory):
    """The address of a server, a process of its own, that holds a copy of the galleries."""
    copy = tmp_path_factory.mktemp("server") / "shop"
    shutil.copytree(file, copy)
    command = [sys.executable, "-c", SERVER, str(copy)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@pytest.fixture(params=["file", "server"])
def flat(request, shop):
    with MilvusIndex.open(request.getfixturevalue(request.param), shop, name="FLAT") as index:
        yield index


@pytest.mark.parametrize("weights", WEIGHTS, ids=["plain", "re-weighted", "one subspace"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_index_serves_every_weighting(file, content, shop, kind, weights):
    hits = 0
    with MilvusIndex.open(file, shop, name=kind) as index:
        assert index.kind == kind
        for query in content.queries[:10]:
            found, best = index.search(query, K, weights), content.best(query, K, weights)
            hits += len(set(found.rows.tolist()) & set(best.tolist()))
            assert bool((found.scores.diff() <= 0).all())
    assert hits >= (1 if kind == "FLAT" else 0.9) * K * 10


def test_a_file_and_a_server_answer_as_faiss_does(flat, content, shop):
    faiss = FaissIndex.build(content.embeddings, content.labels, shop, kind="Flat")
    wheres = (None, {"colour": ["red", "blue"], "pattern": "plain"}, torch.arange(1_000) % 3 == 0, torch.arange(50, 90))
    for where in wheres:
        for query in (content.queries, content.queries[5]):
            ours, theirs = (index.search(query, 10, WEIGHTS[1], where) for index in (flat, faiss))
            assert torch.equal(ours.rows, theirs.rows)
            assert torch.allclose(ours.scores, theirs.scores, atol=1e-6)
    assert flat.ids(torch.tensor([30, 2, 30])) == ["30", "2", "30"]


def test_less_effort_finds_less(file, content, shop):
    with MilvusIndex.open(file, shop, name="IVF_FLAT") as index:
        hits = []
        for index.effort in (5, 25):
            found = [set(index.search(query, K, WEIGHTS[2]).rows.tolist()) for query in content.queries[:10]]
            exact = [set(content.best(query, K, WEIGHTS[2]).tolist()) for query in content.queries[:10]]
            hits.append(sum(len(one & other) for one, other in zip(found, exact, strict=True)))
        index.effort = 1
        with pytest.raises(InputError, match="Set a larger effort"):
            index.search(content.queries, 1_000)
    assert hits[0] < 0.9 * hits[1]
    assert hits[1] == 300


def test_equal_scores_keep_the_order_of_the_rows(content, shop, tmp_path):
    same = content.embeddings[:1].expand(8, -1, -1)
    with MilvusIndex.build(same, content.labels[:8], shop, tmp_path / "same.db", kind="FLAT") as index:
        assert index.search(content.queries[0], 8).rows.tolist() == list(range(8))


def test_added_images_are_found_by_their_ids(content, shop, tmp_path):
    counts = []
    names = ['a "quoted" \\ name', *map(str, range(39))]
    with MilvusIndex.build(content.embeddings[:200], content.labels[:200], shop, tmp_path / "small.db") as index:
        with pytest.raises(InputError, match="'7', which row 7 has"):
            index.add(content.queries, content.labels[:40], ids=[str(n) for n in range(7, 47)])
        assert len(index) == 200
        index.add(content.queries, content.labels[:40], ids=[f"new {name}" for name in names], watch=counts.append)
        assert index.ids(index.search(content.queries[0], 1).rows) == ['new a "quoted" \\ name']
        with pytest.raises(InputError, match="which row 200 has"):
            index.add(content.queries[:1], content.labels[:1], ids=['new a "quoted" \\ name'])
    assert counts == [240]
    with MilvusIndex.open(tmp_path / "small.db", shop) as index:
        assert len(index) == 240
        assert index.search(content.queries[39], 1).rows.tolist() == [239]


@pytest.mark.parametrize(
    ("k", "where", "message"),
    [
        (0, None, "k: given 0, expected 1 to 1000, the size of the gallery"),
        (1_001, None, "k: given 1001, expected 1 to 1000, the size of the gallery"),
        (3, torch.tensor([4, 5]), "k: given 3, expected 1 to 2, what the filter leaves"),
        (1, {"colour": None}, "where: given {'colour': None}, expected what an image"),
        (1, {"color": "red"}, "schema: given attribute 'color'"),
    ],
)
def test_more_than_there_is_cannot_be_had(flat, content, k, where, message):
    with pytest.raises(InputError) as caught:
        flat.search(content.queries[0], k, where=where)
    assert str(caught.value).startswith(message)


def test_the_ids_of_rows_that_are_not_there_are_refused(flat):
    for rows in (torch.tensor([-1]), torch.tensor([1_000])):
        with pytest.raises(InputError, match=r"^rows: "):
            flat.ids(rows)


def test_a_gallery_of_another_schema_or_model_is_refused(file, shop):
    with pytest.raises(InputError, match="another schema or model"):
        MilvusIndex.open(file, shop, name="FLAT", fingerprint="model 2")
    with pytest.raises(InputError, match="another schema or model"):
        MilvusIndex.open(file, shop.select(shop.names[::-1]), name="FLAT")


def test_a_name_is_taken_until_it_is_removed(content, shop, tmp_path):
    ten = (content.embeddings[:10], content.labels[:10], shop, tmp_path / "shop.db")
    MilvusIndex.build(*ten, name="a").close()
    MilvusIndex.build(*ten, name="a_b").close()
    with pytest.raises(InputError, match="a gallery 'a' already"):
        MilvusIndex.build(*ten, name="a", fingerprint="model 2")
    MilvusIndex.remove(tmp_path / "shop.db", name="a")
    with pytest.raises(InputError, match="no gallery 'a'"):
        MilvusIndex.open(tmp_path / "shop.db", shop, name="a")
    with MilvusIndex.open(tmp_path / "shop.db", shop, name="a_b") as index:
        assert len(index) == 10


@pytest.mark.parametrize("ids", [["x", "x"], ["x", "y" * 513]], ids=["twice", "long"])
def test_refused_ids_leave_no_gallery_behind(content, shop, tmp_path, ids):
    two = (content.embeddings[:2], content.labels[:2], shop, tmp_path / "shop.db")
    with pytest.raises(InputError, match=r"^ids"):
        MilvusIndex.build(*two, ids=ids)
    with MilvusIndex.build(*two, ids=["x", "a\nb\r\t"]) as index:
        assert index.ids(torch.tensor([1])) == ["a\nb\r\t"]
        with pytest.raises(InputError, match="which row 1 has"):
            index.add(content.queries[:1], content.labels[:1], ids=["a\nb\r\t"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "HNWS"}, "Did you mean 'HNSW'"),
        ({"name": "my shop"}, "letters, digits and underscores"),
        ({"name": ""}, "letters, digits and underscores"),
        ({"uri": "shop.sqlite"}, 'a path ending in ".db"'),
        ({"uri": "ftp://127.0.0.1:19530"}, "is illegal"),
        ({"timeout": 0}, "seconds above 0"),
        ({"ids": ["x" * 513]}, "of 513 bytes"),
    ],
)
def test_what_cannot_be_built_is_refused(content, shop, tmp_path, change, message):
    call = {"uri": tmp_path / "shop.db"} | change
    with pytest.raises(InputError) as caught:
        MilvusIndex.build(content.embeddings[:1], content.labels[:1], shop, **call)
    assert message in str(caught.value)


def test_no_file_is_made_by_opening(shop, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        MilvusIndex.open(tmp_path / "shop.db", shop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["pymilvus", "milvus_lite.server_manager"])
def test_a_missing_library_is_named(file, shop, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=r'pip install "adde-lite\[scale\]"'):
        MilvusIndex.open(file, shop)


@pytest.mark.parametrize("answers", [False, True], ids=["nobody there", "no answer"])
def test_a_server_out_of_reach_is_given_up_in_time(shop, answers, capfd):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if answers:
            listening.listen()
        uri = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(InputError, match="See that the server runs"):
            MilvusIndex.open(uri, shop, timeout=0.5)
    assert capfd.readouterr().err == ""


@pytest.fixture
def small(content, shop, tmp_path):
    MilvusIndex.build(content.embeddings[:300], content.labels[:300], shop, tmp_path / "shop.db").close()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "message"),
    [("schema.json", "not valid JSON"), ("*.parquet", "Parquet"), ("*.idx", "faiss"), ("manifest.json", "0 rows")],
)
def test_a_file_cut_off_is_refused(shop, tmp_path, name, message):
    (damaged,) = (tmp_path / "shop.db" / "collections").rglob(name)
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with pytest.raises(InputError, match=message):
        MilvusIndex.open(tmp_path / "shop.db", shop)


@pytest.mark.usefixtures("small")
def test_a_failure_is_raised_not_printed(tmp_path):
    (damaged,) = (tmp_path / "shop.db" / "collections").rglob("*.parquet")
    damaged.write_bytes(b"")
    command = [sys.executable, "-c", FAILS, str(tmp_path / "shop.db")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Parquet" in said.stdout
    assert said.stderr == ""


@pytest.mark.usefixtures("small")
def test_a_file_that_another_process_holds_is_refused_in_silence(shop, tmp_path, capfd):
    command = [sys.executable, "-c", SERVER, str(tmp_path / "shop.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            with pytest.raises(InputError, match="held by another process"):
                MilvusIndex.open(tmp_path / "shop.db", shop)
        finally:
            process.kill()
    assert capfd.readouterr().err == ""
    MilvusIndex.open(tmp_path / "shop.db", shop).close()


def test_a_gallery_with_gaps_is_refused(content, shop, tmp_path):
    with MilvusIndex.build(content.embeddings[:50], content.labels[:50], shop, tmp_path / "shop.db") as index:
        index._connection.ask("delete", index._collection, filter="row in [4]")
    with pytest.raises(InputError, match="49 rows, 1 of them numbered 49 or more"):
        MilvusIndex.open(tmp_path / "shop.db", shop)


def test_a_closed_file_is_free_and_a_shared_one_stays_open(file, content, shop):
    first, second = (MilvusIndex.open(file, shop, name="FLAT") for _ in "ab")
    first.close()
    first.close()
    assert len(second.search(content.queries[0], 5).rows) == 5
    second.close()
    check = "import sys; from milvus_lite.db import MilvusLite; MilvusLite(sys.argv[1]).close()"
    subprocess.run([sys.executable, "-c", check, str(file)], check=True)
    assert not [thread.name for thread in threading.enumerate() if not thread.daemon and thread.name != "MainThread"]
