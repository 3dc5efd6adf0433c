import pandas as pd
import pytest

from adde_lite.errors import InputError
from adde_lite.retrieval.evaluation import TITLES
from adde_lite.retrieval.weighting import WEIGHTS
from adde_lite.studies import retrieval
from adde_lite.studies.retrieval_record import RetrievalRecord
from adde_lite.studies.retrieval_run import COMPARED, WEIGHED

PAIR = f"{retrieval.MAIN}, residual - unedited, ndcg"


def two_seeds(lows=(0.1, 0.2), highs=(0.3, 0.4)):
    """Scores of two rows from two seeds, and the intervals of their difference."""
    runs = {
        f"{retrieval.MAIN}, residual, ndcg": [0.5, 0.7],
        f"{retrieval.MAIN}, unedited, ndcg": [0.25, 0.35],
        f"{PAIR}, low": lows,
        f"{PAIR}, high": highs,
        f"{retrieval.MAIN}, residual, ndcg, low": [0.41, 0.62],
        f"{retrieval.MAIN}, residual, ndcg, high": [0.59, 0.78],
    }
    return RetrievalRecord(pd.DataFrame(runs, index=pd.Index([0, 1], name="seed")))


@pytest.fixture(scope="module")
def course():
    return RetrievalRecord.read()


@pytest.mark.parametrize(
    ("lows", "highs", "verdict"),
    [
        ((0.1, 0.2), (0.3, 0.4), "ahead"),
        ((-0.1, 0.2), (0.3, 0.4), "not told apart"),
        ((0.1, 0.0), (0.3, 0.4), "not told apart"),
        ((-0.4, -0.3), (-0.2, -0.1), "behind"),
        ((-0.4, -0.3), (-0.2, 0.1), "not told apart"),
        ((-0.4, 0.1), (-0.2, 0.3), "not told apart"),
    ],
)
def test_ahead_and_behind_hold_for_every_seed(lows, highs, verdict):
    gap = two_seeds(lows, highs).gap("residual", "unedited", "ndcg")
    assert gap.verdict == verdict
    assert (gap.low, gap.high) == (min(lows), max(highs))
    assert gap.mean == pytest.approx(0.3)


def test_a_cell_of_a_table_is_the_mean_and_half_the_range_and_the_ends_are_the_widest():
    table = two_seeds().table(("ndcg",), titles={"residual": "ours"}, ends_of=("ndcg",))
    assert table.loc["ours"].tolist() == ["0.600 ± 0.100", "0.410 to 0.780"]
    assert list(table) == ["ndcg", "ndcg: all intervals"]


def test_a_comparison_says_gap_and_verdict():
    table = two_seeds().comparisons([("residual", "unedited")], ("ndcg",))
    assert table.loc[f"{TITLES['residual']} less {TITLES['unedited']}", "ndcg"] == "+0.300, ahead"


def test_the_committed_record_holds_every_row_that_tables_and_curves_ask_for(course):
    assert list(course.runs.index) == list(retrieval.SEEDS)
    assert len(course.table(("top_1",), ends_of=("top_1",))) == len(TITLES)
    assert course.by_setting("top_10", list(retrieval.settings())).notna().all(axis=None)
    assert len(course.comparisons(COMPARED)) == len(COMPARED)
    assert set(course.chosen_weights().to_numpy().ravel()) <= set(WEIGHTS)


def test_curves_begin_at_the_unweighted_score(course):
    lines = course.over_weights(("top_1",))["top_1"]
    assert len(lines) == len(WEIGHED)
    for row in WEIGHED:
        weights, scores = lines[TITLES[row]]
        assert weights == WEIGHTS
        assert scores[0] == pytest.approx(course.scores(row, "top_1").mean())


def test_another_d_is_another_encoder(course):
    other = RetrievalRecord.read(retrieval.OTHER_D[0])
    assert not other.scores("classifier_probability", "top_1").equals(course.scores("classifier_probability", "top_1"))


def test_what_is_not_recorded_is_named_with_the_closest(course):
    with pytest.raises(InputError, match="d 9, expected one of 128, 32, 8"):
        RetrievalRecord.read(9)
    with pytest.raises(InputError, match=r"residuals.*closest that is recorded.*residual, top_1"):
        course.scores("residuals", "top_1")
    with pytest.raises(InputError, match="residual - chance"):
        course.gap("residual", "chance", "top_1")
