import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.retrieval import gallery as module
from adde_lite.retrieval.gallery import Gallery, nearest, unit

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})


def random_gallery(seed, count=20, d=4):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(count, SCHEMA.A, d, generator=generator, dtype=torch.float64)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    return Gallery(embeddings, labels, SCHEMA, torch.randn(SCHEMA.J, d, generator=generator, dtype=torch.float64))


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


def test_edit_searches_with_the_prototype_in_the_edited_block():
    gallery = random_gallery(0)
    query = gallery.embeddings[3].clone()
    found = gallery.edit(query, [Edit("bar", "level"), Edit("colour", "blue")], 5)
    assert torch.equal(query, gallery.embeddings[3])
    query[1] = gallery.prototypes[SCHEMA.column("bar", "level")]
    query[0] = gallery.prototypes[SCHEMA.column("colour", "blue")]
    assert torch.equal(found, gallery.search(query, 5))


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
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, gallery.prototypes)


def test_shapes_that_do_not_fit_are_refused():
    gallery = random_gallery(0)
    empty = gallery.labels[:0]
    for embeddings, labels in [(gallery.embeddings[:-1], gallery.labels), (gallery.embeddings[:0], empty)]:
        with pytest.raises(InputError, match="gallery embeddings"):
            Gallery(embeddings, labels, SCHEMA, gallery.prototypes)
    with pytest.raises(InputError, match="prototypes"):
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, gallery.prototypes[1:])
    with pytest.raises(InputError, match="query"):
        gallery.search(torch.ones(SCHEMA.A, 3), 2)
