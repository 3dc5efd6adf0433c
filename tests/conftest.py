"""Data that several tests share."""

import os
from pathlib import Path

import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages


@pytest.fixture
def schema():
    return AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"]})


@pytest.fixture
def blocks(schema):
    """A coloured bar, upright or level: learnable in a few steps, 96 images of 16 px."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.stack([torch.randint(n, (96,), generator=generator) for n in schema.sizes], dim=1)
    images = torch.randint(90, 130, (96, 3, 16, 16), generator=generator, dtype=torch.uint8)
    for image, (colour, bar) in zip(images, labels.tolist(), strict=True):
        where = (slice(None), slice(5, 11)) if bar == 0 else (slice(5, 11), slice(None))
        image[:, *where] = 20
        image[(colour, *where)] = 230
    return AttributeImages(images, labels, schema, tuple(f"b{row}" for row in range(96)))


@pytest.fixture(scope="session")
def shared():
    """The folder of reference arrays and real data; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("ADDE_LITE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference material at {folder}: set ADDE_LITE_SHARED")
    return folder
