"""Stored images through a network, each together with its mirror image."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

EMBEDDING_BATCH = 256


@torch.no_grad()  # not inference_mode, whose tensors nothing can be trained on
def mirrored_mean(network: nn.Module, images: Tensor, of: Callable[[Tensor], Tensor]) -> Tensor:
    """The mean of what a network gives for an image and for its mirror image, which no attribute can tell apart.

    Args:
        network: goes into evaluation mode.
        images: uint8 (N, 3, H, W).
        of: a part of the network: images in [0, 1], float (B, 3, H, W) channels last on its device, to (B, ...).

    Returns:
        (N, ...) on the CPU.
    """
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for batch in images.split(EMBEDDING_BATCH):
        pixels = (batch.to(device) / 255).to(memory_format=torch.channels_last)
        parts.append(((of(pixels) + of(pixels.flip(3))) / 2).cpu())
    return torch.cat(parts)
