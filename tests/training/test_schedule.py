"""The learning rate of every step, as the optimiser sees it."""

from dataclasses import replace

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from adde_lite.augmentation import Augmentation
from adde_lite.models.adde import EncoderRecipe
from adde_lite.training import TrainingRecipe, train
from tests.training.runs import encoder, weights

MODEL = EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)
RECIPE = TrainingRecipe(epochs=4, batch_size=16, bf16=False, augmentation=Augmentation(mirror=False, shift=1))


def test_rate_halves_before_the_epochs_that_the_recipe_names(blocks):
    recipe = replace(RECIPE, halvings=(2, 3), learning_rate=1e-3)
    rates = []
    hook = register_optimizer_step_pre_hook(lambda optimiser, *_: rates.append(optimiser.param_groups[0]["lr"]))
    try:
        train(encoder(recipe=MODEL), blocks, recipe, device="cpu", progress=False)
    finally:
        hook.remove()
    steps = len(blocks) // RECIPE.batch_size
    assert rates == pytest.approx([1e-3] * 2 * steps + [5e-4] * steps + [2.5e-4] * steps)


@pytest.mark.parametrize("warmup", [0, 1 / 12, 0.3])
def test_rate_of_a_cycle_peaks_when_the_rise_is_over_however_short_it_is(blocks, warmup):
    rates = []
    hook = register_optimizer_step_pre_hook(lambda optimiser, *_: rates.append(optimiser.param_groups[0]["lr"]))
    try:
        recipe = replace(RECIPE, epochs=2, warmup=warmup)
        train(encoder(recipe=MODEL), blocks, recipe, device="cpu", progress=False)
    finally:
        hook.remove()
    assert len(rates) == 12
    assert rates.index(max(rates)) == max(0, round(12 * warmup) - 1)
    assert max(rates) == pytest.approx(RECIPE.learning_rate, rel=0.02)


@pytest.mark.parametrize("halvings", [None, (1,)])
def test_run_of_no_epochs_leaves_the_model_as_it_is_and_a_table_without_rows(blocks, halvings):
    model = encoder(recipe=MODEL)
    before = weights(model)
    history = train(model, blocks, replace(RECIPE, epochs=0, halvings=halvings), device="cpu", progress=False)
    assert torch.equal(weights(model), before)
    assert len(history.table()) == 0
