import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.augmentation import Augmentation
from adde_lite.data.images import AttributeImages
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.recipes import Recipe
from adde_lite.training import TrainingRecipe, seeded
from bench import (
    editing,
    exact_search,
    figure,
    index_recall,
    literal_step,
    plain_loop,
    retrieval_metrics,
    training_throughput,
)
from bench.__main__ import show
from bench.fashion_products import manipulations
from bench.figure import Figure
from bench.literal_triplet import literal_groups

ROOT = Path(__file__).parent.parent
MADE = Figure(
    2.0, 8.0, "a slow way", "CPU-s", cost=True, cpu_seconds=2.0, facts={"top_1": 0.5}, rows={"chance": {"top_1": 0.1}}
)


@pytest.mark.parametrize(("cost", "ratio"), [(True, 4.0), (False, 0.25)])
def test_ratio_says_how_many_times_better_ours_is(cost, ratio):
    assert Figure(2.0, 8.0, "", "", cost=cost, cpu_seconds=0).ratio == ratio


def test_record_holds_value_baseline_ratio_unit_cost_seed_versions_and_facts(tmp_path, monkeypatch):
    monkeypatch.setattr(figure, "RESULTS", tmp_path / "bench")
    record = json.loads(MADE.write("example").read_text())
    assert {"value", "baseline", "ratio", "unit", "cpu_seconds", "seed", "versions", "rows", "top_1"} <= set(record)
    assert (record["name"], record["ratio"]) == ("example", 4.0)
    assert "torch" in record["versions"]
    assert [path.name for path in (tmp_path / "bench").iterdir()] == ["example.json"]


def test_table_shows_the_figure_and_its_rows(capsys):
    show({"example": MADE})
    printed = capsys.readouterr().out
    assert "CPU-s; a slow way" in printed
    assert "chance" in printed


def test_unknown_figure_lists_those_there_are():
    ran = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "wardrobe_render" in ran.stdout
    assert "training_step_small" in ran.stdout
    assert "literal_step" not in ran.stdout


def test_query_file_becomes_edits_of_the_named_references(tmp_path):
    schema = AttributeSchema.of({"kind": ["shirt", "shoe"], "colour": ["red", "blue"]})
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    references = AttributeImages(images, torch.tensor([[0, 0], [1, 1]]), schema, ("17", "23"))
    path = tmp_path / "queries.csv"
    path.write_text("query_id,attribute,from_value,to_value,n_targets\n23,colour,blue,red,4\n17,kind,shirt,shoe,1\n")
    queries = manipulations(path, references)
    assert queries.reference.tolist() == [1, 0]
    assert queries.edited.tolist() == [[False, True], [True, False]]
    assert queries.target.tolist() == [[1, 0], [1, 0]]


@pytest.fixture
def small_steps(monkeypatch):
    """Steps of a size for tests."""
    for name, number in (("BATCH", 24), ("PIXELS", 32), ("KINDS", 6)):
        monkeypatch.setattr(literal_step, name, number)
    return literal_step


def test_both_steps_have_the_same_gradients_at_the_trunk(small_steps):
    images, labels = small_steps.batch()
    schema = AttributeSchema.numbered(small_steps.SIZES)
    recipe = replace(small_steps.STAGE_1, widths=(4, 4, 4, 8))
    ours = seeded(lambda: AttributeEncoder(schema, recipe), 0)
    literal = small_steps.LiteralEncoder(ours)
    for model in (ours, literal):
        torch.stack(list(model.loss(images, labels).values())).sum().backward()
    for weight, expected in zip(ours.trunk.parameters(), literal.trunk.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, expected.grad, rtol=1e-3, atol=1e-5)
        assert weight.grad.any()


def test_training_step_figure_compares_equal_losses_alone(small_steps, monkeypatch):
    made = small_steps.compare("small", (4, 4, 4, 8), 1)
    assert list(made.rows)[:2] == ["literal float32", "ours float32"]
    assert made.ratio == pytest.approx(made.rows["ours float32"]["ratio"])
    assert all(loss > 0 for loss in made.facts["losses"]["ours float32"].values())
    monkeypatch.setattr(small_steps, "literal_groups", lambda labels: labels[:, 0])
    with pytest.raises(AssertionError, match="not close"):
        small_steps.compare("small", (4, 4, 4, 8), 1)


