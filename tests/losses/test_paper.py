import dataclasses

import pytest

from adde_lite.losses import LossWeights, margin_at


@pytest.mark.parametrize(("epoch", "margin"), [(0, 0.5), (9, 0.5), (10, 0.6), (19, 0.6), (20, 0.7), (29, 0.7)])
def test_margin_grows_by_a_tenth_every_ten_epochs(epoch, margin):
    assert margin_at(epoch) == pytest.approx(margin)


def test_weights_are_those_of_the_supplementary_and_frozen():
    weights = LossWeights()
    assert dataclasses.astuple(weights) == (0.2, 1.0, 1.0, 1.0, 0.4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        weights.memory = 0.0
