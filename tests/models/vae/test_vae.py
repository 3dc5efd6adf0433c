"""The VAE: its loss and warm-up, its readings of stored images, and that it learns a small grid of garments."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from adde_lite.augmentation import NOTHING
from adde_lite.data.wardrobe import factor_grid
from adde_lite.errors import InputError
from adde_lite.models.vae import RFVAE, VAE, BetaTCVAE, BetaTCVAERecipe, BetaVAE, FactorVAE, VAERecipe, vae
from adde_lite.models.vae.elbo import gaussian_kl, reconstruction_loss
from adde_lite.training import TrainingRecipe, seeded, train

SMALL = VAERecipe(trunk="mlp", hidden=16, latents=3, warm_up=4)
PICTURES = torch.randint(0, 256, (10, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
PIXELS = PICTURES / 255
NO_LABELS = torch.empty(10, 0, dtype=torch.int64)


def model(recipe=SMALL):
    return seeded(lambda: VAE(recipe), 0)


@pytest.mark.parametrize("images", [PIXELS, PICTURES[..., :16], PICTURES[:, :1]])
@pytest.mark.parametrize("reading", ["posterior", "embed", "elbo"])
def test_images_of_another_type_or_size_are_refused(reading, images):
    with pytest.raises(InputError, match=r"images of a VAE.*uint8 \(N, 3, 32, 32\)"):
        getattr(model(), reading)(images)


# --- the loss


def test_a_loss_on_images_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"images of a VAE: given shape \(10, 3, 16, 16\), expected \(N, 3, 32, 32\)"):
        model().loss(PIXELS[..., :16, :16], NO_LABELS)


def test_loss_is_the_reconstruction_of_a_sample_and_the_closed_kl():
    network = model(replace(SMALL, warm_up=0))
    torch.manual_seed(1)
    terms = network.loss(PIXELS, NO_LABELS)
    torch.manual_seed(1)
    mean, log_variance = network.encoder(PIXELS).chunk(2, dim=1)
    logits = network.decoder(mean + torch.exp(log_variance / 2) * torch.randn_like(mean))
    assert terms.keys() == {"reconstruction", "kl"}
    torch.testing.assert_close(terms["reconstruction"], reconstruction_loss(logits, PIXELS, "bernoulli", 0.1))
    torch.testing.assert_close(terms["kl"], gaussian_kl(mean, log_variance).sum())


def test_decoder_of_the_recipe_decides_the_reconstruction():
    network = model(replace(SMALL, decoder="gaussian", pixel_scale=0.3))
    logits = torch.randn(10, 3, 32, 32)
    expected = reconstruction_loss(logits, PIXELS, "gaussian", 0.3)
    assert torch.equal(network.reconstruction(logits, PIXELS), expected)


def test_regulariser_warms_up_step_by_step_and_the_reconstruction_does_not():
    network, full = model(), model(replace(SMALL, warm_up=0))
    shares, same = [], []
    for step in range(6):
        terms = []
        for each in (network, full):
            torch.manual_seed(step)
            terms.append(each.loss(PIXELS, NO_LABELS))
        shares.append((terms[0]["kl"] / terms[1]["kl"]).item())
        same.append(torch.equal(terms[0]["reconstruction"], terms[1]["reconstruction"]))
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
    assert all(same)


def test_steps_are_kept_with_the_weights_so_that_a_warm_up_goes_on():
    network, other = model(), model()
    for _ in range(2):
        network.loss(PIXELS, NO_LABELS)
    other.load_state_dict(network.state_dict())
    torch.manual_seed(0)
    other_kl = other.loss(PIXELS, NO_LABELS)["kl"]
    torch.manual_seed(0)
    kl = model(replace(SMALL, warm_up=0)).loss(PIXELS, NO_LABELS)["kl"]
    torch.testing.assert_close(other_kl, 3 / 4 * kl)


def test_a_look_at_the_loss_in_evaluation_mode_is_no_step():
    network = model()
    network.eval().loss(PIXELS, NO_LABELS)
    assert int(network.steps) == 0
    network.train().loss(PIXELS, NO_LABELS)
    assert int(network.steps) == 1


@pytest.mark.parametrize("kind", [VAE, BetaVAE, BetaTCVAE, FactorVAE, RFVAE])
def test_every_weight_is_in_one_parameter_group(kind):
    network = kind(BetaTCVAERecipe(images=10)) if kind is BetaTCVAE else kind()
    listed = [id(weight) for group in network.parameter_groups(0.1) for weight in group["params"]]
    assert sorted(listed) == sorted(id(weight) for weight in network.parameters())


# --- stored images in, codes and pictures out


@pytest.mark.parametrize("batch", [4, 512])
def test_posterior_of_stored_images_is_the_encoder_on_pixels_from_0_to_1(batch, monkeypatch):
    monkeypatch.setattr(vae, "ENCODING_BATCH", batch)
    network = model()
    mean, log_variance = network.posterior(PICTURES)
    expected = network.encoder(PIXELS)
    torch.testing.assert_close(torch.cat([mean, log_variance], 1), expected.detach())
    assert mean.shape == (10, 3)
    assert mean.dtype == torch.float32


def test_other_models_can_be_trained_on_codes():
    learner, codes = torch.nn.Linear(3, 1), model().embed(PICTURES)
    learner(codes).sum().backward()
    torch.testing.assert_close(learner.weight.grad[0], codes.sum(0))


def test_embedding_is_the_mean_not_a_sample():
    network = model()
    assert torch.equal(network.embed(PICTURES), network.posterior(PICTURES)[0])
    assert torch.equal(network.embed(PICTURES), network.embed(PICTURES))


def test_reading_and_decoding_codes_leaves_the_callers_random_state_alone():
    network = model()
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    network.decode(network.embed(PICTURES))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("batch", [4, 512])
def test_decoded_code_is_the_mean_picture_in_whole_bytes(batch, monkeypatch):
    monkeypatch.setattr(vae, "ENCODING_BATCH", batch)
    network, codes = model(), 4 * torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    pictures = network.decode(codes)
    assert pictures.dtype == torch.uint8
    assert pictures.shape == (10, 3, 32, 32)
    means = 255 * network.decoder(codes).sigmoid().detach()
    assert float((pictures.float() - means).abs().max()) <= 0.5 + 1e-3


# --- the bound on stored images


def parts(bound):
    return torch.cat([part.flatten() for part in vars(bound).values()])


def test_bound_is_repeatable_and_its_seed_counts():
    network = model()
    first, second, other = (parts(network.elbo(PICTURES, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_bound_leaves_the_callers_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    model().elbo(PICTURES)
    assert torch.equal(torch.rand(2), expected)


def test_bound_agrees_with_the_closed_kl_and_the_loss():
    network = model()
    bounds = [network.elbo(PICTURES, seed=seed) for seed in range(100)]
    mean, log_variance = network.posterior(PICTURES)
    sampled = sum(float(bound.kl) for bound in bounds) / len(bounds)
    assert sampled == pytest.approx(float(gaussian_kl(mean, log_variance).sum()), abs=0.04)
    assert bounds[0].dimension_kl.shape == (3,)
    pixel = -float(bounds[0].value + bounds[0].kl) / PIXELS[0].numel()
    assert pixel == pytest.approx(math.log(2), rel=0.05)  # an untrained decoder answers with a coin for each pixel


def test_last_smaller_batch_is_left_out_unless_it_is_the_only_one(monkeypatch):
    seen = []
    encode = VAE.encode
    monkeypatch.setattr(VAE, "encode", lambda self, images: seen.append(len(images)) or encode(self, images))
    model().elbo(PICTURES, batch_size=4)
    model().elbo(PICTURES[:3], batch_size=4)
    assert seen == [4, 4, 3]


# --- together with training


def test_small_vae_reconstructs_a_grid_of_garments_better_than_their_mean_image():
    factors = {"colour": ("white", "camel", "navy"), "length": ("short", "medium", "long")}
    grid = factor_grid(factors, nuisances={"x": 4}, size=32, cache=False, workers=1, progress=False)
    network = seeded(lambda: VAE(replace(SMALL, hidden=64, latents=4, warm_up=20)), 0)
    recipe = TrainingRecipe(
        epochs=80, batch_size=12, learning_rate=1e-2, weight_decay=0.0, bf16=False, augmentation=NOTHING
    )
    train(network, grid, recipe, device="cpu", progress=False)
    pixels = grid.images / 255
    mean_image = pixels.mean(0, keepdim=True).expand_as(pixels)
    baseline = F.binary_cross_entropy(mean_image, pixels, reduction="sum") / len(pixels)
    least = F.binary_cross_entropy(pixels, pixels, reduction="sum") / len(pixels)
    excess = network.elbo(grid.images).reconstruction - least
    assert excess < 0.7 * (baseline - least)
