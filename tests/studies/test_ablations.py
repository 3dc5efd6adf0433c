"""Tables of the study of losses: what leaving one out changes, and how queries were answered."""

import pandas as pd
import pytest

from adde_lite.studies import ablations
from adde_lite.studies.manipulation_run import SHOWN

ROWS = ("chance", "unedited", "residual", "embedding", "classifier_probability", "label_oracle")


@pytest.fixture
def record():
    """A record in which every number tells its variant and seed apart, its rows in no order of the seeds."""
    columns = {*ablations.MEASURES.values(), *(f"{row}, {measure}" for row in ROWS for measure in SHOWN)}
    rows = [
        {"variant": variant, "seed": seed, **{name: float(10 * at + seed**2) for name in columns}}
        for at, variant in enumerate(ablations.variants())
        for seed in (2, 0, 1)
    ]
    for row in rows:
        row["residual, top_1"] += 0.5 if row["variant"] == ablations.FULL else 0
    return pd.DataFrame(rows)


def test_a_variant_is_compared_with_the_full_run_of_its_own_seed(record):
    full = record["variant"] == ablations.FULL
    record.loc[full, "accuracy"] += record.loc[full, "seed"]
    changes = ablations.differences(record)
    places = list(ablations.variants())
    apart = 10 * (places.index("without memory loss") - places.index(ablations.FULL))
    assert changes["off-block share"]["without memory loss"] == [apart] * 3
    assert changes["accuracy"]["without memory loss"] == [apart, apart - 1, apart - 2]
    assert changes["top 1, add"]["without memory loss"] == [apart - 0.5] * 3


def test_only_variants_that_begin_with_class_means_are_compared(record):
    for changes in ablations.differences(record).values():
        assert ablations.NO_STAGE_3 in changes
        assert ablations.FULL not in changes
        assert not [name for name in changes if "random" in name]


def test_answers_come_from_the_variant_and_row_that_they_name(record):
    answers = ablations.answers(record)
    assert list(answers["answer"].unique()) == list(ablations.ANSWERS)
    assert (answers.groupby("answer")["seed"].nunique() == 3).all()
    first = answers.pivot(index="seed", columns="answer", values="top_1")
    full = 10.0 * list(ablations.variants()).index(ablations.FULL)
    assert first["label oracle"].tolist() == [full, full + 1, full + 4]
    assert first["all losses, add"].tolist() == [full + 0.5, full + 1.5, full + 4.5]
    assert first["class means, swap"].tolist() == [full - 10, full - 9, full - 6]
