"""The exact search of one query by whole vectors, beside how fast this machine reads memory."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.retrieval.gallery import Gallery
from bench.figure import Figure

N, A, D = 100_000, 12, 340
K = 30
TRIES = 7


def measure(count: int = N) -> Figure:
    schema = AttributeSchema.numbered([2] * A)
    embeddings = torch.empty(count, A, D).normal_(generator=torch.Generator().manual_seed(0))
    labels = torch.zeros(count, A, dtype=torch.int64)
    gallery = Gallery(embeddings, labels, schema)
    query, flat = embeddings[0] + embeddings[1], embeddings.flatten()
    half = flat[: len(flat) // 2], flat[len(flat) // 2 :]
    ways: dict[str, tuple[Callable[[], Tensor], int]] = {
        "sum of all numbers": (flat.sum, flat.nbytes),
        "dot of both halves": (lambda: torch.dot(*half), flat.nbytes),
        "search": (lambda: gallery.search(query, K), flat.nbytes),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TRIES):  # in turn, so that another process slows all of them
        for name, (run, _) in ways.items():
            started = time.process_time()
            run()
            seconds[name].append(time.process_time() - started)
    rates = {name: size / min(seconds[name]) / 1e9 for name, (_, size) in ways.items()}
    return Figure(
        value=rates["search"],
        baseline=max(rate for name, rate in rates.items() if name != "search"),
        baseline_is="reading memory once in order, the faster of two ways",
        unit=f"GB per CPU-s, {count:,} x {A * D} float32, top {K}",
        cost=False,
        cpu_seconds=min(seconds["search"]),
        rows={name: {"GB/CPU-s": rate, "CPU-ms": min(seconds[name]) * 1e3} for name, rate in rates.items()},
    )
