"""The label triplet of 256 vectors, forward and backward, beside its literal O(B^3) form."""

from bench.figure import Figure
from bench.literal_triplet import compare


def measure() -> Figure:
    return compare(256)
