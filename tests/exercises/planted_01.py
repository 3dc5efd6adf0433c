"""Wrong answers to the exercises of notebook 01, as students write them, and words that the check must say."""

import numpy as np
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence


def squared_twice(mean, log_variance):
    standard = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return kl_divergence(Normal(mean, log_variance.exp()), standard).sum(1)


def mean_over_latents(mean, log_variance):
    return 0.5 * (mean.square() + torch.exp(log_variance) - 1 - log_variance).mean(dim=-1)


def over_images(mean, log_variance):
    total = torch.zeros(mean.shape[1], dtype=mean.dtype)
    for m, v in zip(mean, log_variance.exp(), strict=True):
        total += (m * m + v - v.log() - 1) / 2
    return total


def turned_sign(mean, log_variance):
    return 0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(dim=1)


def log_variance_as_it_is(mean, log_variance):
    return 0.5 * (mean.square() + log_variance - torch.log(log_variance) - 1).sum(dim=1)


def costs(pixels, z, decoder):
    return [-Bernoulli(logits=each @ decoder).log_prob(pixels) for each in z]


def price(mean, log_variance):
    standard = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    return kl_divergence(Normal(mean, torch.exp(0.5 * log_variance)), standard).sum()


def noise_by_variance(pixels, mean, log_variance, noise, decoder):
    draws = costs(pixels, mean + log_variance.exp() * noise, decoder)
    return -(sum(cost.sum() for cost in draws) / len(draws)) - price(mean, log_variance)


def price_on_top(pixels, mean, log_variance, noise, decoder):
    draws = costs(pixels, mean + log_variance.exp().sqrt() * noise, decoder)
    return -(sum(cost.sum() for cost in draws) / len(draws)) + price(mean, log_variance)


def mean_of_everything(pixels, mean, log_variance, noise, decoder):
    draws = costs(pixels, mean + log_variance.exp().sqrt() * noise, decoder)
    return -torch.stack(draws).mean() - price(mean, log_variance)


def mean_code_first(pixels, mean, log_variance, noise, decoder):
    z = mean + log_variance.exp().sqrt() * noise.mean(0)
    return Bernoulli(logits=z @ decoder).log_prob(pixels).sum() - price(mean, log_variance)


def the_loss(pixels, mean, log_variance, noise, decoder):
    draws = costs(pixels, mean + log_variance.exp().sqrt() * noise, decoder)
    return torch.stack(draws).sum(1).mean() + price(mean, log_variance)


def correlation(x, y):
    moves = x.std() > 0 and y.std() > 0
    return np.corrcoef(x, y)[0, 1] if moves else 0.0


def best_partner_of_each(a, b):
    return np.mean([max(abs(correlation(x, y)) for y in b.T) for x in a.T])


def strike_out(a, b, size):
    pairs = [(size(correlation(x, y)), j, k) for j, x in enumerate(a.T) for k, y in enumerate(b.T)]
    taken, rows, columns = [], set(), set()
    for strength, j, k in sorted(pairs, reverse=True):
        if j not in rows and k not in columns:
            taken.append(strength)
            rows.add(j)
            columns.add(k)
    return sum(taken) / len(taken)


def signed(a, b):
    return strike_out(a, b, lambda value: value)


def squared(a, b):
    return strike_out(a, b, lambda value: value**2)


def same_number(a, b):
    return np.mean([abs(correlation(x, y)) for x, y in zip(a.T, b.T, strict=True)])


PLANTED = {
    "price_of_codes": [
        (squared_twice, "logarithm of sigma"),
        (mean_over_latents, "mean over latents"),
        (over_images, "summed over images"),
        (turned_sign, "sign is wrong"),
        (log_variance_as_it_is, "for the variance"),
    ],
    "elbo_of": [
        (noise_by_variance, "standard deviation"),
        (price_on_top, "price is added"),
        (mean_of_everything, "averaged over pixels"),
        (mean_code_first, "averaged the codes"),
        (the_loss, "This is the loss"),
    ],
    "axis_agreement": [
        (best_partner_of_each, "share a partner"),
        (signed, "turned axis"),
        (same_number, "same number"),
        (squared, "squared correlations"),
    ],
}
