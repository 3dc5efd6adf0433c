"""The evidence lower bound and its parts, shared by every objective of this folder.

Symbols: x image, z code of D dimensions, q(z|x) = N(mu, sigma^2) the encoder, p(z) = N(0, 1) the prior, q(z) the mean
of q(z|x) over all N images (the aggregated posterior). Chen et al. (NeurIPS 2018, eq. 2) split the mean KL in three:

    KL(q(z|x) || p(z)) = I(x; z) + KL(q(z) || prod_j q(z_j)) + sum_j KL(q(z_j) || p(z_j))
                         mutual information, total correlation, dimension-wise KL

q(z) is estimated from the B images of a batch; the weights of its B terms are what the two estimators differ in. The
three parts sum to the sampled KL whatever the weights. Everything is in nats.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.distributed import own_slice, world_size
from adde_lite.errors import InputError

ESTIMATORS = ("weighted", "stratified")


@dataclass(frozen=True)
class ELBO:
    """The parts of the bound, means over images, in nats.

    Attributes:
        reconstruction: -log p(x|z), summed over pixels; a scalar.
        mutual_information: I(x; z), a scalar.
        total_correlation: how far the code's dimensions are from independent, a scalar.
        dimension_kl: KL(q(z_j) || p(z_j)) of each dimension, (D,).
    """

    reconstruction: Tensor
    mutual_information: Tensor
    total_correlation: Tensor
    dimension_kl: Tensor

    @property
    def kl(self) -> Tensor:
        """The sampled KL(q(z|x) || p(z)): the sum of its three parts."""
        return self.mutual_information + self.total_correlation + self.dimension_kl.sum()

    @property
    def value(self) -> Tensor:
        """The bound itself: -reconstruction - kl."""
        return -self.reconstruction - self.kl


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """z = mu + sigma * eps with eps ~ N(0, 1): random, yet differentiable in mu and sigma (Kingma & Welling, 2014).

    Several processes draw the noise of the whole batch, from the random state that they share, and take their part.
    """
    noise = torch.randn(world_size() * len(mean), *mean.shape[1:], dtype=mean.dtype, device=mean.device)
    return mean + torch.exp(log_variance / 2) * own_slice(noise)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, 1)) of each dimension, mean over the batch: (B, D) twice -> (D,)."""
    return (0.5 * (mean**2 + log_variance.exp() - log_variance - 1)).mean(0)


def reconstruction_loss(logits: Tensor, images: Tensor, decoder: str, pixel_scale: float) -> Tensor:
    """-log p(x|z), summed over pixels and averaged over images; logits and images in [0, 1] are (B, 3, H, W).

    "bernoulli" takes a pixel for the chance of a coin: with pixels between 0 and 1 its least value is their entropy,
    not 0. "gaussian" has the standard deviation `pixel_scale` around the sigmoid of the logits.
    """
    logits = logits.float()
    if decoder == "bernoulli":
        return F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / len(images)
    if decoder == "gaussian":
        squares = F.mse_loss(logits.sigmoid(), images, reduction="sum") / len(images)
        constant = images[0].numel() * math.log(pixel_scale * math.sqrt(2 * math.pi))
        return squares / (2 * pixel_scale**2) + constant
    raise InputError("decoder of a VAE", repr(decoder), "'bernoulli' or 'gaussian'", "Name one of them.")


def log_normal(z: Tensor, mean: Tensor | float, log_variance: Tensor | float) -> Tensor:
    """log N(z; mu, sigma^2) of each entry."""
    log_variance = torch.as_tensor(log_variance)
    return -0.5 * ((z - mean) ** 2 * torch.exp(-log_variance) + log_variance + math.log(2 * math.pi))


def log_weights(batch: int, images: int, estimator: str) -> Tensor:
    """log w_ij, (B, B): what image j of a batch counts in the estimate q(z_i) = sum_j w_ij q(z_i|x_j).

    Args:
        batch: B, at least 2.
        images: N, the number of images that the batches are drawn from, at least B.
        estimator: "weighted", minibatch weighted sampling: 1 / (N B) each (Chen et al., eq. 6). "stratified",
            minibatch stratified sampling (their appendix C.2): 1 / N for the image that z_i came from, which is the
            diagonal, (N - M) / (N M) for one other and 1 / M for the rest, M = B - 1. Its rows sum to 1.

    Raises:
        InputError: fewer than two images, a batch larger than N, or an unknown estimator.
    """
    if not 2 <= batch <= images:
        raise InputError("batch of a VAE", f"{batch} of {images} images", "2 to all of them", "Pass another batch.")
    if estimator == "weighted":
        return torch.full((batch, batch), -math.log(images * batch))
    if estimator != "stratified":
        raise InputError("estimator", repr(estimator), " or ".join(ESTIMATORS), "Name one of them.")
    others = batch - 1
    weights = torch.full((batch, batch), 1 / others)
    weights.fill_diagonal_(1 / images)
    row = torch.arange(batch)
    weights[row, (row + 1) % batch] = (images - others) / (images * others)
    return weights.log()


def kl_parts(
    z: Tensor, mean: Tensor, log_variance: Tensor, images: int, estimator: str = "stratified"
) -> tuple[Tensor, Tensor, Tensor]:
    """The sampled KL in three: mutual information (), total correlation (), dimension-wise KL (D,).

    Args:
        z: codes drawn from q(z|x), (B, D).
        mean, log_variance: of q(z|x), (B, D).
        images: N, how many images the batch stands for.
        estimator: see `log_weights`.
    """
    weights = log_weights(len(z), images, estimator).to(z.device)
    # Entry (i, j, d): how likely image j finds dimension d of code i.
    pairwise = log_normal(z[:, None], mean[None], log_variance[None])
    log_q_z = torch.logsumexp(weights + pairwise.sum(2), 1)
    log_q_each = torch.logsumexp(weights[..., None] + pairwise, 1)
    log_q_z_x = log_normal(z, mean, log_variance).sum(1)
    mutual_information = (log_q_z_x - log_q_z).mean()
    total_correlation = (log_q_z - log_q_each.sum(1)).mean()
    return mutual_information, total_correlation, (log_q_each - log_normal(z, 0.0, 0.0)).mean(0)
