"""The learning rate of each step: one cycle, or a rate that halves."""

import torch

from adde_lite.training.recipe import TrainingRecipe

ADAM_BETAS = (0.9, 0.999)
CYCLED_MOMENTUM = (0.85, 0.95)
ALMOST = 1e-9


def schedule_for(
    optimiser: torch.optim.Optimizer, recipe: TrainingRecipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The schedule of a run of `steps` steps an epoch.

    One cycle: each group rises to its own rate and falls; the momentum goes the other way, unless it has its own.
    """
    if recipe.halvings is not None:
        ends = [epoch * steps for epoch in recipe.halvings]
        return torch.optim.lr_scheduler.MultiStepLR(optimiser, ends, gamma=0.5)
    own = [group["betas"][0] if group["betas"] != ADAM_BETAS else None for group in optimiser.param_groups]
    low, high = ([beta or cycled for beta in own] for cycled in CYCLED_MOMENTUM)
    rates = [group["lr"] for group in optimiser.param_groups]
    total = max(1, recipe.epochs * steps)  # a run of no epochs has a schedule that nobody asks
    # A rise of exactly one step would have torch divide by the 0 steps between its ends.
    rising = recipe.warmup * (1 - ALMOST) if recipe.warmup * total == 1 else recipe.warmup
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        rates,
        total_steps=total,
        pct_start=float(rising),
        base_momentum=low,
        max_momentum=high,
    )
