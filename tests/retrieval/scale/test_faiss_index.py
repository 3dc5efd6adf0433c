"""Codes that faiss scans, then exact scores: the answers of the plain sum, for every weighting and filter."""

import importlib.util
import sys

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.retrieval.scale import FaissIndex
from adde_lite.retrieval.scale.codes import KINDS, Codes

if importlib.util.find_spec("faiss") is None:
    pytest.skip('no faiss: pip install "adde-lite[scale]"', allow_module_level=True)

K = 30
WEIGHTS = (None, torch.tensor([0.5, 4.0, 1.0]), torch.tensor([0.0, 1.0, 0.0]))


@pytest.fixture(scope="module", params=KINDS)
def index(request, content, shop):
    made = FaissIndex.build(content.embeddings, content.labels, shop, kind=request.param)
    made.candidates = 500  # half the gallery: a code of one bit a dimension says little of a single subspace
    return made


@pytest.mark.parametrize("weights", WEIGHTS, ids=["plain", "re-weighted", "one subspace"])
def test_one_index_serves_every_weighting(index, content, weights):
    hits = 0
    for query in content.queries:
        found, best = index.search(query, K, weights), content.best(query, K, weights)
        hits += len(set(found.rows.tolist()) & set(best.tolist()))
        assert bool((found.scores.diff() <= 0).all())
    least = 0.75 if index.codes.kind == "RaBitQ" else 0.99
    assert hits >= least * K * len(content.queries)


def test_weights_may_be_named(index, content):
    rows = index.search(content.queries[0], K, {"sleeve length": 2.0, "colour": 1}).rows
    assert torch.equal(rows, index.search(content.queries[0], K, [1.0, 2.0, 0.0]).rows)
    assert not torch.equal(rows, index.search(content.queries[0], K).rows)
    with pytest.raises(InputError, match="Did you mean 'colour'"):
        index.search(content.queries[0], K, {"color": 1.0})


def test_several_queries_at_once_get_the_answers_of_each(index, content):
    together = index.search(content.queries, K)
    alone = index.search(content.queries[3], K)
    assert together.rows.shape == (len(content.queries), K)
    assert torch.equal(together.rows[3], alone.rows)
    assert torch.allclose(together.scores[3], alone.scores, atol=1e-6)


@pytest.mark.parametrize("share", [0.02, 0.9], ids=["fewer than candidates", "more than candidates"])
def test_a_filter_leaves_the_best_of_what_passes(index, content, share):
    mask = torch.rand(len(content.labels), generator=torch.Generator().manual_seed(0)) < share
    for query in content.queries[:5]:
        rows = index.search(query, 10, where=mask).rows
        assert bool(mask[rows].all())
        assert torch.equal(rows[0], content.best(query, 1, mask=mask)[0])


def test_a_filter_by_names_means_the_labels(index, content, shop):
    rows = index.search(content.queries[0], 10, where={"colour": ["red", "blue"], "pattern": "plain"}).rows
    for shown in shop.decode(content.labels[rows]):
        assert shown["colour"] in {"red", "blue"}
        assert shown["pattern"] == "plain"


def test_equal_scores_keep_the_order_of_the_rows(content, shop):
    same = content.embeddings[:1].expand(400, -1, -1)
    index = FaissIndex.build(same, content.labels[:400], shop, kind="SQ8")
    index.candidates = 400
    assert index.search(content.queries[0], 20).rows.tolist() == list(range(20))


