"""The whole table: every metric, in the right order, and never NaN."""

import itertools

import numpy as np
import pytest

from adde_lite.metrics.disentanglement import code_grid, dci, factor_vae_score, infomec, metric_table, mig

RANKED = ("identity", "axis_noisy", "rotated", "random")


@pytest.fixture(scope="module")
def tables(zoo):
    return {name: metric_table(*rows.first(2000, 500).all) for name, rows in zoo.items()}


@pytest.mark.parametrize("metric", ["MIG", "SAP continuous", "DCI disentanglement", "IRS"])
def test_better_codes_score_higher(tables, metric):
    scores = [tables[name].rows[metric] for name in RANKED]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


@pytest.mark.parametrize("metric", ["FactorVAE", "beta-VAE"])
def test_better_codes_score_no_lower_where_a_metric_saturates(tables, metric):
    scores = [tables[name].rows[metric] for name in RANKED]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] > scores[3] + 0.3


def test_every_metric_is_fooled_by_something(tables):
    copies, together, noise = (tables[name].rows for name in ("duplicated", "merged", "random"))
    assert copies["MIG"] == 0
    assert copies["FactorVAE"] == 1
    assert together["InfoC"] > 0.95
    assert together["InfoM"] < 0.8
    assert noise["modularity"] > 0.6
    assert noise["MIG"] < 0.01


def test_rows_are_the_scores_of_the_results(zoo, tables):
    table, rows = tables["rotated"], zoo["rotated"].first(2000, 500)
    assert table.rows["MIG"] == mig(*rows.train).score
    forest = dci(*rows.all)
    assert table.rows["DCI disentanglement"] == table.dci.score == forest.score
    assert table.rows["DCI completeness"] == forest.completeness
    assert f"MIG{table.mig.score:25.4f}" in str(table).splitlines()


def test_sampled_scores_come_from_the_source_given(zoo):
    sizes = (2, 3, 4)
    grid = np.array(list(itertools.product(*map(range, sizes))))
    source = code_grid(grid, sizes)
    noise = np.random.default_rng(0).normal(size=grid.shape)
    table = metric_table(noise, grid, noise, grid, source=source, seed=3)
    assert table.rows["FactorVAE"] == factor_vae_score(source, seed=3).score == 1


@pytest.mark.parametrize(
    "codes",
    [np.full((12, 3), 0.1), np.eye(12)[:, :1], np.arange(12.0)[:, None] * [1, 0, 0]],
    ids=["all constant", "one code, nearly constant", "one active code"],
)
def test_poor_codes_of_fewer_rows_than_bins_never_score_nan(codes):
    factors = np.array(list(itertools.product(range(2), range(3), range(2))))
    table = metric_table(codes, factors, codes, factors)
    assert all(np.isfinite(score) and -1e-9 <= score <= 1 + 1e-9 for score in table.rows.values())


def test_the_seed_reaches_the_jitter_of_infomec():
    factors = np.array(list(itertools.product(range(2), range(3), range(2))) * 3)
    ties = np.stack([factors[:, 0] | (factors[:, 1] > 1), factors[:, 1] // 2], axis=1)
    table = metric_table(ties, factors, ties, factors, seed=3)
    same, other = (infomec(ties, factors, seed=seed).information for seed in (3, 0))
    assert (table.infomec.information == same).all()
    assert (same != other).any()
