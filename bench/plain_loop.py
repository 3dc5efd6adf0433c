"""A training loop as one writes it at first, and each way to make it faster as a switch.

Plain is: every image opened by Pillow when its turn comes, made float32, mirrored, shifted and stacked one by one,
channel after channel, heads and losses as in `bench.literal_step`, an optimiser that goes from weight to weight.
"""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from adde_lite.augmentation import Augmentation
from adde_lite.data.images import AttributeImages
from adde_lite.models.adde import AttributeEncoder
from adde_lite.training import TrainingRecipe
from adde_lite.training.batches import epoch_key
from adde_lite.training.schedule import schedule_for
from bench.literal_step import LiteralEncoder


@dataclass(frozen=True)
class Ways:
    """What is done better than plain."""

    decoded_once: bool = False
    views_together: bool = False
    losses_together: bool = False
    channels_last: bool = False
    bf16: bool = False


class PlainLoop:
    """The steps of a run's first epoch: the same weights at the start, batches, views and terms as `train`'s.

    Args:
        start: the encoder with its first weights; it is copied.
        files: the image files, N paths.
        data: the same N images decoded, and their labels.
        recipe: as `train`'s.
        ways: what is not plain.
    """

    def __init__(
        self, start: AttributeEncoder, files: Sequence[Path], data: AttributeImages, recipe: TrainingRecipe, ways: Ways
    ) -> None:
        self.files, self.data, self.augmentation, self.ways = files, data, recipe.augmentation, ways
        self.model = copy.deepcopy(start) if ways.losses_together else LiteralEncoder(start)
        self.layout = torch.channels_last if ways.channels_last else torch.contiguous_format
        self.model.train().to(memory_format=self.layout)
        groups = [
            {
                "params": [weight for weight in self.model.parameters() if (weight.ndim > 1) == decays],
                "weight_decay": decay,
            }
            for decays, decay in ((True, recipe.weight_decay), (False, 0.0))
        ]
        self.optimiser = torch.optim.AdamW(groups, recipe.learning_rate, foreach=False, fused=ways.losses_together)
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(epoch_key(recipe.seed, 0)))
        self.batches = order[: len(data) // recipe.batch_size * recipe.batch_size].split(recipe.batch_size)
        self.schedule = schedule_for(self.optimiser, recipe, len(self.batches))
        self.draws = recipe.augmentation.draws(len(data), recipe.seed, 0)

    def epoch(self) -> tuple[float, dict[str, float]]:
        """CPU seconds of an epoch, and the terms of its first step."""
        started = time.process_time()
        terms = [self.step(rows) for rows in self.batches]
        return time.process_time() - started, terms[0]

    def step(self, rows: Tensor) -> dict[str, float]:
        views = self.views(rows).contiguous(memory_format=self.layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.ways.bf16):
            terms = self.model.loss(views, self.data.labels[rows])
        self.optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        self.optimiser.step()
        self.schedule.step()
        return {name: term.item() for name, term in terms.items()}

    def views(self, rows: Tensor) -> Tensor:
        """float32 (B, 3, H, W)."""
        if self.ways.views_together:
            return self.augmentation(self.data.images[rows].float() / 255, self.draws[rows])
        pictures = [self.data.images[row] if self.ways.decoded_once else opened(self.files[row]) for row in rows]
        each = zip(pictures, self.draws[rows], strict=True)
        return torch.stack([plain_view(picture.float() / 255, draw, self.augmentation) for picture, draw in each])


def opened(path: Path) -> Tensor:
    """A picture, uint8 (3, H, W)."""
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def plain_view(image: Tensor, draw: Tensor, augmentation: Augmentation) -> Tensor:
    """One image mirrored and shifted with repeated borders, as the augmentation does to a batch of them."""
    reach = augmentation.shift
    mirror, _, right, down, _, _ = draw.tolist()
    x, y = (round((2 * part - 1) * reach) for part in (right, down))
    if augmentation.mirror and mirror < 0.5:
        image, x = image.flip(2), -x
    padded = F.pad(image[None], (reach, reach, reach, reach), mode="replicate")[0]
    height, width = image.shape[1:]
    return padded[:, reach + y : reach + y + height, reach + x : reach + x + width]
