"""A stock of labelled garments without pictures, for everything that reads labels only."""

import pytest
import torch

from adde_lite.data.images import AttributeImages
from adde_lite.data.outfits import sample_outfits
from adde_lite.data.wardrobe import WARDROBE
from adde_lite.data.wardrobe.sampling import label_row


def unseen(labels):
    """Garments of these labels; their pictures are blank."""
    blank = torch.zeros(len(labels), 3, 1, 1, dtype=torch.uint8)
    return AttributeImages(blank, labels, WARDROBE, tuple(f"g{k}" for k in range(len(labels))))


@pytest.fixture(scope="session")
def stock():
    return unseen(torch.tensor([label_row(k, 0, 0.0, 1) for k in range(600)]))


@pytest.fixture(scope="session")
def outfits(stock):
    return sample_outfits(stock, 150, 0)
