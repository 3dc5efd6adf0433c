"""Questions that are asked, and galleries that are opened, while others are saved over them or added to."""

import pytest
import torch

from adde_lite import storage
from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.retrieval.gallery import Gallery
from adde_lite.retrieval.scale import FaissIndex, MilvusIndex

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})
N, D = 40, 4


def content(seed):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(N, SCHEMA.A, D, generator=generator)
    return embeddings, torch.stack([torch.randint(n, (N,), generator=generator) for n in SCHEMA.sizes], dim=1)


def gallery(seed, model=None):
    embeddings, labels = content(seed)
    return Gallery(embeddings, labels, SCHEMA, ids=[f"{seed}-{row}" for row in range(N)], model=model)


@pytest.fixture
def saved_while_read(monkeypatch):
    """Calls what it is given once, in the middle of the next reading of a folder."""
    waiting, read = [], storage.load_file

    def reading(path):
        tensors = read(path)
        if waiting:
            waiting.pop()()
        return tensors

    monkeypatch.setattr(storage, "load_file", reading)
    return waiting.append


@pytest.mark.parametrize("memory_map", [True, False])
def test_a_gallery_that_is_replaced_while_it_is_read_is_one_of_the_two_never_a_mixture(
    tmp_path, saved_while_read, memory_map
):
    old, new = gallery(0), gallery(1)
    old.save(tmp_path / "gallery")
    saved_while_read(lambda: new.save(tmp_path / "gallery"))
    read = Gallery.load(tmp_path / "gallery", memory_map=memory_map)
    assert read.ids == new.ids
    assert torch.equal(read.embeddings, new.embeddings)


def test_a_gallery_of_another_model_that_comes_while_one_is_read_is_refused(tmp_path, saved_while_read):
    gallery(0, "model one").save(tmp_path / "gallery")
    saved_while_read(lambda: gallery(1, "model two").save(tmp_path / "gallery"))
    with pytest.raises(InputError, match="embeddings of model model two"):
        Gallery.load(tmp_path / "gallery", model="model one")


def test_an_index_in_use_outlasts_one_saved_over_it(tmp_path):
    pytest.importorskip("faiss", reason='no faiss: pip install "adde-lite[scale]"')
    (embeddings, labels), (others, theirs) = content(0), content(1)
    FaissIndex.build(embeddings, labels, SCHEMA).save(tmp_path / "index")
    used = FaissIndex.open(tmp_path / "index", SCHEMA)
    before = used.search(others, 10)
    rebuilt = FaissIndex.build(others, theirs, SCHEMA)
    rebuilt.save(tmp_path / "index")
    assert torch.equal(used.search(others, 10).rows, before.rows)
    after = FaissIndex.open(tmp_path / "index", SCHEMA).search(others, 10)
    assert torch.equal(after.rows, rebuilt.search(others, 10).rows)
    assert not torch.equal(after.rows, before.rows)


def test_questions_are_answered_while_images_are_added(tmp_path, monkeypatch):
    for library in ("pymilvus", "milvus_lite"):
        pytest.importorskip(library, reason='no Milvus Lite: pip install "adde-lite[scale]"')
    monkeypatch.setattr("adde_lite.retrieval.scale.milvus_index.ROWS_AT_ONCE", 10)
    embeddings, labels = content(0)
    with MilvusIndex.build(embeddings[:10], labels[:10], SCHEMA, tmp_path / "shop.db", kind="FLAT") as index:
        answers = []

        def ask(stored):
            answers.append((stored, index.search(embeddings[0], 10).rows[0].item(), len(index)))

        index.add(embeddings[10:], labels[10:], watch=ask)
    assert answers == [(20, 0, 20), (30, 0, 30), (40, 0, 40)]


def test_embeddings_of_an_index_and_its_queries_need_not_be_contiguous():
    pytest.importorskip("faiss", reason='no faiss: pip install "adde-lite[scale]"')
    embeddings, labels = content(0)
    apart = embeddings.transpose(0, 2).contiguous().transpose(0, 2)
    assert not apart.is_contiguous()
    found = FaissIndex.build(apart, labels, SCHEMA).search(apart[:4], 10)
    assert torch.equal(found.rows, FaissIndex.build(embeddings, labels, SCHEMA).search(embeddings[:4], 10).rows)
