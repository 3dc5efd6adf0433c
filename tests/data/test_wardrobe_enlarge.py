from dataclasses import replace

import pytest
from torch.nn import functional as F

from adde_lite.data.wardrobe import wardrobe
from adde_lite.data.wardrobe.enlarge import enlarge
from adde_lite.errors import InputError


def test_enlarged_garment_is_the_same_garment():
    small = wardrobe(6, seed=3, variants=3, cache=False, progress=False)
    large = enlarge(small.subset([5, 1]), 128)
    assert large.ids == (small.ids[5], small.ids[1])
    shrunk = F.avg_pool2d(large.images.float(), 2)
    assert (shrunk - small.images[[5, 1]].float()).abs().mean() < 4
    assert (shrunk - small.images[[1, 5]].float()).abs().mean() > 8


def test_photo_cannot_be_enlarged():
    small = wardrobe(1, seed=3, cache=False, progress=False)
    with pytest.raises(InputError, match="'10018'"):
        enlarge(replace(small, ids=("10018",)), 128)
