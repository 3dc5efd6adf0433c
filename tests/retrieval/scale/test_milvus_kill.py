"""A process killed while it fills Milvus: every acknowledged row is there again, and filling goes on."""

import importlib.util
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale import MilvusIndex, synthetic_gallery
from tests.retrieval.scale.conftest import SCHEMA, SERVER, Content

if any(importlib.util.find_spec(name) is None for name in ("pymilvus", "milvus_lite")):
    pytest.skip('no Milvus Lite: pip install "adde-lite[scale]"', allow_module_level=True)
if not hasattr(signal, "SIGKILL"):
    pytest.skip("this system has no SIGKILL", allow_module_level=True)

N, BATCH = 6_000, 1_000
CHILD = """
import sys
from adde_lite.retrieval.scale import MilvusIndex, synthetic_gallery
from tests.retrieval.scale.conftest import SCHEMA

embeddings, labels = synthetic_gallery(int(sys.argv[2]), schema=SCHEMA, d=4)
MilvusIndex.build(embeddings, labels, SCHEMA, sys.argv[1], watch=lambda rows: print(rows, flush=True)).close()
"""


@pytest.fixture(scope="module")
def whole() -> Content:
    embeddings, labels = synthetic_gallery(N, schema=SCHEMA, d=4)
    return Content(embeddings, labels, embeddings[::400])


@contextmanager
def started(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def check_rows(index, content, rows):
    """Each of the first rows is there once, with its own vector, labels and id."""
    fields = ["row", "name", "vector", *(f"label_{a}" for a in range(SCHEMA.A))]
    asked = torch.arange(0, rows, 7).tolist()
    stored = index._connection.ask("query", index._collection, filter=f"row in {asked}", output_fields=fields)
    stored.sort(key=lambda one: one["row"])
    assert [one["row"] for one in stored] == asked
    assert [one["name"] for one in stored] == [str(row) for row in asked]
    assert torch.equal(torch.tensor([one["vector"] for one in stored]), content.embeddings[asked].flatten(1))
    labels = torch.tensor([[one[f"label_{a}"] for a in range(SCHEMA.A)] for one in stored])
    assert torch.equal(labels, content.labels[asked])


def go_on(index, content):
    """Add what is missing; then all answers are the exact ones."""
    have = len(index)
    if have < N:
        index.add(content.embeddings[have:], content.labels[have:])
    assert len(index) == N
    for query in content.queries:
        found = index.search(query, 30).rows
        assert len(set(found.tolist()) & set(content.best(query, 30).tolist())) >= 29


@pytest.mark.parametrize("rows", [2 * BATCH, N], ids=["while rows come in", "while they are indexed"])
def test_a_killed_process_keeps_every_acknowledged_row(whole, tmp_path, rows):
    with started(CHILD, tmp_path / "shop.db", N) as child:
        acknowledged = 0
        while acknowledged < rows:
            acknowledged = int(child.stdout.readline())
        child.kill()
        acknowledged = max([acknowledged, *map(int, child.stdout)])  # what it could still say counts too
    assert child.returncode == -signal.SIGKILL
    with MilvusIndex.open(tmp_path / "shop.db", SCHEMA) as index:
        assert acknowledged <= len(index) <= N
        check_rows(index, whole, len(index))
        go_on(index, whole)


def test_a_killed_server_is_reported_and_keeps_every_acknowledged_row(whole, tmp_path, capfd):
    acknowledged = []
    with started(SERVER, tmp_path / "shop") as server:
        uri = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        first = (whole.embeddings[:BATCH], whole.labels[:BATCH], SCHEMA, uri)
        MilvusIndex.build(*first, watch=acknowledged.append).close()

        def kill_after_three(rows):
            acknowledged.append(rows)
            if rows == 3 * BATCH:
                server.kill()
                server.wait()

        with MilvusIndex.open(uri, SCHEMA, timeout=3) as index, pytest.raises(InputError, match="See that the server"):
            index.add(whole.embeddings[BATCH:], whole.labels[BATCH:], watch=kill_after_three)
    assert acknowledged == [BATCH, 2 * BATCH, 3 * BATCH]
    assert capfd.readouterr().err == ""
    with (
        started(SERVER, tmp_path / "shop") as server,
        MilvusIndex.open(f"http://127.0.0.1:{server.stdout.readline().strip()}", SCHEMA) as index,
    ):
        assert len(index) == 3 * BATCH
        check_rows(index, whole, len(index))
        go_on(index, whole)
