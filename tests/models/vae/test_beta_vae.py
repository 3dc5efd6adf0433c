"""beta-VAE against the VAE."""

from dataclasses import asdict, replace

import pytest
import torch

from adde_lite.models.vae import VAE, BetaVAE, BetaVAERecipe, VAERecipe
from adde_lite.training import seeded

SMALL = VAERecipe(trunk="mlp", hidden=16, latents=3, warm_up=5)
PIXELS = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
NO_LABELS = torch.empty(16, 0, dtype=torch.int64)


def beta_vae(beta):
    return seeded(lambda: BetaVAE(BetaVAERecipe(**asdict(SMALL), beta=beta)), 0)


def test_beta_of_one_is_the_vae_bit_for_bit_after_training(trained):
    plain = trained(seeded(lambda: VAE(SMALL), 0))
    assert torch.equal(trained(beta_vae(1.0)), plain)
    assert not torch.equal(trained(beta_vae(1.01)), plain)


@pytest.mark.parametrize("beta", [0.0, 4.0, 16.0])
def test_kl_counts_beta_times_and_the_reconstruction_once(beta):
    networks = [seeded(lambda: VAE(replace(SMALL, warm_up=0)), 0), beta_vae(beta)]
    networks[1].steps += SMALL.warm_up
    plain, weighted = (_terms(network) for network in networks)
    assert weighted.keys() == plain.keys() == {"reconstruction", "kl"}
    torch.testing.assert_close(weighted["kl"], beta * plain["kl"])
    assert torch.equal(weighted["reconstruction"], plain["reconstruction"])


def _terms(network):
    torch.manual_seed(0)
    return network.loss(PIXELS, NO_LABELS)
