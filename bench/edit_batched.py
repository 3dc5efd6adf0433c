"""An edit by look-up at 100,000 garments, beside faiss's search for 128 edited queries at a time."""

from bench.editing import compare
from bench.figure import Figure


def measure() -> Figure:
    return compare(batch=128)
