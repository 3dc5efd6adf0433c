"""The rows of the retrieval table: what each searches with, what the public code finds, who stands above whom."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.retrieval import evaluation
from adde_lite.retrieval.evaluation import TITLES, Encoded, Stage, answer_queries, compare_answers, interval_table
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


GIVEN = ("references", "gallery", "queries", "memory", "schema")


def one_edit(attribute):
    return (torch.arange(SCHEMA.A) == attribute)[None]


def setting(noise, edits=1):
    """What `answer_queries` takes: references, gallery, queries, memory, schema."""
    gallery, references = encoded(noise), encoded(noise, count=40, seed=1)
    queries = edit_queries(references.labels, gallery.labels, SCHEMA, edits=edits)
    memory = PrototypeMemory.of_means(gallery.embeddings, gallery.labels, SCHEMA)
    return references, gallery, queries, memory, SCHEMA


def compared(noise, edits=1):
    return compare_answers(*setting(noise, edits))


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


PUBLIC = AttributeSchema.numbered([3, 4, 5])


@pytest.mark.parametrize("name", ["eval_d8", "eval_d8_leaky", "eval_d340"])
def test_the_residual_row_finds_and_scores_as_the_public_code(shared, name):
    with np.load(shared / "parity" / "adde" / f"{name}.npz") as stored:
        public = {key: torch.from_numpy(stored[key]) for key in stored.files}
    labels = PUBLIC.from_one_hot(public["gallery_onehot"])
    count, d = len(labels), int(public["dim"])
    images = Encoded(public["gallery_raw"].reshape(count, PUBLIC.A, d), torch.ones(count, PUBLIC.J), labels)
    memory = PrototypeMemory(PUBLIC, d)
    memory.load_state_dict({"weight": public["memory_weight"]})
    edited = torch.stack([(block > 0).any(1) for block in public["indicator"].split(PUBLIC.sizes, 1)], dim=1)
    queries = Queries(public["ref_index"], edited, PUBLIC.from_one_hot(public["target_onehot"]))
    for place, k in enumerate(public["k"].tolist()):
        answers = answer_queries(images, images, queries, memory, PUBLIC, rows=["residual"], cutoffs=(k,))
        assert torch.equal(answers.found["residual"], public["knn30"][:, :k].long())
        means = answers.means()["residual"]
        for measure, theirs in [
            (f"top_{k}", "top_k"),
            *[(each, each) for each in ("ndcg", "ndcg_target", "ndcg_others")],
        ]:
            assert means[measure] == pytest.approx(float(public[theirs][place]), abs=1e-6)


def test_the_short_table_is_the_mean_over_the_queries():
    answers, short = answer_queries(*setting(0.8)), compared(0.8)
    assert list(short) == ["chance", "unedited", "classifier_probability", "embedding", "residual", "label_oracle"]
    for row, measures in short.items():
        assert {name: float(answers.scores[row][name].mean()) for name in measures} == measures


def test_the_prototype_row_knows_of_the_reference_what_the_classifier_saw():
    """The classifier takes the one reference for a large upright thing, whatever its embedding and label say."""
    gallery = encoded(0.05)
    memory = PrototypeMemory.of_means(gallery.embeddings, gallery.labels, SCHEMA)
    seen = SCHEMA.one_hot(torch.tensor([[0, 0, 2]])).float()
    reference = Encoded(gallery.embeddings[:1], seen, torch.tensor([[0, 1, 0]]))
    queries = Queries(torch.tensor([0]), one_edit(0), torch.tensor([[1, 1, 0]]))
    found = answer_queries(reference, gallery, queries, memory, SCHEMA).found["prototype_vector"]
    assert gallery.labels[found[0, 0]].tolist() == [1, 0, 2]


def test_the_mean_memory_rows_are_those_of_the_stage_before():
    references, gallery, queries, memory, _ = setting(0.6)
    scrambled = [replace(images, embeddings=torch.randn_like(images.embeddings)) for images in (references, gallery)]
    before = Stage(references, gallery, memory)
    answers = answer_queries(*scrambled, queries, PrototypeMemory(SCHEMA, 8), SCHEMA, before=before)
    then = answer_queries(references, gallery, queries, memory, SCHEMA)
    assert "mean_memory" not in then.found
    assert torch.equal(answers.found["mean_memory"], then.found["residual"])
    assert torch.equal(answers.found["mean_memory_swap"], then.found["embedding"])
    assert not torch.equal(answers.found["residual"], then.found["residual"])


def test_the_reference_is_left_out_and_the_others_keep_their_order():
    gallery = encoded(0.6, count=60)
    queries = edit_queries(gallery.labels, gallery.labels, SCHEMA)
    memory = PrototypeMemory(SCHEMA, 8)
    with torch.no_grad():
        memory.weight.mul_(0.1)
    given = (gallery, gallery, queries, memory, SCHEMA)
    for k in (1, 10):
        left, alone = answer_queries(*given, cutoffs=(k + 1,)), answer_queries(*given, cutoffs=(k,), exclude_self=True)
        for row, found in alone.found.items():
            if row == "label_oracle":  # ties
                continue
            pairs = zip(left.found[row].tolist(), queries.reference.tolist(), strict=True)
            expected = [[place for place in places if place != own][:k] for places, own in pairs]
            assert found.tolist() == expected
    assert (answer_queries(*given, cutoffs=(1,)).found["unedited"][:, 0] == queries.reference).all()
    whole = answer_queries(*given, cutoffs=(60,), exclude_self=True)
    assert whole.found["residual"].shape[1] == 59


def test_a_reference_that_counts_as_right_is_not_missed_when_it_is_left_out():
    gallery = encoded(0.05, count=3)
    labels = torch.tensor([[0, 0, 0], [0, 0, 0], [1, 1, 1]])
    gallery = replace(gallery, labels=labels)
    queries = Queries(torch.tensor([0]), one_edit(0), labels[:1])
    given = (gallery, gallery, queries, PrototypeMemory(SCHEMA, 8), SCHEMA)
    scores = answer_queries(*given, exclude_self=True).scores["label_oracle"]
    assert scores["average_precision"].tolist() == [1.0]


def test_average_precision_counts_the_right_answers_of_the_whole_gallery():
    labels = torch.tensor([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]])
    gallery = replace(encoded(0.05, count=4), labels=labels)
    queries = Queries(torch.tensor([3]), one_edit(0), labels[:1])
    memory = PrototypeMemory(SCHEMA, 8)
    own_first = answer_queries(gallery, gallery, queries, memory, SCHEMA, cutoffs=(2,)).scores["unedited"]
    assert own_first["average_precision"].tolist() == [0.25]
    assert own_first["target_precision"].tolist() == [0.5]
    assert own_first["attributes_kept"].tolist() == [1.0]


def test_intervals_hold_the_means_and_a_difference_tells_clear_from_even():
    answers = answer_queries(*setting(0.8))
    means, intervals = answers.means(), answers.intervals(draws=300)
    for row, measures in intervals.items():
        for measure, (low, high) in measures.items():
            assert low <= means[row][measure] <= high
    low, high = intervals["residual"]["top_1"]
    assert low < high
    assert answers.difference("residual", "unedited")["ndcg_target"].low > 0
    assert set(answers.difference("residual", "residual").values()) == {(0.0, 0.0)}


def test_queries_of_one_garment_are_drawn_together():
    answers = answer_queries(*setting(0.8), rows=["residual"])
    apart = replace(answers, reference=torch.arange(len(answers.reference)))
    together, alone = (each.intervals()["residual"]["ndcg_others"] for each in (answers, apart))
    assert together.high - together.low > 1.3 * (alone.high - alone.low)


def test_a_table_with_intervals_has_the_titles_in_their_order_and_the_numbers_of_the_answers():
    answers = answer_queries(*setting(0.8), rows=["label_oracle", "residual", "chance"])
    table = interval_table(answers, ("top_1", "ndcg"))
    assert list(table.index) == [TITLES[row] for row in ("chance", "residual", "label_oracle")]
    low, high = answers.intervals()["residual"]["ndcg"]
    assert table.loc[TITLES["residual"], "ndcg"] == f"{answers.means()['residual']['ndcg']:.3f} [{low:.3f}, {high:.3f}]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": ["residuals"]}, "row 'residuals', expected one of .* Did you mean 'residual'"),
        ({"rows": ["mean_memory"]}, "row 'mean_memory': given nothing of stage 1"),
        ({"exclude_self": True}, "exclude_self: given references beside the gallery"),
        ({"cutoffs": ()}, "cutoffs: given \\(\\), expected rising numbers from 1 up"),
        ({"cutoffs": (0, 10)}, "cutoffs: given \\(0, 10\\)"),
        ({"cutoffs": (30, 1)}, "cutoffs: given \\(30, 1\\)"),
        ({"schema": AttributeSchema.numbered([3, 2, 4])}, "memory: given values .3, 2, 3., expected .3, 2, 4."),
        ({"memory": PrototypeMemory(SCHEMA, 9)}, "references: given .A, d, J. = .3, 8, 8., expected .3, 9, 8."),
        ({"before": Stage(encoded(1, count=40), encoded(1), PrototypeMemory(SCHEMA, 8))}, "before, references"),
        (
            {"before": Stage(encoded(1, count=40, seed=1), encoded(1, seed=2), PrototypeMemory(SCHEMA, 8))},
            "before, gal",
        ),
    ],
)
def test_what_cannot_be_answered_is_named(options, message):
    with pytest.raises(InputError, match=message):
        answer_queries(**dict(zip(GIVEN, setting(0.8), strict=True)) | options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e, p, y: (e[:9], p, y), r"encoded images: given embeddings torch\.float32 \(9, 3, 8\)"),
        (lambda e, p, y: (e, p[:9], y), "encoded images: given"),
        (lambda e, p, y: (e, p, y[:9]), "encoded images: given"),
        (lambda e, p, y: (e[:, :2], p, y), "encoded images: given"),
        (lambda e, p, y: (e.half(), p, y), r"embeddings torch\.float16 .* expected float32 \(N, A, d\)"),
        (lambda e, p, y: (e, p.index_fill(0, torch.tensor([5]), torch.nan), y), "probabilities, row 5: given not fin"),
    ],
)
def test_images_whose_parts_do_not_belong_together_are_refused(change, message):
    images = encoded(1)
    with pytest.raises(InputError, match=message):
        Encoded(*change(images.embeddings, images.probabilities, images.labels))


def test_chance_is_drawn_in_parts_with_the_answers_of_the_whole(monkeypatch):
    whole = answer_queries(*setting(0.8), rows=["chance"]).found["chance"]
    monkeypatch.setattr(evaluation, "SCORES_AT_ONCE", 2_100)  # seven queries at once
    drawn, rand = [], torch.rand
    monkeypatch.setattr(torch, "rand", lambda *shape, **more: drawn.append(shape) or rand(*shape, **more))
    assert torch.equal(answer_queries(*setting(0.8), rows=["chance"]).found["chance"], whole)
    assert max(drawn) == (7, 300)


def test_a_reference_beyond_the_images_and_a_difference_to_no_row_are_named():
    references, gallery, queries, memory, _ = setting(0.8)
    beyond = replace(queries, reference=queries.reference + 40)
    with pytest.raises(InputError, match="queries, reference, row 0: given 40, expected 0 to 39"):
        answer_queries(references, gallery, beyond, memory, SCHEMA)
    answers = answer_queries(references, gallery, queries, memory, SCHEMA, rows=["residual"])
    with pytest.raises(InputError, match="answers: given row 'chance', expected one of residual"):
        answers.difference("residual", "chance")
