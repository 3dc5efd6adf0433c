"""beta-TCVAE against the VAE and the estimators of the bound."""

from dataclasses import asdict

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.models.vae import VAE, BetaTCVAE, BetaTCVAERecipe, VAERecipe
from adde_lite.models.vae.elbo import ESTIMATORS, gaussian_kl, kl_parts
from adde_lite.training import seeded

SMALL = VAERecipe(trunk="mlp", hidden=16, latents=3, warm_up=5)
PIXELS = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
NO_LABELS = torch.empty(16, 0, dtype=torch.int64)
IMAGES = 100


def beta_tcvae(beta, estimator="stratified", images=IMAGES):
    recipe = BetaTCVAERecipe(**asdict(SMALL), beta=beta, estimator=estimator, images=images)
    return seeded(lambda: BetaTCVAE(recipe), 0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_beta_of_one_is_the_vae_bit_for_bit_after_training(estimator, trained):
    plain = trained(seeded(lambda: VAE(SMALL), 0))
    assert torch.equal(trained(beta_tcvae(1.0, estimator)), plain)
    assert not torch.equal(trained(beta_tcvae(1.5, estimator)), plain)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_only_the_total_correlation_counts_beta_times(estimator):
    network = beta_tcvae(6.0, estimator)
    posterior = network.encode(PIXELS)
    terms = network.regularisers(posterior)
    mean, log_variance, z = posterior
    _, total_correlation, _ = kl_parts(z, mean, log_variance, IMAGES, estimator)
    assert terms.keys() == {"kl", "total_correlation"}
    torch.testing.assert_close(terms["total_correlation"], 5 * total_correlation)
    torch.testing.assert_close(terms["kl"], gaussian_kl(mean, log_variance).sum())


def test_total_correlation_of_training_codes_falls_when_it_is_charged(trained):
    def left(beta):
        network = beta_tcvae(beta)
        trained(network, steps=60)
        torch.manual_seed(0)
        mean, log_variance, z = network.encode(PIXELS)
        return float(kl_parts(z, mean, log_variance, IMAGES)[1].detach())

    assert left(20.0) < left(1.0) - 0.1


def test_batch_larger_than_the_stated_number_of_images_is_refused():
    with pytest.raises(InputError, match="16 of 10 images"):
        beta_tcvae(6.0, images=10).loss(PIXELS, NO_LABELS)
