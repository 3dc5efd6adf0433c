"""Notebook 01: what makes a code speak, and what silences it."""

from contextlib import nullcontext
from unittest.mock import patch

import torch
from torch import Tensor

from adde_lite.augmentation import NOTHING
from adde_lite.models.vae import BetaVAE, BetaVAERecipe
from adde_lite.models.vae import vae as module
from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.studies.grids import Grid
from adde_lite.training import TrainingRecipe, seeded, train
from claims.claim import Claim, Numbers

NOTEBOOK = "01_vae_baseline"
DRESSES = Grid(
    {
        "colour": ("white", "camel", "burgundy", "navy"),
        "sleeve": ("sleeveless", "short", "long"),
        "length": ("short", "medium", "long"),
        "fit": ("slim", "regular", "loose"),
    },
    {"x": 2, "y": 2},
)
TRAINING = TrainingRecipe(
    epochs=11, batch_size=16, learning_rate=3e-3, weight_decay=0.0, bf16=False, augmentation=NOTHING
)
WARM_UP = 150  # of some 300 steps
HIGH = 50.0
USED = 0.05  # nats, as in the notebook
EACH, ALL = "nats of the fullest latent", "nats of the whole code"


def reparametrised(on: bool) -> Numbers:
    """Train with z = mu + sigma eps, or through torch.normal, whose result has no slope."""
    off = patch.object(module, "sample", _without_slope)
    with nullcontext() if on else off:
        return _nats(BetaVAERecipe(beta=1.0, warm_up=WARM_UP))


def priced(on: bool) -> Numbers:
    """Train at the high price, or at price one with a warm-up."""
    return _nats(BetaVAERecipe(beta=HIGH, warm_up=0) if on else BetaVAERecipe(beta=1.0, warm_up=WARM_UP))


def _without_slope(mean: Tensor, log_variance: Tensor) -> Tensor:
    return torch.normal(mean, (log_variance / 2).exp())


def _nats(recipe: BetaVAERecipe) -> Numbers:
    dresses = DRESSES.images(progress=False)
    model = seeded(lambda: BetaVAE(recipe), 0)
    train(model, dresses, TRAINING, device="cpu", progress=False)
    kl = gaussian_kl(*model.posterior(dresses.images))
    return {EACH: float(kl.max()), ALL: float(kl.sum())}


CLAIMS = (
    Claim(
        "one draw is enough",
        NOTEBOOK,
        "With the reparametrisation, one draw an image is enough to train on.",
        "z = mu + sigma eps (off: torch.normal)",
        reparametrised,
        lambda measured: measured[EACH] > USED and measured[ALL] > 1,
    ),
    Claim(
        "a high price empties the code",
        NOTEBOOK,
        "Not a single latent tells anything at the high price: no bar rises to the dashed line, in any run.",
        "the price of the code (off: one, and a warm-up)",
        priced,
        lambda measured: measured[EACH] < USED,
    ),
)
