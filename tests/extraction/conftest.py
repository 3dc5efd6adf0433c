"""A model and images that the tests of extraction share."""

import pytest
import torch
from PIL import Image

from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.training import seeded


@pytest.fixture
def model(schema):
    return seeded(lambda: AttributeEncoder(schema, EncoderRecipe(widths=(8, 8, 16, 16), hidden=16, d=8)), 0)


@pytest.fixture
def images(tmp_path):
    """23 noisy images, PNG and JPEG, in a folder and its subfolder, with a few files that are none."""
    folder = tmp_path / "images"
    (folder / "more").mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    for row in range(23):
        name = f"{'more/' if row % 3 == 0 else ''}{row:02}.{'jpg' if row % 2 else 'PNG'}"
        pixels = torch.randint(256, (20 + row, 24, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(folder / name)
    (folder / "notes.txt").write_text("not an image")
    (folder / ".hidden.jpg").write_bytes(b"not an image either")
    return folder


@pytest.fixture
def contents():
    """Every file of a folder, by its path in it."""

    def read(folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read
