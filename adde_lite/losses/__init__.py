"""The losses: pure functions, tensors in, one differentiable number out.

A missing label, -1, has no say, and a batch without any usable label gives 0, never NaN. Where that deviates from the
public ADDE code, `missing="class"` gives that code's number.
"""

from adde_lite.losses.classification import attribute_cross_entropy
from adde_lite.losses.compositional import compositional_triplet
from adde_lite.losses.conditional import conditional_triplet, triplet_margin
from adde_lite.losses.contrast import label_contrast
from adde_lite.losses.label_triplet import label_groups, label_triplet, local_label_triplet
from adde_lite.losses.memory import BlockMemory, consistency, consistency_triplet, memory_block
from adde_lite.losses.missing import Missing
from adde_lite.losses.paper import LossWeights, margin_at

__all__ = [
    "BlockMemory",
    "LossWeights",
    "Missing",
    "attribute_cross_entropy",
    "compositional_triplet",
    "conditional_triplet",
    "consistency",
    "consistency_triplet",
    "label_contrast",
    "label_groups",
    "label_triplet",
    "local_label_triplet",
    "margin_at",
    "memory_block",
    "triplet_margin",
]
