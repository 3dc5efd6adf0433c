"""The variational autoencoder (Kingma & Welling, ICLR 2014).

Symbols: x image, z code of D dimensions, q(z|x) = N(mu, sigma^2) the encoder, p(x|z) the decoder, p(z) = N(0, 1).
Minimises -log p(x|z) + KL(q(z|x) || p(z)), the negative evidence lower bound.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from adde_lite.distributed import gathered
from adde_lite.errors import InputError
from adde_lite.models.vae.elbo import ELBO, gaussian_kl, kl_parts, reconstruction_loss, sample
from adde_lite.models.vae.networks import networks

ENCODING_BATCH = 512


@dataclass(frozen=True, kw_only=True)
class VAERecipe:
    """What a VAE is made of.

    Args:
        size: pixels a side, 32 or 64.
        trunk: "conv" or "mlp".
        widths: channels of the convolutional stages.
        hidden: width of the fully connected layers.
        latents: D.
        decoder: "bernoulli" or "gaussian", the distribution of a pixel.
        pixel_scale: standard deviation of a pixel in the Gaussian decoder, of a range of 1: the finer, the more the
            reconstruction counts against everything else.
        warm_up: steps over which everything but the reconstruction rises from nothing to its full weight.
    """

    size: int = 32
    trunk: str = "conv"
    widths: tuple[int, ...] = (16, 32, 32)
    hidden: int = 128
    latents: int = 10
    decoder: str = "bernoulli"
    pixel_scale: float = 0.1
    warm_up: int = 500


class Posterior(NamedTuple):
    """What the encoder says about a batch: mean, log variance and one sample of the code, each (B, D)."""

    mean: Tensor
    log_variance: Tensor
    z: Tensor


class VAE(nn.Module):
    """Images to codes and back. Objectives of other papers replace `regularisers`."""

    schema = None  # it is trained without labels
    steps: Tensor

    def __init__(self, recipe: VAERecipe | None = None) -> None:
        super().__init__()
        self.recipe = recipe or VAERecipe()
        shape = self.recipe
        self.encoder, self.decoder = networks(shape.trunk, shape.size, shape.latents, shape.widths, shape.hidden)
        # Kept with the weights, so that an interrupted warm-up goes on where it was.
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def encode(self, images: Tensor) -> Posterior:
        """Images in [0, 1], float (B, 3, H, W), to their posterior."""
        mean, log_variance = self._moments(images)
        return Posterior(mean, log_variance, sample(mean, log_variance))

    def _moments(self, images: Tensor) -> tuple[Tensor, Tensor]:
        side = self.recipe.size
        if images.shape[1:] != (3, side, side):
            given = f"shape {tuple(images.shape)}"
            raise InputError("images of a VAE", given, f"(N, 3, {side}, {side})", "Resize them, or change its size.")
        mean, log_variance = self.encoder(images).float().chunk(2, dim=1)
        return mean, log_variance

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The terms that training adds up; the labels are not looked at. A step counts in training mode only.

        With several processes, the reconstruction is that of their own images, a mean that DDP averages; all else
        looks at the codes of all, because a total correlation is not a mean over images.
        """
        own = self.encode(images)
        logits = self.decoder(own.z)
        posterior = Posterior(*(gathered(part) for part in own))
        if self.training:
            self.steps += 1
        share = (self.steps / max(self.recipe.warm_up, 1)).clamp(max=1)
        terms = {name: share * term for name, term in self.regularisers(posterior).items()}
        return {"reconstruction": self.reconstruction(logits, images), **terms, **self.side_losses(posterior)}

    def reconstruction(self, logits: Tensor, images: Tensor) -> Tensor:
        """-log p(x|z), a mean over images."""
        return reconstruction_loss(logits, images, self.recipe.decoder, self.recipe.pixel_scale)

    def regularisers(self, posterior: Posterior) -> dict[str, Tensor]:
        """What is added to the reconstruction, by name."""
        return {"kl": gaussian_kl(posterior.mean, posterior.log_variance).sum()}

    def side_losses(self, posterior: Posterior) -> dict[str, Tensor]:
        """Losses of networks that learn beside the autoencoder, by name; they do not warm up."""
        return {}

    def parameter_groups(self, weight_decay: float) -> list[dict[str, object]]:
        """All weights in one group."""
        return [{"params": list(self.parameters()), "weight_decay": weight_decay}]

    @torch.no_grad()
    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of stored images, uint8 (N, 3, H, W) -> float32 (N, D) twice, on the CPU.

        Raises:
            InputError: images of another type or size.
        """
        self._check(images)
        self.eval()
        device = next(self.parameters()).device
        parts = [self._moments(batch.to(device) / 255) for batch in images.split(ENCODING_BATCH)]
        means, log_variances = zip(*parts, strict=True)
        return torch.cat(means).cpu(), torch.cat(log_variances).cpu()

    def embed(self, images: Tensor) -> Tensor:
        """The code of stored images, the mean of their posterior: uint8 (N, 3, H, W) -> float32 (N, D)."""
        return self.posterior(images)[0]

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The picture of each code, the mean of p(x|z): float (N, D) -> uint8 (N, 3, H, W), on the CPU."""
        self.eval()
        codes = codes.to(next(self.parameters()).device)
        pictures = [self.decoder(batch).sigmoid() for batch in codes.split(ENCODING_BATCH)]
        return (torch.cat(pictures) * 255).round().to(torch.uint8).cpu()

    @torch.inference_mode()
    def elbo(self, images: Tensor, *, batch_size: int = 256, seed: int = 0) -> ELBO:
        """The bound and its parts on stored images, uint8 (N, 3, H, W): means over batches drawn in a seeded order.

        The total correlation is estimated within batches (`log_weights`, stratified) and is biased low: compare models
        at the same batch size. A last, smaller batch is left out when there is a full one.

        Raises:
            InputError: images of another type or size.
        """
        self._check(images)
        self.eval()
        device = next(self.parameters()).device
        batch_size = min(batch_size, len(images))
        parts = []
        with torch.random.fork_rng([device.index] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            order = torch.randperm(len(images))
            for rows in order[: len(order) // batch_size * batch_size].split(batch_size):
                pixels = images[rows].to(device) / 255
                mean, log_variance, z = self.encode(pixels)
                reconstruction = self.reconstruction(self.decoder(z), pixels)
                parts.append((reconstruction, *kl_parts(z, mean, log_variance, len(images))))
        return ELBO(*(torch.stack(each).mean(0).cpu() for each in zip(*parts, strict=True)))

    def _check(self, images: Tensor) -> None:
        shape = (3, self.recipe.size, self.recipe.size)
        if images.dtype != torch.uint8 or tuple(images.shape[1:]) != shape:
            found = f"{images.dtype} {tuple(images.shape)}"
            raise InputError("images of a VAE", found, f"torch.uint8 (N, {', '.join(map(str, shape))})", "Resize them.")
