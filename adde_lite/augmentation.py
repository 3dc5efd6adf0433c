"""Random views of images, keyed by (seed, epoch, image), so that a resumed run sees what an unbroken one would.

The draws depend on nothing else: not on the batch an image falls into, nor on the device, nor on what was drawn before.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

DRAWS = 6  # mirror, zoom, shift x, shift y, patch x, patch y
EPOCH_STRIDE = 1_000_003  # a prime, so that (seed, epoch) pairs of any run that ends do not meet


@dataclass(frozen=True)
class Augmentation:
    """What may happen to an image; every part can be switched off.

    Args:
        mirror: flip left and right for half of the images.
        shift: largest move in whole pixels, each way; the border repeats.
        zoom: largest change of scale, as a share.
        patch: half the side in pixels of a square that is greyed out at a random place; 0 leaves it out.
    """

    mirror: bool = True
    shift: int = 4
    zoom: float = 0.0
    patch: int = 0

    def draws(self, count: int, seed: int, epoch: int) -> Tensor:
        """The random numbers of one epoch, float32 (count, 6) in [0, 1): row i belongs to image i."""
        generator = torch.Generator().manual_seed(seed * EPOCH_STRIDE + epoch)
        return torch.rand(count, DRAWS, generator=generator)

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        """Views of images in [0, 1], float (B, 3, H, W), by the draws (B, 6) of these images."""
        if self == NOTHING:
            return images
        height, width = images.shape[2:]
        mirror, zoom, right, down, patch_x, patch_y = draws.to(images.device).unbind(1)
        scale = 1 + self.zoom * (2 * zoom - 1)
        moves = torch.zeros(len(images), 2, 3, device=images.device)
        moves[:, 0, 0] = torch.where(mirror < 0.5, -scale, scale) if self.mirror else scale
        moves[:, 1, 1] = scale
        # Whole pixels: without zoom every view is then an exact copy of the pixels, not a blurred one.
        moves[:, 0, 2] = torch.round((2 * right - 1) * self.shift) * 2 / width
        moves[:, 1, 2] = torch.round((2 * down - 1) * self.shift) * 2 / height
        grid = F.affine_grid(moves, list(images.shape), align_corners=False)
        views = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
        if self.patch:
            rows, columns = (torch.arange(n, device=images.device) for n in (height, width))
            hidden_rows = (rows - (patch_y * height)[:, None]).abs() < self.patch
            hidden_columns = (columns - (patch_x * width)[:, None]).abs() < self.patch
            views = views.masked_fill((hidden_rows[:, :, None] & hidden_columns[:, None, :])[:, None], 0.5)
        return views


NOTHING = Augmentation(mirror=False, shift=0)
