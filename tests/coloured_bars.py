"""Images that are learnable in a few steps, for tests in this process and in others."""

import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})


def coloured_bars(count: int = 96, size: int = 16) -> AttributeImages:
    """A coloured bar on grey noise, upright or level: `count` images of `size` px, always the same."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    images = torch.randint(90, 130, (count, 3, size, size), generator=generator, dtype=torch.uint8)
    middle = slice(size * 5 // 16, size * 11 // 16)
    for image, (colour, bar) in zip(images, labels.tolist(), strict=True):
        where = (slice(None), middle) if bar == 0 else (middle, slice(None))
        image[:, *where] = 20
        image[(colour, *where)] = 230
    return AttributeImages(images, labels, SCHEMA, tuple(f"b{row}" for row in range(count)))
