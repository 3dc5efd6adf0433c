"""FactorVAE: what its critic measures, who learns from whom, and that gamma = 0 leaves the VAE."""

import math
from dataclasses import asdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adde_lite.models.vae import VAE, FactorVAE, FactorVAERecipe, VAERecipe
from adde_lite.models.vae.elbo import gaussian_kl
from adde_lite.models.vae.factor_vae import CRITIC_BETAS, PermutationCritic, shuffle_dimensions
from adde_lite.training import seeded

SMALL = VAERecipe(trunk="mlp", hidden=16, latents=3, warm_up=5)
PIXELS = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
NO_LABELS = torch.empty(16, 0, dtype=torch.int64)
DIMENSIONS = 3


def factor_vae(gamma=10.0, critic=(8, 8)):
    return seeded(lambda: FactorVAE(FactorVAERecipe(**asdict(SMALL), gamma=gamma, critic=critic)), 0)


def decided_critic(latents=DIMENSIONS, widths=(16, 16)):
    """A critic whose last layer is no longer zero."""
    torch.manual_seed(0)
    critic = PermutationCritic(latents, widths)
    torch.nn.init.normal_(critic.layers[-1].weight)
    return critic


# --- shuffling


@given(st.integers(1, 30), st.integers(1, 6), st.integers(0, 1000))
@settings(max_examples=30)
def test_shuffling_keeps_the_values_of_each_column(batch, dimensions, seed):
    torch.manual_seed(seed)
    z = torch.randn(batch, dimensions)
    assert torch.equal(shuffle_dimensions(z).sort(dim=0).values, z.sort(dim=0).values)


def test_shuffling_takes_each_column_in_an_order_of_its_own():
    torch.manual_seed(0)
    shuffled = shuffle_dimensions(torch.arange(2000.0)[:, None].expand(-1, 3))
    assert torch.corrcoef(torch.cat([shuffled, torch.arange(2000.0)[:, None]], 1).T).fill_diagonal_(0).abs().max() < 0.1


# --- the critic


def test_critic_starts_undecided_at_ln_2_and_an_estimate_of_0():
    torch.manual_seed(0)
    critic, z = PermutationCritic(DIMENSIONS, (16, 16)), 5 * torch.randn(64, DIMENSIONS)
    assert float(critic.loss(z).detach()) == pytest.approx(math.log(2), rel=1e-6)
    assert float(critic.total_correlation(z)) == 0.0


def test_critic_is_shown_one_half_as_it_is_and_the_other_half_shuffled():
    critic, seen = decided_critic(), []
    critic.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    z = torch.arange(7.0)[:, None] + torch.tensor([0.1, 0.2, 0.3])
    loss = critic.loss(z)
    (shown,) = seen
    assert torch.equal(shown[:3], z[:3])
    assert torch.equal(shown[3:].sort(dim=0).values, z[3:6])
    logits = critic(shown).log_softmax(1)
    torch.testing.assert_close(loss, -(logits[:3, 0].mean() + logits[3:, 1].mean()) / 2)


def learned_estimate(rho, steps=400, batch=1024):
    """The critic's estimate on new codes from N(0, R), after learning on such codes."""
    torch.manual_seed(0)
    root = torch.linalg.cholesky(torch.full((DIMENSIONS, DIMENSIONS), rho).fill_diagonal_(1.0))
    critic = PermutationCritic(DIMENSIONS, (64, 64))
    optimiser = torch.optim.Adam(critic.parameters(), 3e-3, betas=CRITIC_BETAS)
    for _ in range(steps):
        optimiser.zero_grad()
        critic.loss(torch.randn(batch, DIMENSIONS) @ root.T).backward()
        optimiser.step()
    return float(critic.total_correlation(torch.randn(20_000, DIMENSIONS) @ root.T))


def test_trained_critic_estimates_the_total_correlation_of_a_gaussian_within_a_fifth():
    rho = 0.7
    truth = -0.5 * float(torch.logdet(torch.full((DIMENSIONS, DIMENSIONS), rho).fill_diagonal_(1.0)))
    assert learned_estimate(rho) == pytest.approx(truth, rel=0.2)


def test_trained_critic_finds_next_to_nothing_in_independent_codes():
    assert abs(learned_estimate(0.0)) < 0.05


# --- who learns from whom


def test_estimate_moves_the_codes_and_not_the_critic():
    critic, z = decided_critic(), torch.randn(16, DIMENSIONS, requires_grad=True)
    critic.total_correlation(z).backward()
    assert z.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in critic.parameters())


def test_loss_of_the_critic_moves_the_critic_and_not_the_codes():
    critic, z = decided_critic(), torch.randn(16, DIMENSIONS, requires_grad=True)
    critic.loss(z).backward()
    assert z.grad is None
    assert all(weight.grad.abs().sum() > 0 for weight in critic.parameters())


def test_one_step_of_the_game_gives_each_side_its_own_gradient():
    network = factor_vae()
    torch.nn.init.normal_(network.critic.layers[-1].weight)
    autoencoder = [weight for name, weight in network.named_parameters() if not name.startswith("critic.")]
    terms = network.loss(PIXELS, NO_LABELS)
    terms["critic"].backward(retain_graph=True)
    assert all(weight.grad is None for weight in autoencoder)
    assert all(weight.grad is not None for weight in network.critic.parameters())
    network.zero_grad()
    (terms["reconstruction"] + terms["kl"] + terms["total_correlation"]).backward()
    assert all(weight.grad is not None for weight in autoencoder)
    assert all(weight.grad is None for weight in network.critic.parameters())


# --- the objective


def test_total_correlation_counts_gamma_times_beside_the_closed_kl():
    network = factor_vae(gamma=7.0)
    torch.nn.init.normal_(network.critic.layers[-1].weight)
    posterior = network.encode(PIXELS)
    terms = network.regularisers(posterior)
    logits = network.critic(posterior.z)
    torch.testing.assert_close(terms["total_correlation"], 7 * (logits[:, 0] - logits[:, 1]).mean())
    torch.testing.assert_close(terms["kl"], gaussian_kl(posterior.mean, posterior.log_variance).sum())


def test_critic_does_not_warm_up():
    first = factor_vae().loss(PIXELS, NO_LABELS)
    assert float(first["critic"].detach()) == pytest.approx(math.log(2), rel=1e-6)


def test_gamma_of_zero_has_the_autoencoder_of_the_vae_bit_for_bit_after_training(trained):
    plain = trained(seeded(lambda: VAE(SMALL), 0))
    assert torch.equal(trained(factor_vae(gamma=0.0)), plain)
    assert not torch.equal(trained(factor_vae(gamma=5.0)), plain)


def test_critic_has_a_rate_and_a_momentum_of_its_own_and_no_decay():
    network = seeded(lambda: FactorVAE(FactorVAERecipe(**asdict(SMALL), critic_rate=0.02)), 0)
    autoencoder, critic = network.parameter_groups(0.1)
    assert {id(weight) for weight in critic["params"]} == {id(weight) for weight in network.critic.parameters()}
    assert (critic["lr"], critic["betas"], critic["weight_decay"]) == (0.02, CRITIC_BETAS, 0.0)
    assert autoencoder["weight_decay"] == 0.1
    assert "lr" not in autoencoder
