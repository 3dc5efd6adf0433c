"""Arrays that the public ADDE code gave for made-up input: all of them, and the smallest kept here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

KEPT = Path(__file__).with_name("parity.json")


@pytest.fixture
def parity(shared):
    """Read a file of the reference arrays: name -> {entry: tensor}."""
    return lambda name: {
        key: torch.from_numpy(array) for key, array in np.load(shared / "parity" / "adde" / f"{name}.npz").items()
    }


@pytest.fixture
def kept():
    """The small cases that every checkout has: name -> {entry: tensor}."""
    cases = json.loads(KEPT.read_text(encoding="utf-8"))
    return lambda name: {key: torch.tensor(values) for key, values in cases[name].items()}
