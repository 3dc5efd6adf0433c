"""Embeddings of a folder or zip of any size: shard by shard, by one process or many, going on after any stop."""

from adde_lite.extraction.extracted import Extracted
from adde_lite.extraction.local import extract
from adde_lite.extraction.ray_job import extract_with_ray
from adde_lite.extraction.shards import Embedded

__all__ = ["Embedded", "Extracted", "extract", "extract_with_ray"]
