"""Edits by look-up beside the full computation, which here is numpy's, in float64, of every score."""

import numpy as np
import pytest
import torch

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval.gallery import Gallery
from adde_lite.retrieval.vectors import Vectors

SCHEMA = AttributeSchema.numbered([7, 5, 9, 4, 6])
N, D, K = 3000, 24, 30
QUERIES = 1000
NEAR = 1e-6  # places whose full scores differ by less may be exchanged


def garments(seed=0, count=N, d=D):
    """Embeddings near prototypes, as an encoder gives them, and the memory of their means."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    prototypes = torch.randn(SCHEMA.J, d, generator=generator)
    noise = torch.randn(count, SCHEMA.A, d, generator=generator)
    embeddings = prototypes[labels + torch.tensor(SCHEMA.offsets)] + 0.7 * noise
    return embeddings, labels, PrototypeMemory.of_means(embeddings, labels, SCHEMA)


def leaking(memory, amount=0.05):
    with torch.no_grad():
        memory.weight += amount * torch.randn(memory.weight.shape, generator=torch.Generator().manual_seed(5))
    return memory


def some_edits(rng):
    """One to three edits of different attributes."""
    attributes = rng.choice(SCHEMA.A, rng.integers(1, 4), replace=False)
    return [Edit(SCHEMA.names[a], str(rng.choice(SCHEMA.values[a]))) for a in attributes]


def edited(query, label, memory, edits, how):
    """The edited query, written as the definitions read: float64 (A, d)."""
    wanted, weight = query.double().numpy().copy(), memory.weight.detach().double().numpy()
    for edit in edits:
        a, new = SCHEMA.index(edit.attribute), SCHEMA.column(edit.attribute, edit.value)
        block = slice(a * D, (a + 1) * D)
        if how == "swap":
            wanted[a] = weight[block, new]
        else:
            old = SCHEMA.offsets[a] + int(label[a])
            wanted += (weight[:, new] - weight[:, old]).reshape(wanted.shape)
    return wanted


@pytest.mark.parametrize("leaks", [False, True], ids=["blocks alone", "off-block mass"])
@pytest.mark.parametrize("how", ["swap", "add"])
def test_look_up_gives_the_first_thirty_of_the_full_computation(how, leaks):
    embeddings, labels, memory = garments()
    memory = leaking(memory) if leaks else memory
    gallery = Gallery(embeddings, labels, SCHEMA, memory)
    whole = embeddings.double().flatten(1).numpy()
    unit = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    for row in rng.integers(N, size=QUERIES):
        edits = some_edits(rng)
        found = gallery.query(embeddings[row]).edit(edits, K, how, labels[row]).numpy()
        wanted = edited(embeddings[row], labels[row], memory, edits, how).ravel()
        scores = unit @ wanted / np.linalg.norm(wanted)
        best = np.lexsort((np.arange(N), -scores))[:K]
        assert len(set(found)) == K
        differ = found != best
        assert (np.abs(scores[found[differ]] - scores[best[differ]]) < NEAR).all()


@pytest.mark.parametrize("leaks", [False, True], ids=["blocks alone", "off-block mass"])
@pytest.mark.parametrize("how", ["swap", "add"])
def test_look_up_orders_as_a_search_with_the_edited_query_also_by_weights_and_labels(how, leaks):
    embeddings, labels, memory = garments(1)
    memory = leaking(memory) if leaks else memory
    gallery = Gallery(embeddings, labels, SCHEMA, memory)
    asked, rng = gallery.query(embeddings[4]), np.random.default_rng(1)
    where = {"attribute_2": ["value_1", "value_3"]}
    for _ in range(20):
        edits, weights = some_edits(rng), torch.from_numpy(rng.random(SCHEMA.A))
        query = memory.edit(embeddings[4], edits, how, labels[4])
        expected = gallery.search(query, K, weights, where)
        assert torch.equal(asked.edit(edits, K, how, labels[4], weights=weights, where=where), expected)


def test_the_gallery_is_read_once_for_any_number_of_edits(monkeypatch):
    embeddings, labels, memory = garments(2, count=400)
    gallery = Gallery(embeddings, labels, SCHEMA, memory)
    asked = gallery.query(embeddings[0])
    for value in SCHEMA.values[0]:
        asked.edit(Edit("attribute_1", value), 5)
    monkeypatch.setattr(Vectors, "parts", lambda self: pytest.fail("read again"))
    monkeypatch.setattr(Vectors, "scores", lambda self, queries: pytest.fail("read again"))
    answers = {tuple(asked.edit(Edit("attribute_1", value), 5).tolist()) for value in SCHEMA.values[0]}
    assert len(answers) == SCHEMA.sizes[0]
    asked.top(5, {"attribute_3": 1})
    assert tuple(gallery.edit(embeddings[0], Edit("attribute_1", "value_1"), 5).tolist()) in answers


def test_another_query_is_asked_anew():
    embeddings, labels, memory = garments(2, count=400)
    gallery, edit = Gallery(embeddings, labels, SCHEMA, memory), Edit("attribute_1", "value_1")
    first, second = gallery.edit(embeddings[0], edit, 5), gallery.edit(embeddings[1], edit, 5)
    assert torch.equal(second, Gallery(embeddings, labels, SCHEMA, memory).edit(embeddings[1], edit, 5))
    assert not torch.equal(first, second)


def test_strength_moves_from_the_query_to_the_edit():
    embeddings, labels, memory = garments(3, count=500)
    gallery = Gallery(embeddings, labels, SCHEMA, memory)
    asked, edit = gallery.query(embeddings[0]), Edit("attribute_1", SCHEMA.values[0][int(labels[0, 0]) - 1])
    for how in ("swap", "add"):
        whole = memory.edit(embeddings[0], edit, how, labels[0]).detach()
        for strength in (0, 0.3, 1, 1.5):
            query = embeddings[0] + strength * (whole - embeddings[0])
            found = asked.edit(edit, 10, how, labels[0], strength=strength)
            assert torch.equal(found, gallery.search(query, 10))
    assert torch.equal(asked.edit(edit, 10, strength=0), asked.top(10))


def test_top_is_the_search():
    embeddings, labels, _ = garments(4, count=500)
    gallery = Gallery(embeddings, labels, SCHEMA)
    asked = gallery.query(embeddings[3])
    weights, where = {"attribute_1": 2, "attribute_5": 1}, {"attribute_4": "value_2"}
    assert torch.equal(asked.top(20), gallery.search(embeddings[3], 20))
    assert torch.equal(asked.top(20, weights, where), gallery.search(embeddings[3], 20, weights, where))


def test_top_is_the_search_also_where_embeddings_lie_on_a_line():
    """All scores are 1 or -1 but for the last digit: look-up and search round alike."""
    schema = AttributeSchema.numbered([2])
    embeddings = torch.randn(400, 1, 1, generator=torch.Generator().manual_seed(0))
    gallery = Gallery(embeddings, torch.zeros(400, 1, dtype=torch.int64), schema)
    for row in range(20):
        assert torch.equal(gallery.query(embeddings[row]).top(400), gallery.search(embeddings[row], 400))


def test_edits_follow_a_memory_that_is_trained_on():
    embeddings, labels, memory = garments(5, count=500)
    gallery, edit = Gallery(embeddings, labels, SCHEMA, memory), Edit("attribute_2", "value_1")
    asked = gallery.query(embeddings[0])
    before = asked.edit(edit, 10)
    with torch.no_grad():
        memory.weight[D : 2 * D, SCHEMA.offsets[1]] *= -1
    assert not torch.equal(asked.edit(edit, 10), before)
    assert torch.equal(asked.edit(edit, 10), gallery.search(memory.edit(embeddings[0], edit).detach(), 10))


def pairs(seed):
    """A gallery in which every garment hangs twice, so that each place has to be settled."""
    embeddings, labels, memory = garments(seed, count=100)
    return Gallery(embeddings.double().repeat(2, 1, 1), labels.repeat(2, 1), SCHEMA, memory)


def test_the_kept_query_is_a_copy():
    gallery = pairs(6)
    query = gallery.embeddings[0].clone()
    asked = gallery.query(query)
    before = asked.edit(Edit("attribute_1", "value_1"), 10)
    query.zero_()
    assert torch.equal(asked.edit(Edit("attribute_1", "value_1"), 10), before)


def test_an_edit_to_the_value_that_is_there_changes_nothing():
    gallery = pairs(9)
    label = gallery.labels[0]
    there = Edit("attribute_1", SCHEMA.values[0][int(label[0])])
    found = gallery.query(gallery.embeddings[0]).edit(there, 10, "add", label)
    assert torch.equal(found, gallery.search(gallery.embeddings[0], 10))
    assert found[:2].tolist() == [0, 100]


def test_gallery_without_a_memory_searches_but_cannot_edit():
    embeddings, labels, _ = garments(7, count=100)
    gallery = Gallery(embeddings, labels, SCHEMA)
    assert gallery.search(embeddings[8], 1).tolist() == [8]
    for query in (embeddings[8], embeddings[:3]):
        with pytest.raises(InputError, match="edit: given a gallery without a memory"):
            gallery.edit(query, Edit("attribute_1", "value_1"), 5)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda asked: asked.edit(Edit("atribute_1", "value_1"), 5), "Did you mean 'attribute_1'"),
        (lambda asked: asked.edit(Edit("attribute_1", "value_99"), 5), "value 'value_99'"),
        (lambda asked: asked.edit(Edit("attribute_1", "value_1"), 5, "ad"), "Did you mean 'add'"),
        (lambda asked: asked.edit(Edit("attribute_1", "value_1"), 5, "add"), "given no labels"),
        (lambda asked: asked.edit(Edit("attribute_1", "value_1"), 0), "k: given 0"),
        (lambda asked: asked.edit(torch.zeros(1, 3), 5), r"indicator: given shape \(1, 3\)"),
        (lambda asked: asked.edit(Edit("attribute_1", "value_1"), 5, strength=float("nan")), "strength: given nan"),
        (
            lambda asked: asked.edit(Edit("attribute_1", "value_7"), 5, weights={"attribute_1": 1}),
            "weighted query 0: given length 0.0",
        ),
    ],
)
def test_edits_that_cannot_be_are_refused(ask, message):
    embeddings, labels, memory = garments(8, count=100)
    with torch.no_grad():
        memory.weight[:, 6] = 0  # value_7 of attribute_1, which no image shows
    with pytest.raises(InputError, match=message):
        ask(Gallery(embeddings, labels, SCHEMA, memory).query(embeddings[0]))
