"""What reading and writing a split must agree on: the files and what an indicator says."""

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema

IMAGES = ("imgs_train", "labels_train", "imgs_test", "labels_test")
STEMS = (*IMAGES, "triplet_train", "triplet_train_ind", "ref_test", "indfull_test", "gt_test")
SIZES = "attr_num"


def edited_attributes(indicator: Tensor, schema: AttributeSchema) -> Tensor:
    """The attributes that get a new value: bool (Q, A) from indicators (Q, J)."""
    return torch.stack([(block == 1).any(1) for block in indicator.split(schema.sizes, dim=1)], dim=1)
