"""How many of the exact answers each index finds: asked as trained, with re-weighted blocks, by one subspace alone."""

import importlib.util
import tempfile
import time
from pathlib import Path

from adde_lite.attributes import AttributeSchema
from adde_lite.retrieval.scale import FaissIndex, MilvusIndex, recall_table, synthetic_gallery
from adde_lite.retrieval.scale.codes import Kind as FaissKind
from adde_lite.retrieval.scale.milvus_index import Kind as MilvusKind
from adde_lite.retrieval.scale.recall import askings
from bench.figure import Figure, NotHereError

N, QUERIES, K = 20_000, 96, 30
SCHEMA = AttributeSchema.numbered([6] * 12)
READ_ALL: tuple[FaissKind, ...] = ("Flat", "SQ8", "RaBitQ", "PQ")
READ_SOME: tuple[MilvusKind, ...] = ("FLAT", "IVF_SQ8", "HNSW")
OURS, RIVAL = "faiss SQ8, reranked", "Milvus HNSW"
HARD = "one subspace"


def measure(count: int = N, queries: int = QUERIES) -> Figure:
    if not all(map(importlib.util.find_spec, ("faiss", "pymilvus"))):
        raise NotHereError("needs the extra `scale`: faiss and Milvus Lite")
    embeddings, labels = synthetic_gallery(count + queries)
    gallery, codes, asked = embeddings[:count].contiguous(), labels[:count], embeddings[count:].contiguous()
    rows: dict[str, dict[str, float]] = {"chance": dict.fromkeys(askings(1, SCHEMA.A), K / count)}
    started = time.process_time()
    for kind in READ_ALL:
        index = FaissIndex.build(gallery, codes, SCHEMA, kind=kind)
        name = f"faiss {kind}" + ("" if kind == "Flat" else ", reranked")
        rows |= recall_table({name: index}, gallery, asked, k=K)
        if kind != "Flat":
            index.candidates = K  # no more than what is asked for: nothing is left to rerank
            rows |= recall_table({f"faiss {kind}, codes alone": index}, gallery, asked, k=K)
    with tempfile.TemporaryDirectory() as folder:
        for how in READ_SOME:
            place = Path(folder) / f"{how}.db"
            with MilvusIndex.build(gallery, codes, SCHEMA, place, kind=how):
                pass
            with MilvusIndex.open(place, SCHEMA) as stored:  # opened anew, or it is not indexed yet and is exact
                rows |= recall_table({f"Milvus {how}": stored}, gallery, asked, k=K)
    return Figure(
        value=rows[OURS][HARD],
        baseline=rows[RIVAL][HARD],
        baseline_is=f"{RIVAL}, both asked for {HARD}",
        unit=f"share of the exact first {K} found by {OURS}, {count:,} x 12 x {gallery.shape[2]}",
        cost=False,
        cpu_seconds=time.process_time() - started,
        rows=rows,
    )
