import numpy as np
import pytest

from adde_lite.data.wardrobe import WARDROBE
from adde_lite.studies.grids import DRESSES, Grid

SMALL = Grid({"sleeve": ("short", "long"), "fit": WARDROBE.options("fit")}, {"x": 2}, {"colour": "navy"})


def test_factors_are_those_of_the_pictures():
    pictures, factors = SMALL.images(progress=False), SMALL.factors()
    assert len(pictures) == len(factors) == np.prod(list(SMALL.sizes.values()))
    for column, (name, values) in enumerate(SMALL.attributes.items()):
        codes = [WARDROBE.code(name, value) for value in values]
        assert pictures.labels[:, WARDROBE.index(name)].tolist() == [codes[k] for k in factors[:, column]]
    assert pictures.columns["x"].tolist() == factors[:, -1].tolist()


def test_every_combination_of_the_study_s_factors_is_there_once():
    factors = DRESSES.factors()
    assert len(np.unique(factors, axis=0)) == len(factors) == np.prod(list(DRESSES.sizes.values()))


@pytest.mark.parametrize(
    "other", [Grid(SMALL.attributes, {"x": 3}, SMALL.fixed), Grid(SMALL.attributes, SMALL.nuisances)]
)
def test_another_grid_has_other_facts(other):
    assert other.facts() != SMALL.facts()
