"""Image trunks: pixels in [0, 1] in, one feature vector out. Each offers `features`, the width of that vector."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torchvision.models import AlexNet_Weights, ResNet18_Weights, alexnet, resnet18

from adde_lite.errors import InputError, unknown

Trunk = Literal["small", "alexnet", "resnet18"]
ALEXNET_LEAST_PX = 63
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build_trunk(
    name: Trunk, widths: tuple[int, int, int, int], *, pretrained: bool = False
) -> "SmallTrunk | ImageNetTrunk":
    """The trunk of that name.

    Raises:
        InputError: no such trunk, or ImageNet weights asked for the small one, which has none.
    """
    if name not in get_args(Trunk):
        raise unknown("recipe", "trunk", name, get_args(Trunk))
    if name != "small":
        return ImageNetTrunk(name, pretrained=pretrained)
    if pretrained:
        raise InputError("trunk", "pretrained=True with 'small'", "'alexnet' or 'resnet18'", "Change the recipe.")
    return SmallTrunk(widths)


class ImageNetTrunk(nn.Module):
    """AlexNet or ResNet18 without its last layer: (N, 3, H, W) -> (N, 4096) or (N, 512).

    Of AlexNet both hidden linear layers stay, the second without its ReLU: the supplementary names one layer, the size
    of the published checkpoint proves two. AlexNet takes images of at least 63 px, and raises InputError for others.

    Args:
        name: "alexnet" or "resnet18".
        pretrained: begin with torchvision's ImageNet weights; torchvision fetches them on first use.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: Literal["alexnet", "resnet18"], *, pretrained: bool = False) -> None:
        super().__init__()
        if name == "alexnet":
            self.network: nn.Module = alexnet(weights=AlexNet_Weights.DEFAULT if pretrained else None)
            self.network.classifier = self.network.classifier[:-2]
            self.features, self.least_px = 4096, ALEXNET_LEAST_PX
        else:
            self.network = resnet18(weights=ResNet18_Weights.DEFAULT if pretrained else None)
            self.network.fc = nn.Identity()
            self.features, self.least_px = 512, 1
        # What torchvision's weights were trained with.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) < self.least_px:
            height, width = x.shape[2:]
            remedy = 'Enlarge them, or take trunk="resnet18" or "small".'
            raise InputError("images", f"{height} x {width} px", f"at least {self.least_px} px each way", remedy)
        features: Tensor = self.network((x - self.mean) / self.std)
        return features.float()


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut (He et al., CVPR 2016); the shortcut averages when it shrinks."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(channels_in, channels, 3, stride)
        self.second = _convolution(channels, channels, 3, 1)
        self.relu = nn.ReLU(inplace=True)  # a new tensor for each would cost a tenth of a step on a CPU
        shrink = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        widen = _convolution(channels_in, channels, 1, 1) if channels_in != channels else nn.Identity()
        self.shortcut = nn.Sequential(shrink, widen)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(self.second(self.relu(self.first(x))).add_(self.shortcut(x)))
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
        self.stem = nn.Sequential(_convolution(3, widths[0], 3, 2), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(*blocks)
        self.features = 2 * widths[-1]
        self.normalise = nn.BatchNorm1d(self.features)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.blocks(self.stem((x - 0.5) / 0.25))
        pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
        features: Tensor = self.normalise(pooled.float())
        return features


def _convolution(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(channels)
    )
