import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval import gallery as module
from adde_lite.retrieval.gallery import Gallery, nearest, unit

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})


def random_gallery(seed, count=20, d=4, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(count, SCHEMA.A, d, generator=generator, dtype=dtype)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    memory = PrototypeMemory(SCHEMA, d)
    with torch.no_grad():
        memory.weight.normal_(generator=generator)
    return Gallery(embeddings, labels, SCHEMA, memory)


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_search_orders_by_the_distance_between_unit_vectors(seed):
    gallery = random_gallery(seed)
    query = torch.randn(3, SCHEMA.A, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 1))
    distance = torch.cdist(unit(query), unit(gallery.embeddings))
    assert torch.equal(gallery.search(query, 20), distance.argsort(1))


@given(st.integers(0, 1000), st.floats(0.01, 100))
@settings(max_examples=30, deadline=None)
def test_length_of_the_query_does_not_matter(seed, scale):
    gallery = random_gallery(seed)
    assert torch.equal(gallery.search(gallery.embeddings[0], 5), gallery.search(scale * gallery.embeddings[0], 5))


def test_garment_of_the_gallery_finds_itself_first():
    gallery = random_gallery(0)
    assert torch.equal(gallery.search(gallery.embeddings, 1)[:, 0], torch.arange(20))


EDITS = [Edit("bar", "level"), Edit("colour", "blue")]


def test_edit_searches_with_the_prototypes_in_the_edited_blocks():
    gallery = random_gallery(0, dtype=torch.float32)
    query = gallery.embeddings[3].clone()
    found = gallery.edit(query, EDITS, 5)
    assert torch.equal(query, gallery.embeddings[3])
    query[1] = gallery.memory.prototype("bar", "level")
    query[0] = gallery.memory.prototype("colour", "blue")
    assert torch.equal(found, gallery.search(query, 5))


def test_edit_by_the_residual_searches_with_it_added():
    gallery = random_gallery(0, dtype=torch.float32)
    query, labels = gallery.embeddings[:4], gallery.labels[:4]
    residual = gallery.memory(SCHEMA.indicator(labels, EDITS)).detach()
    assert torch.equal(gallery.edit(query, EDITS, 5, "add", labels), gallery.search(query + residual, 5))


def test_each_query_can_have_its_own_edit():
    gallery = random_gallery(0, dtype=torch.float32)
    lacking = [int((SCHEMA.indicator(gallery.labels, edit) != 0).any(1).nonzero()[0]) for edit in EDITS]
    indicator = [SCHEMA.indicator(gallery.labels[[row]], edit) for row, edit in zip(lacking, EDITS, strict=True)]
    found = gallery.edit(gallery.embeddings[lacking], torch.cat(indicator), 5)
    for answer, row, edit in zip(found, lacking, EDITS, strict=True):
        assert torch.equal(answer, gallery.edit(gallery.embeddings[row], edit, 5))


def test_chunks_give_the_answer_of_one_product(monkeypatch):
    queries, vectors = torch.randn(50, 6), torch.randn(30, 6)
    whole = nearest(queries, vectors, 4)
    monkeypatch.setattr(module, "SCORES_AT_ONCE", 90)
    assert torch.equal(nearest(queries, vectors, 4), whole)


@pytest.mark.parametrize("k", [0, -1, 21])
def test_k_out_of_range_is_refused(k):
    with pytest.raises(InputError, match="1 to 20"):
        random_gallery(0).search(torch.ones(SCHEMA.A, 4, dtype=torch.float64), k)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_useless_vector_is_refused_with_its_row(value):
    gallery = random_gallery(0)
    gallery.embeddings[7] = value
    with pytest.raises(InputError, match="embedding 7"):
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, gallery.memory)


def test_shapes_that_do_not_fit_are_refused():
    gallery = random_gallery(0)
    empty = gallery.labels[:0]
    for embeddings, labels in [(gallery.embeddings[:-1], gallery.labels), (gallery.embeddings[:0], empty)]:
        with pytest.raises(InputError, match="gallery embeddings"):
            Gallery(embeddings, labels, SCHEMA, gallery.memory)
    with pytest.raises(InputError, match=r"gallery embeddings: given shape \(20, 2, 4\), expected \(20, 2, 3\)"):
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, PrototypeMemory(SCHEMA, 3))
    other = SCHEMA.select(["bar", "colour"])
    with pytest.raises(InputError, match=r"memory: given attributes bar, colour of \[2, 3\] values"):
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, PrototypeMemory(other, 4))
    with pytest.raises(InputError, match="query"):
        gallery.search(torch.ones(SCHEMA.A, 3), 2)
