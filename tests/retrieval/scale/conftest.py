"""A small gallery with queries beside it, and the answers that a plain sum of products gives."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.retrieval.scale import synthetic_gallery

N, QUERIES = 1_000, 40
SCHEMA = AttributeSchema.of(
    {
        "colour": ["red", "green", "blue", "black"],
        "sleeve length": ["short", "long", "none"],
        "pattern": ["plain", "striped", "floral", "dotted", "checked"],
    }
)
# Prints the port at which it serves a folder; the first name keeps the server alive.
SERVER = """
import sys, threading
from milvus_lite.adapter.grpc.server import start_server_in_thread
server, _, port = start_server_in_thread(sys.argv[1])
print(port, flush=True)
threading.Event().wait()
"""


class Content(NamedTuple):
    embeddings: Tensor
    labels: Tensor
    queries: Tensor

    def best(self, query: Tensor, k: int, weights: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Rows by the weighted sum over subspaces, written out."""
        weights = torch.ones(SCHEMA.A) if weights is None else weights
        scores = sum(w * (self.embeddings[:, a] @ query[a]) for a, w in enumerate(weights))
        return scores.where(mask if mask is not None else torch.tensor(True), -torch.inf).topk(k).indices


@pytest.fixture(scope="session")
def content() -> Content:
    embeddings, labels = synthetic_gallery(N + QUERIES, schema=SCHEMA, d=8)
    return Content(embeddings[:N], labels[:N], embeddings[N:])


@pytest.fixture(scope="session")
def shop() -> AttributeSchema:
    return SCHEMA
