"""The compositional triplet: an edited query closer to its target than to a negative, by a margin."""

from torch import Tensor
from torch.nn import functional as F


def compositional_triplet(edited: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean over the batch of max(0, m + |r' - r_p| - |r' - r_n|) (L_ct).

    Distances are Euclidean and NOT squared, between unit vectors 0 to 2: the public code uses
    `torch.nn.TripletMarginLoss` here, and squared distances in the label triplet, with the same margin for both.
    Like there, 1e-6 is added to each difference.

    Args:
        edited: (B, D), r' = r_q + M i, the query moved by its edit.
        positive: (B, D), r_p of images that show what the edit asks for.
        negative: (B, D), r_n.
        margin: m >= 0.

    All vectors are taken as given: normalise them, over all subspaces at once, for the paper's loss.
    """
    wanted = F.pairwise_distance(edited, positive)
    unwanted = F.pairwise_distance(edited, negative)
    return (margin + wanted - unwanted).relu().mean()
