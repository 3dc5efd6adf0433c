"""Encoders and decoders for 32 or 64 pixels: pixels in [0, 1] to 2D numbers, D numbers to logits of the pixels.

The 64-pixel convolutional pair is the one of Burgess et al. (2018) with a third of its weights; the other is one stage
shorter. The fully connected pair is the fastest on a CPU and knows nothing of neighbourhood.
"""

import itertools
from collections.abc import Sequence

from torch import nn

from adde_lite.errors import InputError

CHANNELS = 3
SIZES = (32, 64)
SMALLEST = 4  # the side of the last feature map


def networks(trunk: str, size: int, latents: int, widths: Sequence[int], hidden: int) -> tuple[nn.Module, nn.Module]:
    """An encoder (N, 3, size, size) -> (N, 2 * latents) and a decoder (N, latents) -> (N, 3, size, size).

    Args:
        trunk: "conv" or "mlp".
        size: 32 or 64 pixels.
        latents: dimensions D of the code.
        widths: channels of the stages of "conv", each of which halves the side; the last is used again until 4 x 4.
        hidden: width of the fully connected layers.

    Raises:
        InputError: another trunk or size, or more stages than the size has.
    """
    if size not in SIZES:
        raise InputError("size of a VAE's images", str(size), "32 or 64 pixels", "Render or resize the images.")
    if trunk == "mlp":
        return _mlp(size, latents, hidden)
    if trunk == "conv":
        return _conv(size, latents, widths, hidden)
    raise InputError("trunk of a VAE", repr(trunk), "'conv' or 'mlp'", "Name one of them.")


def _mlp(size: int, latents: int, hidden: int) -> tuple[nn.Module, nn.Module]:
    pixels = CHANNELS * size * size
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, 2 * latents),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(latents, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, pixels),
        nn.Unflatten(1, (CHANNELS, size, size)),
    )  # fmt: skip
    return encoder, decoder


def _conv(size: int, latents: int, widths: Sequence[int], hidden: int) -> tuple[nn.Module, nn.Module]:
    stages = (size // SMALLEST).bit_length() - 1
    if not 1 <= len(widths) <= stages:
        raise InputError("widths of a VAE's trunk", str(tuple(widths)), f"1 to {stages} numbers", "One a stage.")
    channels = [CHANNELS, *widths, *[widths[-1]] * (stages - len(widths))]
    features = channels[-1] * SMALLEST * SMALLEST
    down: list[nn.Module] = []
    for before, after in itertools.pairwise(channels):
        down += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
    up: list[nn.Module] = []
    for before, after in itertools.pairwise(reversed(channels)):
        up += [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
    encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latents))
    decoder = nn.Sequential(
        nn.Linear(latents, hidden), nn.ReLU(), nn.Linear(hidden, features),
        nn.Unflatten(1, (channels[-1], SMALLEST, SMALLEST)), *up,
    )  # fmt: skip
    return encoder, decoder