def test_hashes_of_the_text_of_labels_are_equal_exactly_where_rows_are():
    labels = torch.tensor([[1, 11], [11, 1], [1, 11], [-1, 1], [1, -1], [-1, 1]])
    hashes = literal_groups(labels)
    assert torch.equal(hashes[:, None] == hashes, (labels[:, None] == labels).all(2))


SMALL = Recipe(EncoderRecipe(widths=(4, 4, 4, 8), hidden=8, d=4, contrast=0.3), TrainingRecipe(epochs=2, batch_size=48))


def test_plain_views_are_those_of_the_augmentation(blocks):
    augmentation = Augmentation()
    draws = augmentation.draws(len(blocks), 0, 0)
    pixels = blocks.images.float() / 255
    plain = [plain_loop.plain_view(image, draw, augmentation) for image, draw in zip(pixels, draws, strict=True)]
    torch.testing.assert_close(torch.stack(plain), augmentation(pixels, draws), rtol=0, atol=1e-5)


def test_throughput_figure_compares_loops_that_do_the_same_work(blocks, tmp_path, monkeypatch):
    made = training_throughput.compare(tmp_path, blocks, SMALL, 1)
    assert made.ratio == pytest.approx(made.rows["the loop"]["ratio"])
    assert {"plain", "decoded once", "channels last", "the loop, float32", "the loop"} <= set(made.rows)
    assert made.facts["losses"]["the loop"] == pytest.approx(made.facts["losses"]["plain"], rel=1e-4)
    monkeypatch.setattr(plain_loop, "plain_view", lambda image, draw, augmentation: image)
    with pytest.raises(AssertionError, match="not the same work"):
        training_throughput.compare(tmp_path, blocks, SMALL, 1)


def test_the_plain_loop_opens_every_file_again_in_every_epoch(blocks, tmp_path, monkeypatch):
    files = [tmp_path / name for name in training_throughput.write_jpegs(tmp_path, blocks.images)]
    start = seeded(lambda: AttributeEncoder(blocks.schema, SMALL.model), 0)
    asked = []
    monkeypatch.setattr(plain_loop, "opened", lambda path: asked.append(path) or blocks.images[files.index(path)])
    for decoded_once, expected in ((True, []), (False, files)):
        plain_loop.PlainLoop(start, files, blocks, SMALL.training, plain_loop.Ways(decoded_once)).epoch()
        assert sorted(asked) == expected


def test_edit_figures_compare_edits_that_find_the_same():
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    schema = AttributeSchema.numbered([5, 4, 6])
    made = editing.scene(count=2_500, d=8, edits=40, schema=schema)
    for batch in (1, 16):
        compared = editing.compare(batch, made)
        rows = compared.rows
        assert compared.ratio == pytest.approx(rows["faiss"]["CPU-ms"] / rows["an edit"]["CPU-ms"])
    assert {edit.attribute for edit in made.edits} == set(schema.names)
    other = replace(made, edited=made.edited.roll(1, dims=0))
    with pytest.raises(AssertionError, match="not close"):
        editing.compare(16, other)


def test_edit_figures_are_left_out_without_faiss(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(figure.NotHereError, match="pip install faiss-cpu"):
        editing.compare(1)


def test_metrics_figure_compares_equal_values(monkeypatch):
    made = retrieval_metrics.measure(40)
    assert made.facts["top_k_accuracy"] >= 0.5
    assert 0 < made.facts["ndcg_target"] < 1
    monkeypatch.setattr(retrieval_metrics, "ndcg", lambda found, target: 0.5)
    with pytest.raises(AssertionError, match="Not equal"):
        retrieval_metrics.measure(40)


def test_search_figure_sets_the_search_beside_reading_memory():
    made = exact_search.measure(300)
    assert made.value == made.rows["search"]["GB/CPU-s"]
    assert made.baseline == max(made.rows[way]["GB/CPU-s"] for way in made.rows if way != "search")


def test_indexes_are_compared_with_the_exact_answers_by_three_kinds_of_query():
    for library in ("faiss", "pymilvus"):
        pytest.importorskip(library, reason=f"{library} is not installed (extra scale)")
    rows = index_recall.measure(900, 12).rows
    for exact in ("faiss Flat", "Milvus FLAT"):
        assert set(rows[exact].values()) == {1.0}
    assert set(rows["chance"].values()) == {index_recall.K / 900}
    assert rows["faiss PQ, codes alone"]["one subspace"] < rows["faiss PQ, reranked"]["one subspace"]
