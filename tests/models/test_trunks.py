import pytest
import torch

from adde_lite.models.trunks import SmallTrunk


@pytest.mark.parametrize("shape", [(32, 32), (64, 48), (65, 33), (128, 128)])
def test_features_of_any_image_shape_are_centred_and_of_one_scale(shape):
    trunk = SmallTrunk((4, 8, 8, 16)).train()
    features = trunk(100 * torch.rand(16, 3, *shape)).detach()
    assert features.shape == (16, trunk.features)
    torch.testing.assert_close(features.mean(0), torch.zeros(trunk.features), atol=1e-4, rtol=0)
    assert features.var(0).median() == pytest.approx(16 / 15, rel=0.05)


def test_maximum_sees_a_spot_wherever_it_is():
    trunk = SmallTrunk((4, 8, 8, 16)).eval()
    here, there = torch.zeros(2, 1, 3, 160, 160)
    here[..., 64:68, 64:68] = 1
    there[..., 80:84, 96:100] = 1
    half = trunk.features // 2
    torch.testing.assert_close(trunk(here)[:, half:], trunk(there)[:, half:])
