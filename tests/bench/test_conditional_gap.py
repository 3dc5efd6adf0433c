import pytest

from adde_lite.studies import conditional, conditional_run
from bench import conditional_gap


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(conditional_run, "JUDGED", {"n": 240, "seed": 1})
    monkeypatch.setattr(conditional_run, "NEAR_MISSES", {"n": 240, "seed": 1, "variants": 6})
    monkeypatch.setattr(conditional_run, "CONFLICTS", 40)


def test_bounds_are_one_space_without_a_gap_and_labels_with_full_marks(small):
    rows = {"chance": conditional_gap.by_chance()} | conditional_gap.bounds()
    assert abs(rows["pixels"]["gap"]) < 1e-6
    assert rows["label oracle"]["accuracy"] == rows["label oracle"]["conflicting"] == 1
    assert rows["chance"]["precision@10"] < rows["pixels"]["precision@10"] < rows["label oracle"]["precision@10"] == 1


def test_the_figure_is_the_mean_of_three_seeds_and_needs_a_run_that_repeats(monkeypatch):
    monkeypatch.setattr(conditional_gap, "bounds", dict)
    monkeypatch.setattr(conditional_gap, "by_chance", dict)
    record = conditional_gap.recorded(conditional.STUDY, conditional.runs())
    ours = record[record["model"] == conditional.ADDE]
    row = {name: float(ours[ours["seed"] == 0].iloc[0][name]) for name in conditional_gap.SHOWN}
    monkeypatch.setattr(conditional_run.EmbedderRun, "measure", lambda self: row)
    made = conditional_gap.measure()
    assert made.value == pytest.approx(ours["gap"].mean())
    assert {"chance", *conditional.MODELS} == set(made.rows)
    monkeypatch.setattr(conditional_run.EmbedderRun, "measure", lambda self: row | {"gap": row["gap"] + 0.1})
    with pytest.raises(AssertionError, match=r"differs by 0\.100"):
        conditional_gap.measure()
