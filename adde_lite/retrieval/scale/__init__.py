"""Indexes for galleries that outgrow memory: faiss and Milvus behind the same calls (extra `scale`)."""

from adde_lite.retrieval.scale.asked import Found, Index, Where
from adde_lite.retrieval.scale.cells import Cells, Visits, visits
from adde_lite.retrieval.scale.faiss_index import FaissIndex
from adde_lite.retrieval.scale.milvus_index import MilvusIndex
from adde_lite.retrieval.scale.recall import askings, by_seed, recall, recall_table
from adde_lite.retrieval.scale.synthetic import synthetic_gallery

__all__ = [
    "Cells",
    "FaissIndex",
    "Found",
    "Index",
    "MilvusIndex",
    "Visits",
    "Where",
    "askings",
    "by_seed",
    "recall",
    "recall_table",
    "synthetic_gallery",
    "visits",
]
