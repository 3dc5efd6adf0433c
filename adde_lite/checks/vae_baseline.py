"""Checks of notebook 01: the price of a code, the bound of a picture, and whether two runs have the same axes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from adde_lite.checks.exercise import Case, Exercise, Slip
from adde_lite.models.vae.elbo import gaussian_kl, reconstruction_loss


def _drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _posteriors() -> Sequence[Case]:
    return [(_drawn(3, 4, seed=seed), _drawn(3, 4, seed=seed + 10) - 1) for seed in range(3)]


def _price(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of one code, (D,) twice."""
    return gaussian_kl(mean[None], log_variance[None]).sum()


def _prices(mean: Tensor, log_variance: Tensor) -> Tensor:
    return torch.stack([_price(*code) for code in zip(mean, log_variance, strict=True)])


def _without_exponential(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The closed form where the log variance is taken for the variance; NaN where that is negative."""
    return 0.5 * (mean**2 + log_variance - log_variance.log() - 1).sum(1)


price_of_codes = Exercise(
    "price_of_codes",
    _prices,
    cases=_posteriors,
    slips=(
        Slip(
            "You took the log variance for the variance. Where the formula has sigma squared, write its exponential.",
            _without_exponential,
        ),
        Slip(
            "You took the log variance for the logarithm of sigma. It is that of sigma squared: no factor two.",
            lambda mean, log_variance: _prices(mean, 2 * log_variance),
        ),
        Slip(
            "This is the mean over latents. Each latent is paid for, so the price of a code is their sum.",
            lambda mean, log_variance: _prices(mean, log_variance) / mean.shape[1],
        ),
        Slip(
            "You summed over images. A row is an image, a column a latent: one price for each image.",
            lambda mean, log_variance: len(mean) * gaussian_kl(mean, log_variance),
        ),
        Slip(
            "The sign is wrong: a price is never negative.",
            lambda mean, log_variance: -_prices(mean, log_variance),
        ),
    ),
)


def _pictures() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        mean, log_variance = _drawn(2, seed=seed), _drawn(2, seed=seed + 10) - 1
        noise, decoder = _drawn(4, 2, seed=seed + 20), _drawn(2, 5, seed=seed + 30)
        cases.append(((_drawn(5, seed=seed + 40) > 0).double(), mean, log_variance, noise, decoder))
    return cases


def _surprise(pixels: Tensor, codes: Tensor, decoder: Tensor) -> Tensor:
    logits = codes @ decoder
    return reconstruction_loss(logits, pixels.expand_as(logits).float(), "bernoulli", pixel_scale=0.1)


def _codes(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    return mean + (log_variance / 2).exp() * noise


def _elbo(pixels: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, decoder: Tensor) -> Tensor:
    return -_surprise(pixels, _codes(mean, log_variance, noise), decoder) - _price(mean, log_variance)


def _with_variance(pixels: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, decoder: Tensor) -> Tensor:
    return -_surprise(pixels, _codes(mean, 2 * log_variance, noise), decoder) - _price(mean, log_variance)


def _price_added(pixels: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, decoder: Tensor) -> Tensor:
    return _price(mean, log_variance) - _surprise(pixels, _codes(mean, log_variance, noise), decoder)


def _of_mean_pixel(pixels: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, decoder: Tensor) -> Tensor:
    surprise = _surprise(pixels, _codes(mean, log_variance, noise), decoder) / len(pixels)
    return -surprise - _price(mean, log_variance)


def _of_mean_code(pixels: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, decoder: Tensor) -> Tensor:
    return -_surprise(pixels, _codes(mean, log_variance, noise).mean(0, keepdim=True), decoder) - _price(
        mean, log_variance
    )


elbo_of = Exercise(
    "elbo_of",
    _elbo,
    cases=_pictures,
    slips=(
        Slip(
            "The noise is multiplied by the variance here. It takes the standard deviation, its square root.",
            _with_variance,
        ),
        Slip(
            "The price is added. It makes the bound smaller: minus the surprise, minus the price.",
            _price_added,
        ),
        Slip(
            "The surprise is averaged over pixels. A chance of a picture is a product over its pixels: sum logarithms.",
            _of_mean_pixel,
        ),
        Slip(
            "You averaged the codes before decoding. Decode each draw, and average what they cost.",
            _of_mean_code,
        ),
        Slip(
            "This is the loss, which one makes small. The bound is the same with a minus.",
            lambda *case: -_elbo(*case),
        ),
    ),
)


def _two_runs() -> Sequence[Case]:
    cases = []
    for seed in range(3):
        first = _drawn(12, 3, seed=seed)
        # Two latents of the second run lean on the same one of the first, with the sign turned once.
        lean = torch.tensor([[0.3, 1.0, 0.0], [-1.2, 0.9, 0.4], [0.1, 0.0, -0.2]], dtype=torch.float64)
        cases.append((first, first @ lean + 0.2 * _drawn(12, 3, seed=seed + 10)))
    still = _drawn(12, 2, seed=3) * torch.tensor([1.0, 0.0], dtype=torch.float64)
    return [*cases, (still, still[:, :1] + _drawn(12, 2, seed=13) * torch.tensor([0.8, 0.2], dtype=torch.float64))]


def _correlations(first: Tensor, second: Tensor) -> Tensor:
    count = first.shape[1]
    return torch.corrcoef(torch.cat([first, second], 1).T)[:count, count:].nan_to_num(0)


def _matched(table: Tensor) -> Tensor:
    """Mean of the entries that are largest when rows and columns are struck out one by one, (D, D)."""
    left, found = table.clone(), []
    for _ in range(len(table)):
        place = int(left.argmax())
        row, column = divmod(place, len(table))
        found.append(table[row, column])
        left[row], left[:, column] = -torch.inf, -torch.inf
    return torch.stack(found).mean()


axis_agreement = Exercise(
    "axis_agreement",
    lambda first, second: _matched(_correlations(first, second).abs()),
    cases=_two_runs,
    slips=(
        Slip(
            "Two latents share a partner. Once a pair is taken, both of them are struck out.",
            lambda first, second: _correlations(first, second).abs().amax(1).mean(),
        ),
        Slip(
            "A turned axis counts as well: take the size of a correlation before you compare.",
            lambda first, second: _matched(_correlations(first, second)),
        ),
        Slip(
            "You compared latents of the same number. Numbers mean nothing: every run deals them anew.",
            lambda first, second: _correlations(first, second).abs().diagonal().mean(),
        ),
        Slip(
            "These are squared correlations. The size is asked for.",
            lambda first, second: _matched(_correlations(first, second).square()),
        ),
    ),
)
