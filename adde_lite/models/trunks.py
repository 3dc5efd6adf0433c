"""Image trunks: pixels in, one feature vector out. Each offers `features`, the width of that vector."""

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut (He et al., CVPR 2016); the shortcut averages when it shrinks."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(channels_in, channels, 3, stride)
        self.second = _convolution(channels, channels, 3, 1)
        shrink = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        widen = _convolution(channels_in, channels, 1, 1) if channels_in != channels else nn.Identity()
        self.shortcut = nn.Sequential(shrink, widen)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))
        return out


class SmallTrunk(nn.Module):
    """Four residual blocks for images of 32 to 128 px: (N, 3, H, W) -> (N, 2 * widths[-1]).

    Average and maximum over the image stand side by side: the average sees colour and cloth, the maximum sees a
    button wherever it is. Both are positive and of any size, so they are normalised over the batch: without that, most
    hidden units of the heads behind die in the first epoch.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 128, 256)) -> None:
        super().__init__()
        channels = [widths[0], *widths]
        blocks = [
            ResidualBlock(before, after, stride)
            for before, after, stride in zip(channels, widths, (1, 2, 2, 2), strict=False)
        ]
        self.stem = nn.Sequential(_convolution(3, widths[0], 3, 2), nn.ReLU())
        self.blocks = nn.Sequential(*blocks)
        self.features = 2 * widths[-1]
        self.normalise = nn.BatchNorm1d(self.features)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.blocks(self.stem(x))
        pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
        features: Tensor = self.normalise(pooled.float())
        return features


def _convolution(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(channels)
    )
