import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval import vectors as module
from adde_lite.retrieval.gallery import Gallery
from adde_lite.retrieval.nearest import unit

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
@settings(max_examples=30)
def test_search_orders_by_the_distance_between_unit_vectors(seed):
    gallery = random_gallery(seed)
    query = torch.randn(3, SCHEMA.A, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 1))
    distance = torch.cdist(unit(query), unit(gallery.embeddings))
    assert torch.equal(gallery.search(query, 20), distance.argsort(1))


@given(st.integers(0, 1000), st.floats(0.01, 100))
@settings(max_examples=30)
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


@pytest.mark.parametrize("k", [0, -1, 21, 2.0, True])
def test_k_out_of_range_is_refused(k):
    with pytest.raises(InputError, match="1 to 20"):
        random_gallery(0).search(torch.ones(SCHEMA.A, 4, dtype=torch.float64), k)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_useless_vector_is_refused_with_its_row(value):
    gallery = random_gallery(0)
    gallery.embeddings[7] = value
    with pytest.raises(InputError, match="embedding 7"):
        Gallery(gallery.embeddings, gallery.labels, SCHEMA, gallery.memory)


def test_an_embedding_so_short_that_its_inverse_is_infinite_is_refused():
    gallery = random_gallery(0, dtype=torch.float32)
    embeddings = gallery.embeddings.clone()
    embeddings[7] *= 1e-40
    with pytest.raises(InputError, match="float32 embedding 7"):
        Gallery(embeddings, gallery.labels, SCHEMA)


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


def test_one_subspace_searches_by_its_block_alone():
    gallery = random_gallery(1)
    query = gallery.embeddings[0].clone()
    blocks = gallery.embeddings / gallery.embeddings.flatten(1).norm(dim=1)[:, None, None]
    for a in range(SCHEMA.A):
        expected = (blocks[:, a] @ query[a]).argsort(descending=True)
        assert torch.equal(gallery.search(query, 20, {SCHEMA.names[a]: 3}), expected)
        query[1 - a] = 100  # what it has elsewhere does not count
        assert torch.equal(gallery.search(query, 20, {SCHEMA.names[a]: 3}), expected)
        query = gallery.embeddings[0].clone()


@given(st.integers(0, 1000), st.floats(0, 10), st.floats(0.01, 10))
@settings(max_examples=30)
def test_weights_scale_the_blocks_of_the_query(seed, first, second):
    gallery = random_gallery(seed)
    query = gallery.embeddings[:3]
    found = gallery.search(query, 20, [first, second])
    scaled = query * torch.tensor([first, second], dtype=query.dtype)[:, None]
    assert torch.equal(found, gallery.search(scaled, 20))
    assert torch.equal(found, gallery.search(query, 20, {"bar": second, "colour": first}))


def test_only_garments_with_the_labels_are_found():
    gallery = random_gallery(2)
    everything = gallery.search(gallery.embeddings[0], 20)
    labels = gallery.labels[everything]
    red_or_blue, upright = (labels[:, 0] == 0) | (labels[:, 0] == 2), labels[:, 1] == 0
    where = {"colour": ["red", "blue"], "bar": "upright"}
    expected = everything[red_or_blue & upright]
    assert 2 < len(expected) < 15
    assert torch.equal(gallery.search(gallery.embeddings[0], len(expected), where=where), expected)
    both = gallery.search(gallery.embeddings[:2], 2, where=where)
    assert torch.equal(both[0], expected[:2])
    with pytest.raises(
        InputError, match=f"k: given {len(expected) + 1}, expected 1 to {len(expected)}, what the filter"
    ):
        gallery.search(gallery.embeddings[0], len(expected) + 1, where=where)


def test_a_filter_that_leaves_nothing_is_refused():
    gallery = random_gallery(3)
    gallery.labels[:, 1] = 0
    with pytest.raises(InputError, match=r"where: given \{'bar': 'level'\}, expected what an image"):
        gallery.search(gallery.embeddings[0], 1, where={"bar": "level"})


