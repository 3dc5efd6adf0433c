from dataclasses import replace

import pytest
import torch

from adde_lite.models.vae import BetaVAERecipe, RFVAERecipe, VAERecipe
from adde_lite.studies.grids import Grid
from adde_lite.studies.vae_run import VAERun

GRID = Grid({"sleeve": ("short", "long"), "length": ("short", "long")}, {"x": 4, "y": 4}, {"colour": "navy"})
RUN = VAERun({"seed": 0}, BetaVAERecipe(beta=2.0, latents=4), GRID, 0, steps=3)


@pytest.mark.parametrize(
    "other",
    [
        replace(RUN, seed=1),
        replace(RUN, steps=4),
        replace(RUN, model=BetaVAERecipe(beta=3.0, latents=4)),
        replace(RUN, model=VAERecipe(latents=4)),
        replace(RUN, grid=Grid(GRID.attributes, GRID.nuisances)),
    ],
)
def test_a_run_that_differs_has_another_hash(other):
    assert other.hash != RUN.hash


def test_the_name_alone_does_not_change_the_hash():
    assert replace(RUN, name={"seed": "zero"}).hash == RUN.hash


def test_the_same_run_measures_the_same_twice():
    assert RUN.measure() == RUN.measure()


def test_an_untrained_run_keeps_the_first_weights():
    untrained = replace(RUN, steps=0)
    assert all(
        torch.equal(first, last)
        for first, last in zip(
            untrained.build().state_dict().values(),
            untrained.trained(progress=False).state_dict().values(),
            strict=True,
        )
    )


def test_relevant_dimensions_are_counted():
    run = replace(RUN, model=RFVAERecipe(latents=4))
    model = run.build()
    with torch.no_grad():
        model.rho.copy_(torch.tensor([3.0, -3.0, 3.0, 3.0]))
    assert run.scores(model)["relevant dimensions"] == 3
