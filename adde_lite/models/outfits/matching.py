"""How badly candidates match an outfit: every garment of it is compared with every candidate, and the mean counts."""

import torch
from torch import Tensor

from adde_lite.losses.outfit_ranking import outfit_distance
from adde_lite.models.outfits.represents import OutfitModel


def candidate_distances(
    model: OutfitModel, features: Tensor, categories: Tensor, given: Tensor, candidates: Tensor
) -> Tensor:
    """D(O, s) of B outfits and K candidates each.

    Args:
        model: represents garments.
        features: float (N, A, d), of all garments.
        categories: int64 (N,).
        given: int64 (B, L), rows of the garments that are there, -1 where there are fewer.
        candidates: int64 (B, K), rows.

    Returns:
        float (B, K), the smaller the better.

    Raises:
        InputError: an outfit without a garment.
    """
    return outfit_distance(pair_distances(model, features, categories, given, candidates), given >= 0)


def pair_distances(
    model: OutfitModel, features: Tensor, categories: Tensor, given: Tensor, candidates: Tensor
) -> Tensor:
    """Distance of each garment that is there to each candidate, float (B, L, K); arguments as `candidate_distances`.

    It is 0 where there is no garment.
    """
    present = given >= 0
    outfit, _ = present.nonzero(as_tuple=True)
    there, sought = given[present][:, None], candidates[outfit]  # pairs alone: a third of the places is empty
    pair = categories[there], categories[sought]
    apart = model.represent(features[there], *pair) - model.represent(features[sought], *pair)
    distances = torch.zeros(*given.shape, candidates.shape[1])
    distances[present] = torch.linalg.vector_norm(apart, dim=-1)
    return distances
