"""The four measures of 2,000 edit queries, all queries at once and query by query."""

import math
import time

import numpy as np
import torch

from adde_lite.metrics.retrieval import ndcg, ndcg_others, ndcg_target, top_k_accuracy
from bench.figure import Figure

QUERIES, K, ATTRIBUTES, VALUES = 2_000, 30, 12, 3
TRIES = 5


def literal(found: np.ndarray, target: np.ndarray, edited: np.ndarray) -> tuple[float, float, float, float]:
    """Top-k accuracy and the three NDCGs, one query and one result after the other."""
    totals = np.zeros(4)
    best = sum(1 / math.log(place + 1) for place in range(1, found.shape[1] + 1))
    for rows, wanted, changed in zip(found, target, edited, strict=True):
        hit, gains = False, np.zeros(3)
        for place, row in enumerate(rows, start=1):
            right = row == wanted
            hit = hit or bool(right.all())
            relevance = np.array([right.mean(), right[changed].mean(), right[~changed].mean()])
            gains += (2**relevance - 1) / math.log(place + 1)
        totals += [float(hit), *(gains / best)]
    top, whole, new, kept = (totals / len(found)).tolist()
    return top, whole, new, kept


def measure(queries: int = QUERIES) -> Figure:
    rng = np.random.default_rng(0)
    found = rng.integers(VALUES, size=(queries, K, ATTRIBUTES))
    target = found[:, 0].copy()  # so that the first result of every other query is right in full
    target[::2] = rng.integers(VALUES, size=(queries // 2, ATTRIBUTES))
    edited = np.arange(ATTRIBUTES) == rng.integers(ATTRIBUTES, size=(queries, 1))
    tensors = [torch.from_numpy(each) for each in (found, target, edited)]
    ours, loop = [], []
    for _ in range(TRIES):
        started = time.process_time()
        scores = (
            top_k_accuracy(*tensors[:2]),
            ndcg(*tensors[:2]),
            ndcg_target(*tensors),
            ndcg_others(*tensors),
        )
        between = time.process_time()
        expected = literal(found, target, edited)
        ours.append(between - started)
        loop.append(time.process_time() - between)
    np.testing.assert_allclose(scores, expected, atol=1e-9)
    return Figure(
        value=min(ours),
        baseline=min(loop),
        baseline_is="a literal loop over queries and results",
        unit=f"CPU-s for {queries:,} queries, {K} results, {ATTRIBUTES} attributes, four measures",
        cost=True,
        cpu_seconds=min(ours),
        facts=dict(zip(("top_k_accuracy", "ndcg", "ndcg_target", "ndcg_others"), scores, strict=True)),
    )
