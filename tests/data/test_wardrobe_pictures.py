"""The same seed gives the same SVG text everywhere and the same pixels on one platform.

After a change of the drawing that is meant, write the record anew: python tests/data/test_wardrobe_pictures.py
"""

import hashlib
import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from adde_lite.data.wardrobe import garment_svg, render
from adde_lite.data.wardrobe.sampling import label_row

RECORD = Path(__file__).with_name("wardrobe_pictures.json")
PLACES = [(0, 0), (0, 1), (0, 2), (0, 123456), (7, 3), (-1, 4)]
BLOCK = 8  # pixels a side over which pictures are averaged where exact pixels are not promised
HERE = {"system": sys.platform, "machine": platform.machine(), "resvg-py": importlib.metadata.version("resvg-py")}


def svg(seed, index):
    return garment_svg(label_row(index, seed, 0.5, 2), seed, index)


def digest(content):
    return hashlib.sha256(content).hexdigest()[:24]


def blocks(picture):
    return picture.reshape(3, 64 // BLOCK, BLOCK, 64 // BLOCK, BLOCK).mean(axis=(2, 4))


def described(seed, index):
    picture = render(svg(seed, index), 64)
    return {
        "svg": digest(svg(seed, index).encode()),
        "pixels": digest(picture.tobytes()),
        "blocks": blocks(picture).round().astype(int).ravel().tolist(),
    }


@pytest.fixture(scope="module")
def record():
    return json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", PLACES)
def test_the_svg_text_is_the_same_everywhere(record, place):
    assert digest(svg(*place).encode()) == record["pictures"][str(place)]["svg"]


@pytest.mark.parametrize("place", PLACES)
def test_the_pixels_are_the_same_on_one_platform(record, place):
    if record["made on"] != HERE:
        pytest.skip(f"exact pixels are recorded for {record['made on']}, this is {HERE}")
    assert digest(render(svg(*place), 64).tobytes()) == record["pictures"][str(place)]["pixels"]


@pytest.mark.parametrize("place", PLACES)
def test_the_pixels_are_within_two_grey_levels_elsewhere(record, place):
    expected = np.array(record["pictures"][str(place)]["blocks"]).reshape(3, 64 // BLOCK, 64 // BLOCK)
    assert abs(blocks(render(svg(*place), 64)) - expected).max() <= 2.5  # 0.5 for the rounding of the record


if __name__ == "__main__":
    pictures = {str(place): described(*place) for place in PLACES}
    RECORD.write_text(json.dumps({"made on": HERE, "pictures": pictures}) + "\n", encoding="utf-8")
