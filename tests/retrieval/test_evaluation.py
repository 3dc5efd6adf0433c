import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval.evaluation import Encoded, compare_answers
from adde_lite.sampling import Queries, edit_queries

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"], "size": ["s", "m", "l"]})


def encoded(noise, count=300, d=8, seed=0):
    """Images whose embeddings are a prototype an attribute plus noise, and a classifier that sees as clearly."""
    generator = torch.Generator().manual_seed(seed)
    prototypes = torch.randn(SCHEMA.J, d, generator=torch.Generator().manual_seed(7))
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    columns = labels + torch.tensor(SCHEMA.offsets)
    embeddings = prototypes[columns] + noise * torch.randn(count, SCHEMA.A, d, generator=generator)
    scores = -((embeddings[:, :, None] - prototypes) ** 2).sum(3)
    blocks = [
        scores[:, a, offset : offset + size].softmax(1)
        for a, (offset, size) in enumerate(zip(SCHEMA.offsets, SCHEMA.sizes, strict=True))
    ]
    return Encoded(embeddings, torch.cat(blocks, dim=1), labels)


def one_edit(attribute):
    return (torch.arange(SCHEMA.A) == attribute)[None]


def compared(noise, edits=1):
    gallery, references = encoded(noise), encoded(noise, count=40, seed=1)
    queries = edit_queries(references.labels, gallery.labels, SCHEMA, edits=edits)
    memory = PrototypeMemory.of_means(gallery.embeddings, gallery.labels, SCHEMA)
    return compare_answers(references, gallery, queries, memory, SCHEMA)


@pytest.mark.parametrize("edits", [1, 2])
def test_clear_embeddings_answer_every_edit_and_the_rows_stand_in_order(edits):
    rows = compared(noise=0.05, edits=edits)
    assert [rows[row]["top_1"] for row in ("label_oracle", "embedding", "residual", "classifier_probability")] == [
        1
    ] * 4
    assert rows["chance"]["top_1"] < 0.2
    assert rows["unedited"]["ndcg_target"] < rows["chance"]["ndcg_target"] < rows["embedding"]["ndcg_target"]
    assert rows["unedited"]["ndcg_others"] > rows["chance"]["ndcg_others"]


def test_noise_costs_the_embedding_but_not_the_oracle():
    clear, noisy = compared(noise=0.05), compared(noise=1.5)
    assert noisy["embedding"]["top_1"] < clear["embedding"]["top_1"] - 0.1
    assert noisy["label_oracle"] == clear["label_oracle"]


def test_one_row_exchanges_blocks_and_the_other_adds_the_residual():
    """Red things are embedded far from their prototype: only the residual keeps what is special about a garment."""
    labels = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 0, 0]])
    memory = PrototypeMemory(SCHEMA, 1)
    with torch.no_grad():
        memory.weight.zero_()
        memory.weight[0, :3] = torch.tensor([1.0, 2.0, 3.0])  # red, green, blue
    embeddings = torch.tensor([[9.0, 1, 1], [10, 1, 1], [2, 1, 1]])[..., None]
    images = Encoded(embeddings, torch.full((3, SCHEMA.J), 0.5), labels)
    scores = []
    for right in (1, 2):  # which of the two green ones counts as the answer
        shown = labels.clone()
        shown[3 - right, 1] = 1
        answers = Encoded(embeddings[1:], images.probabilities[1:], shown[1:])
        queries = Queries(torch.tensor([0]), one_edit(0), torch.tensor([[1, 0, 0]]))
        rows = compare_answers(images, answers, queries, memory, SCHEMA, cutoffs=(1,))
        scores.append((rows["residual"]["top_1"], rows["embedding"]["top_1"]))
    assert scores == [(1, 0), (0, 1)]


def test_missing_label_of_the_target_matches_missing_only():
    gallery = encoded(noise=0.05, count=4)
    labels = torch.tensor([[0, 0, -1], [1, 0, -1], [1, 0, 0], [1, 0, 2]])
    gallery = Encoded(gallery.embeddings, gallery.probabilities, labels)
    queries = Queries(torch.tensor([0]), one_edit(0), torch.tensor([[1, 0, -1]]))
    rows = compare_answers(gallery, gallery, queries, PrototypeMemory(SCHEMA, 8), SCHEMA, cutoffs=(1,))
    assert rows["label_oracle"]["top_1"] == 1


def test_cutoffs_beyond_the_gallery_are_cut_to_it():
    rows = compare_answers(
        *[encoded(0.1, count=12)] * 2,
        Queries(torch.tensor([0]), one_edit(1), torch.tensor([[0, 0, 0]])),
        PrototypeMemory(SCHEMA, 8),
        SCHEMA,
    )
    assert set(rows["embedding"]) == {"top_1", "top_10", "top_12", "ndcg", "ndcg_target", "ndcg_others"}
    assert rows["label_oracle"]["ndcg"] == pytest.approx(rows["chance"]["ndcg"], rel=1)
