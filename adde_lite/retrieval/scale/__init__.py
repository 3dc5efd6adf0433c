"""Indexes for galleries that outgrow memory: faiss and Milvus behind the same calls (extra `scale`)."""

from adde_lite.retrieval.scale.asked import Found, Index, Where
from adde_lite.retrieval.scale.cells import Cells, Visits, visits
from adde_lite.retrieval.scale.faiss_index import FaissIndex
from adde_lite.retrieval.scale.milvus_index import MilvusIndex
from adde_lite.retrieval.scale.recall import askings, by_seed, recall, recall_table, rerank_table, share_found
from adde_lite.retrieval.scale.synthetic import Shop, synthetic_gallery, synthetic_shop

__all__ = [
    "Cells",
    "FaissIndex",
    "Found",
    "Index",
    "MilvusIndex",
    "Shop",
    "Visits",
    "Where",
    "askings",
    "by_seed",
    "recall",
    "recall_table",
    "rerank_table",
    "share_found",
    "synthetic_gallery",
    "synthetic_shop",
    "visits",
]
