"""What the supplementary of the paper fixes about the losses: their weights and the margin."""

from dataclasses import dataclass

MARGIN = 0.5
MARGIN_STEP = 0.1
MARGIN_EPOCHS = 10


@dataclass(frozen=True)
class LossWeights:
    """L = 0.2 L_cls + 1.0 L_c + 1.0 L_ct + 1.0 L_lt + 0.4 L_mem (supplementary, eq. 1); 0 leaves a term out.

    Args:
        classification: weight of `attribute_cross_entropy`.
        consistency: weight of `consistency`.
        compositional: weight of `compositional_triplet`.
        label: weight of `label_triplet` over all subspaces at once.
        memory: weight of `memory_block`.
    """

    classification: float = 0.2
    consistency: float = 1.0
    compositional: float = 1.0
    label: float = 1.0
    memory: float = 0.4


def margin_at(epoch: int) -> float:
    """The margin of both triplet losses in an epoch, counted from 0: 0.5, and 0.1 more every 10 epochs.

    So the supplementary; the public code keeps 0.5 throughout.
    """
    return MARGIN + MARGIN_STEP * (epoch // MARGIN_EPOCHS)
