"""A clock of one's own, and an encoder of a size for tests."""

import pytest

from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.throughput import Clock
from adde_lite.training import seeded


class Ticking:
    """Time that passes only when told to."""

    def __init__(self):
        self.time = 0.0

    def spend(self, seconds):
        self.time += seconds

    @property
    def clock(self):
        return Clock("tick", lambda: self.time)


@pytest.fixture
def ticking():
    return Ticking()


@pytest.fixture
def recipe():
    return EncoderRecipe(widths=(4, 4, 4, 8), hidden=8, d=4, contrast=0.3)


@pytest.fixture
def encoder(schema, recipe):
    return seeded(lambda: AttributeEncoder(schema, recipe), 0)
