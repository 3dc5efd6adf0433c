"""A stage-1 training step of all losses on ResNet18, beside the same step written literally."""

from adde_lite.models.adde import EncoderRecipe
from bench.figure import Figure
from bench.literal_step import compare

TRIES = 5


def measure() -> Figure:
    return compare("resnet18", EncoderRecipe().widths, TRIES)
