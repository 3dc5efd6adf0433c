"""RF-VAE: the price of each dimension, the terms of its objective, and when its relevances learn."""

from dataclasses import asdict

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from adde_lite.models.vae import RFVAE, RFVAERecipe, VAERecipe
from adde_lite.models.vae.elbo import reconstruction_loss
from adde_lite.training import seeded

SMALL = VAERecipe(trunk="mlp", hidden=16, latents=4, warm_up=0)
PRICES = {"gamma": 3.0, "lambda_min": 0.2, "lambda_max": 8.0, "eta_s": 1.5, "eta_h": 20.0}
PIXELS = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
NO_LABELS = torch.empty(16, 0, dtype=torch.int64)
RHO = torch.tensor([-2.0, -0.5, 0.3, 4.0])


def rf_vae(rho=RHO, **changes):
    """A network with a decided critic and chosen rho."""

    def build():
        network = RFVAE(RFVAERecipe(**asdict(SMALL), **{"settle": 0, **PRICES, **changes}, critic=(8, 8)))
        torch.nn.init.normal_(network.critic.layers[-1].weight)
        network.rho.data = rho.clone()
        return network

    return seeded(build, 0)


def values(terms):
    return {name: float(term.detach()) for name, term in terms.items()}


# --- prices


def test_irrelevant_dimension_pays_lambda_max_and_a_relevant_one_lambda_min_exactly():
    network = rf_vae(torch.tensor([-200.0, 200.0, 0.0, -200.0]), lambda_min=0.1, lambda_max=10.0)
    assert network.relevance.tolist() == [0.0, 1.0, 0.5, 0.0]
    assert torch.equal(network.kl_weights(), torch.tensor([10.0, 0.1, 5.05, 10.0]))


def test_indecision_is_the_entropy_of_a_coin_and_sparsity_the_sum_of_relevances():
    network = rf_vae()
    terms = values(network.regularisers(network.encode(PIXELS)))
    entropy = Bernoulli(probs=RHO.sigmoid()).entropy().sum()
    assert terms["indecision"] == pytest.approx(20.0 * float(entropy), rel=1e-5)
    assert terms["sparsity"] == pytest.approx(1.5 * float(RHO.sigmoid().sum()), rel=1e-5)


@pytest.mark.parametrize("rho", [20.0, -20.0, 200.0, -200.0])
def test_terms_and_gradient_stay_finite_where_a_relevance_has_rounded_to_0_or_1(rho):
    network = rf_vae(torch.full((4,), rho))
    terms = network.loss(PIXELS, NO_LABELS)
    sum(terms.values()).backward()
    assert values(terms)["indecision"] == pytest.approx(0.0, abs=1e-4)
    assert all(torch.isfinite(weight.grad).all() for weight in network.parameters())


# --- the objective


def test_terms_sum_to_the_formula_of_the_paper():
    network = rf_vae()
    torch.manual_seed(1)
    terms = values(network.loss(PIXELS, NO_LABELS))
    torch.manual_seed(1)
    with torch.no_grad():
        mean, log_variance, z = network.encode(PIXELS)
        r = 1 / (1 + torch.exp(-RHO))
        kl = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)).mean(0)
        weight = 8.0 - (8.0 - 0.2) * r
        logits = network.critic(r * z)
        entropy = -(r * r.log() + (1 - r) * (1 - r).log())
        formula = (
            reconstruction_loss(network.decoder(z), PIXELS, "bernoulli", 0.1)
            + (weight * kl).sum()
            + 3.0 * (logits[:, 0] - logits[:, 1]).mean()
            + 1.5 * r.sum()
            + 20.0 * entropy.sum()
        )
    assert terms.keys() == {"reconstruction", "kl", "total_correlation", "sparsity", "indecision", "critic"}
    assert sum(terms.values()) - terms["critic"] == pytest.approx(float(formula), rel=1e-5)


def test_critic_judges_and_learns_from_codes_scaled_by_relevance():
    network = rf_vae(torch.tensor([-200.0, 200.0, 200.0, -200.0]))
    posterior, seen = network.encode(PIXELS), []
    network.critic.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.side_losses(posterior)
    network.regularisers(posterior)
    learned = seen[0]
    assert not learned[:, [0, 3]].any()
    torch.testing.assert_close(learned[:8, 1:3], posterior.z[:8, 1:3])
    changed = posterior._replace(z=posterior.z + torch.tensor([9.0, 0.0, 0.0, 9.0]))
    assert torch.equal(*(network.regularisers(each)["total_correlation"] for each in (posterior, changed)))


# --- learning the relevances


def rho_gradient(network):
    network.zero_grad()
    sum(network.loss(PIXELS, NO_LABELS).values()).backward()
    return network.rho.grad


def test_relevances_learn_from_the_step_at_which_the_code_has_settled():
    network = rf_vae(settle=3)
    for _ in range(2):
        assert rho_gradient(network) is None
    assert (rho_gradient(network) != 0).all()


def test_relevances_that_have_settled_go_on_learning_after_a_resume():
    network, resumed = rf_vae(settle=3), rf_vae(settle=3)
    for _ in range(2):
        network.loss(PIXELS, NO_LABELS)
    resumed.load_state_dict(network.state_dict())
    assert rho_gradient(resumed) is not None


def test_gradient_of_rho_is_the_derivative_of_its_terms():
    """d lambda/dr = -(max - min), d(sum r)/dr = 1, dH_b/dr = -rho, each times dr/drho = r (1 - r)."""
    network = rf_vae(gamma=0.0)
    gradient = rho_gradient(network)
    mean, log_variance, _ = network.encode(PIXELS)
    kl = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)).mean(0)
    r = RHO.sigmoid()
    expected = r * (1 - r) * (-(8.0 - 0.2) * kl.detach() + 1.5 - 20.0 * RHO)
    torch.testing.assert_close(gradient, expected)


def test_dimensions_that_carry_information_become_relevant_and_empty_ones_do_not():
    network = rf_vae(torch.zeros(4), gamma=0.0, eta_h=2.0)
    used = torch.tensor([True, True, False, False])
    mean = torch.randn(64, 4, generator=torch.Generator().manual_seed(0)) * used
    log_variance = torch.where(used, -3.0, 0.0).expand(64, 4)
    posterior = network.encode(PIXELS)._replace(mean=mean, log_variance=log_variance, z=mean)
    optimiser = torch.optim.Adam([network.rho], 0.1)
    for _ in range(100):
        optimiser.zero_grad()
        sum(network.regularisers(posterior).values()).backward()
        optimiser.step()
    assert (network.relevance[used] > 0.95).all()
    assert (network.relevance[~used] < 0.05).all()


def test_relevances_have_a_rate_of_their_own_and_no_decay():
    network = rf_vae(relevance_rate=0.03)
    autoencoder, critic, relevance = network.parameter_groups(0.1)
    assert [id(weight) for weight in relevance["params"]] == [id(network.rho)]
    assert (relevance["lr"], relevance["weight_decay"]) == (0.03, 0.0)
    assert autoencoder["weight_decay"] == 0.1
    assert {id(weight) for weight in critic["params"]} == {id(weight) for weight in network.critic.parameters()}
