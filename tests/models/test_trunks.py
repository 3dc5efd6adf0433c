import pytest
import torch
from torch import nn
from torchvision.models import AlexNet_Weights, ResNet18_Weights, WeightsEnum, get_model
from torchvision.transforms.functional import normalize

from adde_lite.errors import InputError
from adde_lite.models.trunks import ImageNetTrunk, SmallTrunk, build_trunk


@pytest.mark.parametrize("shape", [(32, 32), (64, 48), (65, 33), (128, 128)])
def test_features_of_any_image_shape_are_centred_and_of_one_scale(shape):
    trunk = SmallTrunk((4, 8, 8, 16)).train()
    features = trunk(100 * torch.rand(16, 3, *shape)).detach()
    assert features.shape == (16, trunk.features)
    torch.testing.assert_close(features.mean(0), torch.zeros(trunk.features), atol=1e-4, rtol=0)
    assert features.var(0).median() == pytest.approx(16 / 15, rel=0.05)


def test_maximum_sees_a_spot_wherever_it_is():
    trunk = SmallTrunk((4, 8, 8, 16)).eval()
    here, there = torch.zeros(2, 1, 3, 320, 320)  # no feature sees both the spot and the border
    here[..., 144:148, 144:148] = 1
    there[..., 160:164, 176:180] = 1
    half = trunk.features // 2
    torch.testing.assert_close(trunk(here)[:, half:], trunk(there)[:, half:])


@pytest.mark.parametrize(("name", "features", "least"), [("alexnet", 4096, 63), ("resnet18", 512, 1)])
def test_imagenet_trunks_take_images_from_their_least_size_on(name, features, least):
    with torch.device("meta"):  # shapes alone
        trunk = ImageNetTrunk(name)
        for height, width in ((least, 64), (64, least), (224, 224)):
            assert trunk(torch.empty(2, 3, height, width)).shape == (2, trunk.features) == (2, features)


@pytest.mark.parametrize("shape", [(62, 64), (64, 62)])
def test_images_too_small_for_alexnet_are_refused_with_their_size(shape):
    with torch.device("meta"), pytest.raises(InputError, match=f"given {shape[0]} x {shape[1]} px.*at least 63 px"):
        ImageNetTrunk("alexnet")(torch.empty(2, 3, *shape))


@pytest.mark.parametrize("weights", [AlexNet_Weights.DEFAULT, ResNet18_Weights.DEFAULT])
def test_pixels_are_normalised_as_torchvisions_weights_want_them(weights):
    trunk = ImageNetTrunk("resnet18")
    trunk.network = nn.Identity()
    wanted = weights.transforms()
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(trunk(images), normalize(images, wanted.mean, wanted.std))


@pytest.mark.parametrize(("name", "wanted"), [("alexnet", AlexNet_Weights), ("resnet18", ResNet18_Weights)])
def test_pretrained_trunk_holds_torchvisions_weights(name, wanted, monkeypatch):
    with torch.device("meta"):
        shapes = get_model(name).state_dict()

    def fetched(weights, **_):
        assert weights is wanted.DEFAULT
        return {key: torch.tensor(0.25).to(like.dtype).expand(like.shape) for key, like in shapes.items()}

    monkeypatch.setattr(WeightsEnum, "get_state_dict", fetched)
    trunk = build_trunk(name, (4, 8, 8, 16), pretrained=True)
    state = trunk.network.state_dict()
    assert set(state) == {key for key in shapes if not key.startswith(("fc.", "classifier.6."))}
    assert all((tensor == 0.25).all() for tensor in state.values() if tensor.is_floating_point())


def test_features_stay_float32_under_autocast():
    trunk = ImageNetTrunk("resnet18").eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert trunk(torch.rand(1, 3, 32, 32)).dtype == torch.float32


@pytest.mark.parametrize(
    ("name", "pretrained", "message"),
    [
        ("resnet81", False, "given trunk 'resnet81', expected one of small, alexnet, resnet18. Did you mean"),
        ("small", True, "given pretrained=True with 'small', expected 'alexnet' or 'resnet18'"),
    ],
)
def test_trunk_that_does_not_exist_is_refused(name, pretrained, message):
    with pytest.raises(InputError, match=message):
        build_trunk(name, (4, 8, 8, 16), pretrained=pretrained)
