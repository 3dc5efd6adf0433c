from dataclasses import replace

import numpy as np
import pytest
import torch

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row
from adde_lite.studies import subspaces
from adde_lite.studies.grids import Grid
from adde_lite.studies.record import recorded

RUN = subspaces.EncoderRun({"seed": 0}, 0)
SMALL = Grid({"colour": ("navy", "pink"), "sleeve": ("short", "long")}, {"x": 6, "y": 6})


@pytest.mark.parametrize("other", [replace(RUN, seed=1), replace(RUN, correlation=1.0), replace(RUN, epochs=0)])
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_the_name_alone_does_not_change_the_hash():
    assert replace(RUN, name={"seed": "zero"}).hash == RUN.hash


def test_every_run_of_the_study_is_another():
    assert len({run.hash for run in subspaces.runs()}) == len(subspaces.runs()) == 9


def test_an_untrained_run_keeps_the_first_weights_of_its_seed():
    untrained = replace(RUN, epochs=0)
    first, last = untrained.build().state_dict(), untrained.trained(progress=False).state_dict()
    assert all(torch.equal(first[name], last[name]) for name in first)
    other = replace(untrained, seed=1).build().state_dict()
    assert not torch.equal(first["heads.second"], other["heads.second"])


def perfect(labels: torch.Tensor) -> torch.Tensor:
    """One-hots of its own attribute in each block."""
    hot = torch.zeros(*labels.shape, max(WARDROBE.sizes) + 1)
    return hot.scatter(2, labels[..., None].where(labels[..., None] >= 0, max(WARDROBE.sizes)), 1.0)


def test_perfect_subspaces_score_full_marks_and_leak_next_to_nothing():
    labels = torch.tensor([label_row(k, 0, 0.0, 1) for k in range(900)])
    scores = subspaces.subspace_scores((perfect(labels[:600]), perfect(labels[600:])), (labels[:600], labels[600:]))
    assert scores["own"] == 1
    assert scores["whole"] > 0.95
    assert abs(scores["leaked"]) < 0.1
    assert scores["neighbours: own"] > 0.99
    assert [scores[f"own: {name}"] for name in WARDROBE.names] == [1.0] * WARDROBE.A


def test_labels_tell_of_labels_what_the_most_frequent_value_tells_and_more_in_a_shop():
    labels = torch.tensor([label_row(k, 3, 1.0, 1) for k in range(300)])
    shares = []
    for a, b in [(a, b) for a in range(WARDROBE.A) for b in range(WARDROBE.A) if a != b]:
        both = (labels[:, a] >= 0) & (labels[:, b] >= 0)
        counts = torch.zeros(WARDROBE.sizes[a], WARDROBE.sizes[b])
        for first, second in labels[:150][both[:150]][:, [a, b]]:
            counts[first, second] += 1
        asked = labels[150:][both[150:]]
        shares.append((counts.argmax(1)[asked[:, a]] == asked[:, b]).double().mean())
    expected = torch.stack(shares).nanmean()
    in_a_shop = subspaces.told_by_labels(300, 3, 1.0)
    assert in_a_shop == pytest.approx(float(expected), abs=1e-6)
    assert in_a_shop > subspaces.told_by_labels(300, 3, 0.0) + 0.05


def grid_blocks() -> torch.Tensor:
    """Four subspaces of two numbers that hold one factor of SMALL each."""
    factors = torch.from_numpy(SMALL.factors()).float()
    return torch.stack([factors, -factors], 2)


def test_each_factor_leans_on_the_block_that_holds_it():
    importance = subspaces.block_importance(grid_blocks(), SMALL)
    np.testing.assert_allclose(importance, np.eye(4), atol=1e-9)


def test_the_grid_is_measured_by_every_metric():
    scores = subspaces.grid_metrics(SMALL.factors().astype(float), SMALL)
    assert scores["MIG"] > 0.95
    assert scores["DCI disentanglement"] > 0.95


def test_dresses_are_drawn_in_the_size_that_encoders_see():
    dresses = subspaces.dresses(replace(SMALL, nuisances={"x": 2}), progress=False)
    assert dresses.images.shape == (8, 3, subspaces.GRID_SIZE, subspaces.GRID_SIZE)


@pytest.fixture(scope="module")
def study():
    return recorded(subspaces.STUDY, subspaces.runs()).set_index(["encoder", "seed"])


def test_training_gives_every_seed_subspaces_of_its_own(study):
    trained, untrained = study.loc[subspaces.TRAINED], study.loc[subspaces.UNTRAINED]
    assert (trained["own"] > untrained["own"] + 0.2).all()
    assert (trained["leaked"] < untrained["leaked"]).all()
    assert (trained["blocks: disentanglement"] > 4 * untrained["blocks: disentanglement"]).all()


def test_a_turn_keeps_what_is_told_and_loses_where(study):
    trained = study.loc[subspaces.TRAINED]
    assert ((trained["turned: whole"] - trained["whole"]).abs() < 0.02).all()
    assert (trained["turned: leaked"] > trained["leaked"] + 0.2).all()
    assert (trained["blocks: disentanglement"] > 4 * trained["turned: blocks: disentanglement"]).all()