def test_added_images_are_found_by_their_ids(index, content, shop):
    grown = FaissIndex.build(content.embeddings, content.labels, shop, kind=index.codes.kind)
    grown.add(content.queries, content.labels[: len(content.queries)], ids=[f"new {n}" for n in range(40)])
    assert len(grown) == len(index) + 40
    assert grown.ids(grown.search(content.queries[7], 1).rows) == ["new 7"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_saved_index_answers_as_before(index, content, shop, tmp_path, dtype):
    made = FaissIndex.build(content.embeddings.to(dtype), content.labels, shop, kind=index.codes.kind)
    made.add(content.queries.to(dtype), content.labels[:40], ids=[f"new {n}" for n in range(40)])
    made.save(tmp_path / "index", fingerprint="model 1")
    read = FaissIndex.open(tmp_path / "index", shop, fingerprint="model 1")
    before, after = (one.search(content.queries, K, where=torch.arange(1040) % 2 == 0) for one in (made, read))
    assert torch.equal(before.rows, after.rows)
    assert torch.equal(before.scores, after.scores)
    assert read.ids(torch.tensor([3, 1_005])) == ["3", "new 5"]
    assert read.vectors.parts[0].dtype == dtype


def test_the_same_gallery_makes_the_same_codes(content, shop):
    first, second = (FaissIndex.build(content.embeddings, content.labels, shop, kind="PQ", seed=1) for _ in "ab")
    assert torch.equal(first.codes.tensors()["codes"], second.codes.tensors()["codes"])


def test_codes_are_as_short_as_promised(content):
    A, d = content.embeddings.shape[1:]
    bytes_a_row = {kind: Codes(kind, A, d).bytes for kind in KINDS}
    assert bytes_a_row["Flat"] == 4 * bytes_a_row["SQ8"] == 4 * A * d
    assert bytes_a_row["PQ"] == 4 * A
    assert bytes_a_row["RaBitQ"] < bytes_a_row["SQ8"]


@pytest.mark.parametrize(
    ("k", "where", "message"),
    [
        (0, None, "k: given 0, expected 1 to 1000, the size of the gallery"),
        (1_001, None, "k: given 1001, expected 1 to 1000, the size of the gallery"),
        (3, torch.tensor([4, 5]), "k: given 3, expected 1 to 2, what the filter leaves"),
    ],
)
def test_more_than_there_is_cannot_be_had(index, content, k, where, message):
    with pytest.raises(InputError) as caught:
        index.search(content.queries[0], k, where=where)
    assert str(caught.value).startswith(message)


def test_the_ids_of_rows_that_are_not_there_are_refused(index, content):
    found = index.search(content.queries[:2], 3).rows
    for rows in (torch.tensor([-1]), torch.tensor([len(index)]), found):
        with pytest.raises(InputError, match=r"^rows: "):
            index.ids(rows)
    assert index.ids(found[0]) == [str(row) for row in found[0].tolist()]


def test_a_refused_addition_changes_nothing(index, content):
    before = index.search(content.queries[0], K).rows
    with pytest.raises(InputError, match="row 1000: given '4', as in row 4"):
        index.add(content.queries[:2], content.labels[:2], ids=["4", "new"])
    with pytest.raises(InputError, match="embedding 1"):
        index.add(content.queries[:2] * torch.tensor([1.0, 0.0]).view(2, 1, 1), content.labels[:2])
    with pytest.raises(InputError, match=r"\(2, 3, 4\)"):
        index.add(content.queries[:2, :, :4], content.labels[:2])
    assert len(index) == 1_000
    assert torch.equal(index.search(content.queries[0], K).rows, before)


def test_what_cannot_be_built_is_refused(content, shop):
    with pytest.raises(InputError, match="Did you mean 'SQ8'"):
        FaissIndex.build(content.embeddings, content.labels, shop, kind="SQ4")
    with pytest.raises(InputError, match="256 or more"):
        FaissIndex.build(content.embeddings[:255], content.labels[:255], shop, kind="PQ")


def test_a_missing_library_is_named(content, shop, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(InputError, match=r'pip install "adde-lite\[scale\]"'):
        FaissIndex.build(content.embeddings, content.labels, shop)


@pytest.fixture
def saved(content, shop, tmp_path):
    FaissIndex.build(content.embeddings, content.labels, shop).save(tmp_path / "index", fingerprint="model 1")
    return tmp_path / "index"


@pytest.mark.parametrize("fingerprint", ["", "model 2"])
def test_the_gallery_of_another_model_is_refused(saved, shop, fingerprint):
    with pytest.raises(InputError, match="another schema or model"):
        FaissIndex.open(saved, shop, fingerprint=fingerprint)


def test_the_gallery_of_another_schema_is_refused(saved, shop):
    with pytest.raises(InputError, match="another schema or model"):
        FaissIndex.open(saved, shop.select(shop.names[::-1]), fingerprint="model 1")


@pytest.mark.parametrize("name", ["tensors.safetensors", "facts.json", "manifest.json"])
def test_a_file_cut_off_or_changed_is_refused(saved, shop, name):
    content = (saved / name).read_bytes()
    for damaged in (b"", content[:-1], content[:60] + bytes([content[60] ^ 1]) + content[61:]):
        (saved / name).write_bytes(damaged)
        with pytest.raises(InputError, match=name):
            FaissIndex.open(saved, shop, fingerprint="model 1")


def test_codes_of_another_size_are_refused(content, shop):
    tensors = FaissIndex.build(content.embeddings, content.labels, shop).codes.tensors()
    with pytest.raises(InputError, match="Build the index again"):
        Codes.from_tensors("SQ8", 3, 8, 1_001, tensors)
    with pytest.raises(InputError, match="Build the index again"):
        Codes.from_tensors("PQ", 3, 8, 1_000, tensors)