def test_missing_label_can_be_asked_for():
    gallery = random_gallery(3)
    gallery.labels[[4, 9], 0] = -1
    assert sorted(gallery.search(gallery.embeddings[0], 2, where={"colour": None}).tolist()) == [4, 9]
    assert gallery.search(gallery.embeddings[0], 2, where={"colour": [None, "red"]}).shape == (2,)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("count", [7, 5000])
def test_equal_garments_keep_their_order(dtype, count):
    embedding = torch.randn(1, SCHEMA.A, 37, generator=torch.Generator().manual_seed(0))
    gallery = Gallery(embedding.expand(count, -1, -1), torch.zeros(count, SCHEMA.A).long(), SCHEMA, dtype=dtype)
    first = torch.arange(7)
    assert torch.equal(gallery.search(embedding[0], 7), first)
    assert torch.equal(gallery.search(torch.randn(3, SCHEMA.A, 37), 7), first.expand(3, 7))
    assert torch.equal(gallery.query(embedding[0]).top(7), first)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_takes_half_the_space_and_is_searched_exactly_as_it_is_kept(dtype):
    exact = random_gallery(4, dtype=torch.float32)
    gallery = Gallery(exact.embeddings, exact.labels, SCHEMA, exact.memory, dtype=dtype)
    assert gallery.embeddings.dtype == dtype
    assert gallery.embeddings.nbytes == exact.embeddings.nbytes // 2
    query, edit = exact.embeddings[0], Edit("bar", "level")
    kept = Gallery(gallery.embeddings.float(), exact.labels, SCHEMA, exact.memory)
    assert torch.equal(gallery.search(query, 20), kept.search(query, 20))
    assert torch.equal(gallery.edit(query, edit, 20), kept.edit(query, edit, 20))
    assert not torch.equal(gallery.embeddings.float(), exact.embeddings)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_large_galleries_are_read_in_parts_with_the_answer_of_the_whole(monkeypatch, dtype):
    small = random_gallery(5, count=300, dtype=torch.float32)
    gallery = Gallery(small.embeddings, small.labels, SCHEMA, small.memory, dtype=dtype)
    queries, where = gallery.embeddings[:5].float(), {"colour": "red"}
    whole = gallery.search(queries, 30), gallery.search(queries[0], 30, where=where)
    edited = gallery.edit(queries[0], EDITS, 30)
    sizes = []
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 7 * 8)
    monkeypatch.setattr(module, "SCORES_AT_ONCE", 7 * 5)
    taken = module.Vectors._in_parts
    monkeypatch.setattr(module.Vectors, "_in_parts", lambda self, count: sizes.append(count) or taken(self, count))
    parts = Gallery(gallery.embeddings, small.labels, SCHEMA, small.memory)
    assert torch.equal(parts.search(queries, 30), whole[0])
    assert torch.equal(parts.search(queries[0], 30, where=where), whole[1])
    assert torch.equal(parts.edit(queries[0], EDITS, 30), edited)
    assert max(sizes) <= 35
    assert 7 in sizes


def test_embeddings_need_not_be_contiguous():
    gallery = random_gallery(6)
    apart = gallery.embeddings.transpose(0, 2).contiguous().transpose(0, 2)
    assert not apart.is_contiguous()
    found = Gallery(apart, gallery.labels, SCHEMA, gallery.memory).search(apart[:4], 20)
    assert torch.equal(found, gallery.search(gallery.embeddings[:4], 20))


