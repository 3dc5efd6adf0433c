"""The parts of the bound against closed forms, torch.distributions and Gaussians of known total correlation."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from adde_lite.errors import InputError
from adde_lite.models.vae import elbo
from adde_lite.models.vae.elbo import ELBO, ESTIMATORS, gaussian_kl, kl_parts, log_weights, reconstruction_loss, sample

EACH = pytest.mark.parametrize("estimator", ESTIMATORS)
DIMENSIONS = 5
SIGMA = 0.2
IMAGES = 10_000
BATCHES = 40


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def posterior(batch=24, dimensions=4):
    """Codes drawn from random posteriors: z, mean, log variance."""
    mean, log_variance = random(batch, dimensions), random(batch, dimensions, seed=1)
    return mean + torch.exp(log_variance / 2) * random(batch, dimensions, seed=2), mean, log_variance


# --- samples


def test_gradient_of_a_sample_equals_finite_differences():
    def seeded(mean, log_variance):
        torch.manual_seed(0)
        return sample(mean, log_variance).sin()

    _, mean, log_variance = posterior(3)
    assert torch.autograd.gradcheck(seeded, (mean.requires_grad_(), log_variance.requires_grad_()))


def test_samples_have_the_mean_and_the_spread_that_they_were_asked_for():
    torch.manual_seed(0)
    z = sample(torch.tensor([1.0, -2.0]).expand(20_000, 2), torch.tensor([0.0, math.log(0.25)]).expand(20_000, 2))
    torch.testing.assert_close(z.mean(0), torch.tensor([1.0, -2.0]), atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(0), torch.tensor([1.0, 0.5]), atol=0.03, rtol=0)


# --- closed forms


def test_closed_kl_equals_the_one_of_torch():
    _, mean, log_variance = posterior()
    theirs = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)).mean(0)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), theirs)


def test_log_normal_equals_the_one_of_torch():
    z, mean, log_variance = posterior()
    theirs = Normal(mean, torch.exp(log_variance / 2)).log_prob(z)
    torch.testing.assert_close(elbo.log_normal(z, mean, log_variance), theirs)
    torch.testing.assert_close(elbo.log_normal(z, 0.0, 0.0), Normal(0.0, 1.0).log_prob(z))


def test_bernoulli_reconstruction_equals_the_one_of_torch():
    logits, images = 3 * random(4, 3, 5, 5), torch.rand(4, 3, 5, 5)
    theirs = -Bernoulli(logits=logits, validate_args=False).log_prob(images).sum((1, 2, 3)).mean()
    assert float(reconstruction_loss(logits, images, "bernoulli", 0.1)) == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.parametrize("scale", [0.1, 0.5])
def test_gaussian_reconstruction_equals_the_one_of_torch(scale):
    logits, images = 3 * random(4, 3, 5, 5), torch.rand(4, 3, 5, 5)
    theirs = -Normal(logits.sigmoid(), scale).log_prob(images).sum((1, 2, 3)).mean()
    assert float(reconstruction_loss(logits, images, "gaussian", scale)) == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.parametrize("decoder", ["bernoulli", "gaussian"])
def test_sum_over_pixels_is_made_in_float32_even_from_bfloat16_logits(decoder):
    logits, images = torch.randn(2, 3, 8, 8).bfloat16(), torch.rand(2, 3, 8, 8)
    loss = reconstruction_loss(logits, images, decoder, 0.1)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, reconstruction_loss(logits.float(), images, decoder, 0.1))


def test_unknown_decoder_is_refused():
    with pytest.raises(InputError, match="'bernoulli' or 'gaussian'"):
        reconstruction_loss(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), "laplace", 0.1)


# --- weights of the estimators


@given(st.integers(2, 60), st.integers(0, 100_000))
@settings(max_examples=60)
def test_rows_of_the_stratified_weights_sum_to_one(batch, more):
    weights = log_weights(batch, batch + more, "stratified").double().exp()
    torch.testing.assert_close(weights.sum(1), torch.ones(batch, dtype=torch.float64), atol=1e-5, rtol=0)


def test_stratified_weights_single_out_the_own_image_and_one_other():
    images, batch = 100, 5
    weights = log_weights(batch, images, "stratified").exp()
    torch.testing.assert_close(weights.diagonal(), torch.full((batch,), 1 / images))
    for row, weight in enumerate(weights):
        others = torch.cat([weight[:row], weight[row + 1 :]]).sort(descending=True).values
        expected = [1 / 4, 1 / 4, 1 / 4, (images - 4) / (images * 4)]
        torch.testing.assert_close(others, torch.tensor(expected))


def test_weighted_weights_are_all_one_over_images_times_batch():
    torch.testing.assert_close(log_weights(4, 50, "weighted").exp(), torch.full((4, 4), 1 / 200))


def test_single_images_more_than_all_and_unknown_estimators_are_refused():
    for batch, images in ((1, 10), (11, 10), (0, 10)):
        with pytest.raises(InputError, match=f"{batch} of {images} images"):
            log_weights(batch, images, "stratified")
    with pytest.raises(InputError, match="weighted or stratified"):
        log_weights(4, 10, "exact")


# --- the sampled KL and its parts


@EACH
def test_parts_sum_to_the_sampled_kl(estimator):
    z, mean, log_variance = posterior()
    assert_parts_sum_to_the_sampled_kl(z, mean, log_variance, kl_parts(z, mean, log_variance, 500, estimator))


@given(st.integers(0, 2**31), st.integers(2, 8), st.integers(1, 5))
@settings(max_examples=20)
def test_parts_sum_to_the_sampled_kl_whatever_the_weights(seed, batch, dimensions):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elbo, "log_weights", lambda *_: 3 * random(batch, batch, seed=seed))
        z, mean, log_variance = posterior(batch, dimensions)
        parts = kl_parts(z, mean, log_variance, 500)
    assert_parts_sum_to_the_sampled_kl(z, mean, log_variance, parts)


def assert_parts_sum_to_the_sampled_kl(z, mean, log_variance, parts):
    sampled = (Normal(mean, torch.exp(log_variance / 2)).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1).mean()
    torch.testing.assert_close(parts[0] + parts[1] + parts[2].sum(), sampled)
    torch.testing.assert_close(ELBO(torch.tensor(7.0), *parts).kl, sampled)
    torch.testing.assert_close(ELBO(torch.tensor(7.0), *parts).value, -7 - sampled)


def test_mean_of_the_sampled_kl_is_the_closed_one():
    _, mean, log_variance = posterior(16)
    torch.manual_seed(0)
    draws = [kl_parts(sample(mean, log_variance), mean, log_variance, 16) for _ in range(1000)]
    sampled = torch.stack([sum(part.sum() for part in parts) for parts in draws]).mean()
    assert float(sampled) == pytest.approx(float(gaussian_kl(mean, log_variance).sum()), rel=0.02)


def test_whole_set_as_one_batch_shows_how_far_the_estimators_are_off():
    """With B = N the plain mean over images is exact: "weighted" misses it by ln N a factor, "stratified" by O(1/N)."""
    images = 400
    z, mean, log_variance = posterior(images)
    density = Normal(mean[None], torch.exp(log_variance / 2)[None]).log_prob(z[:, None])
    log_q_z, log_q_each = (torch.logsumexp(each, 1) - math.log(images) for each in (density.sum(2), density))
    exact = float((log_q_z - log_q_each.sum(1)).mean())
    weighted, stratified = (float(kl_parts(z, mean, log_variance, images, name)[1]) for name in ESTIMATORS)
    assert weighted - exact == pytest.approx((z.shape[1] - 1) * math.log(images))
    assert stratified == pytest.approx(exact, abs=0.1)


def test_code_that_says_nothing_has_no_part_at_all():
    z = random(32, 3)
    parts = kl_parts(z, torch.zeros_like(z), torch.zeros_like(z), 1000)
    assert max(float(part.abs().max()) for part in parts[:2]) < 1e-5
    torch.testing.assert_close(parts[2], torch.zeros(3, dtype=torch.float64), atol=1e-5, rtol=0)


# --- total correlation of Gaussians whose truth is known


def correlation(rho):
    return torch.full((DIMENSIONS, DIMENSIONS), rho).fill_diagonal_(1.0)


def truth(rho):
    """TC of N(0, R + sigma^2): half of (the sum of the logarithms of its variances less ln det)."""
    covariance = correlation(rho) + SIGMA**2 * torch.eye(DIMENSIONS)
    return 0.5 * float(covariance.diagonal().log().sum() - torch.logdet(covariance))


def estimate(batch, rho, estimator="stratified"):
    """Mean estimate over batches of codes mu + 0.2 eps, mu ~ N(0, R), of a set of 10,000."""
    torch.manual_seed(0)
    root = torch.linalg.cholesky(correlation(rho))
    log_variance = torch.full((batch, DIMENSIONS), 2 * math.log(SIGMA))
    estimates = []
    for _ in range(BATCHES):
        mean = torch.randn(batch, DIMENSIONS) @ root.T
        estimates.append(kl_parts(sample(mean, log_variance), mean, log_variance, IMAGES, estimator)[1])
    return float(torch.stack(estimates).mean())


def shortcomings(estimator="stratified"):
    """What an estimator of the total correlation gets wrong; the bars are the bias that was measured and some room."""
    wrong = []
    for batch, independent_bar in ((64, 0.6), (256, 0.4)):
        independent, correlated = (estimate(batch, rho, estimator) for rho in (0.0, 0.6))
        if abs(independent - truth(0.0)) > independent_bar:
            wrong.append(f"B={batch}: {independent:.2f} nats for independent codes")
        if abs(correlated - truth(0.6)) > 1.0:
            wrong.append(f"B={batch}: {correlated:.2f} nats, truth {truth(0.6):.2f}")
        if correlated - independent < 0.5:
            wrong.append(f"B={batch}: cannot tell correlated from independent codes")
    return wrong


def test_stratified_total_correlation_of_gaussians_is_within_its_stated_bias():
    assert truth(0.6) == pytest.approx(1.12, abs=0.01)
    assert shortcomings() == []


def test_published_weights_in_column_zero_fail_the_same_check(monkeypatch):
    """Chen et al.'s code puts 1/N into column 0 instead of on the diagonal."""

    def column_zero(batch, images, _):
        others = batch - 1
        weights = torch.full((batch, batch), 1 / others)
        weights.view(-1)[:: others + 1] = 1 / images
        weights.view(-1)[1 :: others + 1] = (images - others) / (images * others)
        weights[others - 1, 0] = (images - others) / (images * others)
        return weights.log()

    monkeypatch.setattr(elbo, "log_weights", column_zero)
    wrong = " ".join(shortcomings())
    assert "for independent codes" in wrong
    assert "cannot tell" in wrong


def test_weighted_estimator_is_tens_of_nats_above_the_truth():
    assert [estimate(batch, 0.0, "weighted") for batch in (64, 256)] == pytest.approx([40.4, 39.4], abs=0.5)
