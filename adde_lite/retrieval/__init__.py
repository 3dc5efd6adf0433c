"""Search by attributes: a gallery in memory; `adde_lite.retrieval.scale` has indexes for larger ones."""

from adde_lite.retrieval.asked import Asked
from adde_lite.retrieval.gallery import Gallery

__all__ = ["Asked", "Gallery"]
