import pytest

from adde_lite.studies import conditional, conditional_run
from bench import conditional_gap


def test_the_figure_is_the_mean_of_three_seeds_and_needs_a_run_that_repeats(monkeypatch):
    chance = dict.fromkeys(conditional_gap.SHOWN, 0.5)
    monkeypatch.setattr(conditional_gap, "untrained_scores", lambda: {"chance": chance | {"of no interest": 1.0}})
    record = conditional_gap.recorded(conditional.STUDY, conditional.runs())
    ours = record[record["model"] == conditional.ADDE]
    row = {name: float(ours[ours["seed"] == 0].iloc[0][name]) for name in conditional_gap.SHOWN}
    monkeypatch.setattr(conditional_run.EmbedderRun, "measure", lambda self: row)
    made = conditional_gap.measure()
    assert made.value == pytest.approx(ours["gap"].mean())
    assert {"chance", *conditional.MODELS} == set(made.rows)
    assert made.rows["chance"] == chance
    monkeypatch.setattr(conditional_run.EmbedderRun, "measure", lambda self: row | {"gap": row["gap"] + 0.1})
    with pytest.raises(AssertionError, match=r"differs by 0\.100"):
        conditional_gap.measure()