def without(gallery, **changed):
    given = {"embeddings": gallery.embeddings, "labels": gallery.labels, "schema": SCHEMA} | changed
    return Gallery(**given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embeddings": torch.ones(20, 2, 4).long()}, "gallery embeddings: given torch.int64"),
        ({"embeddings": [1.0]}, "gallery embeddings: given list"),
        ({"embeddings": torch.ones(20, 8)}, r"gallery embeddings: given shape \(20, 8\), expected \(20, 2, d\)"),
        ({"embeddings": torch.ones(20, 2, 0)}, r"given shape \(20, 2, 0\)"),
        ({"embeddings": torch.ones(0, 2, 4), "labels": torch.ones(0, 2).long()}, "at least 1"),
        ({"embeddings": torch.full((20, 2, 4), 1e6), "dtype": torch.float16}, "float16 embedding 0: given length inf"),
        ({"dtype": torch.int8}, "gallery dtype: given torch.int8"),
        ({"labels": torch.ones(20, 2)}, "labels: given torch.float32"),
        ({"ids": ["a"]}, "ids: given 1 entries, expected 20"),
        ({"ids": [str(row % 19) for row in range(20)]}, "ids, row 19: given '0', as in row 0"),
        ({"ids": range(20)}, "ids, row 0: given 0, expected text"),
    ],
)
def test_galleries_that_cannot_be_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        without(random_gallery(0), **change)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"query": [1.0]}, "query: given list"),
        ({"query": torch.ones(2, 4).long()}, "query: given torch.int64"),
        ({"query": torch.ones(4)}, r"query: given shape \(4,\)"),
        ({"query": torch.ones(0, 2, 4)}, r"query: given shape \(0, 2, 4\)"),
        ({"query": torch.zeros(2, 4)}, "query 0: given length 0.0"),
        ({"query": torch.full((2, 4), torch.nan)}, "query 0: given length nan"),
        ({"query": torch.full((2, 4), torch.inf)}, "query 0: given length inf"),
        ({"weights": [1, -1]}, "weights, bar: given -1.0"),
        ({"weights": [torch.nan, 1]}, "weights, colour: given nan"),
        ({"weights": {"color": 1}}, "attribute 'color', expected one of colour, bar. Did you mean 'colour'"),
        ({"weights": [0, 0]}, "weights: given only zeros"),
        ({"weights": [1, 1, 1]}, r"weights: given shape \(3,\)"),
        ({"where": {"color": "red"}}, "Did you mean 'colour'"),
        ({"where": {"colour": "gren"}}, "Did you mean 'green'"),
        ({"where": {"colour": []}}, r"where, attribute 'colour': given no value"),
        ({"where": torch.tensor([1, 2])}, "where: given a Tensor"),
    ],
)
def test_questions_that_cannot_be_are_refused(asked, message):
    gallery = random_gallery(0)
    with pytest.raises(InputError, match=message):
        gallery.search(**({"query": gallery.embeddings[0], "k": 3} | asked))


def test_several_queries_are_not_kept():
    gallery = random_gallery(0)
    with pytest.raises(InputError, match=re.escape("query: given shape (3, 2, 4), expected (A, d) = (2, 4)")):
        gallery.query(gallery.embeddings[:3])


PUBLIC = AttributeSchema.numbered([3, 4, 5])


@pytest.mark.parametrize("name", ["eval_d8", "eval_d8_leaky", "eval_d340"])
def test_edits_find_what_the_public_code_finds(shared, name):
    with np.load(shared / "parity" / "adde" / f"{name}.npz") as stored:
        public = {key: torch.from_numpy(stored[key]) for key in stored.files}
    embeddings = public["gallery_raw"].unflatten(1, (PUBLIC.A, -1))
    memory = PrototypeMemory(PUBLIC, embeddings.shape[2])
    memory.load_state_dict({"weight": public["memory_weight"]})
    gallery = Gallery(embeddings, PUBLIC.from_one_hot(public["gallery_onehot"]), PUBLIC, memory)
    queries, indicator = embeddings[public["ref_index"].long()], public["indicator"]
    assert torch.equal(gallery.edit(queries, indicator, 30, "add"), public["knn30"].long())
    one_by_one = [
        gallery.query(query).edit(row[None], 30, "add") for query, row in zip(queries, indicator, strict=True)
    ]
    assert torch.equal(torch.stack(one_by_one), public["knn30"].long())
