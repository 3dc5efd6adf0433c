"""Encoders and decoders: shapes, stages, what they see and what they refuse."""

import pytest
import torch
from torch import nn

from adde_lite.errors import InputError
from adde_lite.models.vae.networks import networks

LATENTS = 6
BOTH = pytest.mark.parametrize("trunk", ["conv", "mlp"])
SIZES = pytest.mark.parametrize("size", [32, 64])


@pytest.fixture(autouse=True)
def same_weights_each_time():
    torch.manual_seed(0)


def build(trunk="conv", size=32, widths=(4, 6), hidden=16):
    return networks(trunk, size, LATENTS, widths, hidden)


@BOTH
@SIZES
def test_images_become_two_numbers_a_dimension_and_codes_become_logits(trunk, size):
    encoder, decoder = build(trunk, size)
    assert encoder(torch.rand(3, 3, size, size)).shape == (3, 2 * LATENTS)
    logits = decoder(5 * torch.randn(3, LATENTS))
    assert logits.shape == (3, 3, size, size)
    assert logits.min() < 0  # nothing squeezes them into [0, 1]


@BOTH
@SIZES
def test_every_pixel_reaches_the_code_and_the_code_every_pixel(trunk, size):
    encoder, decoder = build(trunk, size, widths=(8, 8), hidden=64)
    images = torch.rand(4, 3, size, size, requires_grad=True)
    encoder(images).sum().backward()
    assert (images.grad != 0).any(0).all()
    codes = torch.randn(2, LATENTS)
    assert (decoder(codes)[0] != decoder(codes)[1]).all()


@SIZES
def test_the_last_width_is_used_again_until_the_map_is_four_by_four(size):
    encoder, decoder = build("conv", size, widths=(4, 6))
    down = [layer.out_channels for layer in encoder if isinstance(layer, nn.Conv2d)]
    up = [layer.in_channels for layer in decoder if isinstance(layer, nn.ConvTranspose2d)]
    assert down == up[::-1] == {32: [4, 6, 6], 64: [4, 6, 6, 6]}[size]
    maps = [layer.unflattened_size for layer in decoder if isinstance(layer, nn.Unflatten)]
    assert maps == [(6, 4, 4)]


def test_a_rectifier_stands_between_any_two_layers_with_weights():
    for network in (*build("conv"), *build("mlp")):
        kinds = ["w" if list(layer.parameters()) else "r" for layer in network if not _reshapes(layer)]
        assert "ww" not in "".join(kinds)
        assert kinds[-1] == "w"


def _reshapes(layer):
    return isinstance(layer, nn.Flatten | nn.Unflatten)


@pytest.mark.parametrize("size", [0, 28, 48, 128])
def test_other_sizes_are_refused(size):
    with pytest.raises(InputError, match="32 or 64 pixels"):
        build(size=size)


def test_unknown_trunk_is_refused():
    with pytest.raises(InputError, match="'conv' or 'mlp'"):
        build("tree")


@pytest.mark.parametrize(("size", "widths"), [(32, ()), (32, (4, 4, 4, 4)), (64, (4, 4, 4, 4, 4))])
def test_more_stages_than_the_size_has_and_none_are_refused(size, widths):
    with pytest.raises(InputError, match="1 to"):
        build(size=size, widths=widths)
