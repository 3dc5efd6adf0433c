"""From labels to what is trained on and what is asked: triplets and queries."""

from adde_lite.sampling.conditional import ConditionalTriplets, conditional_triplets, conflicting_triplets
from adde_lite.sampling.queries import Queries, edit_queries
from adde_lite.sampling.triplets import Triplets, manipulation_triplets

__all__ = [
    "ConditionalTriplets",
    "Queries",
    "Triplets",
    "conditional_triplets",
    "conflicting_triplets",
    "edit_queries",
    "manipulation_triplets",
]
