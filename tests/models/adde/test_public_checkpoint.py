"""The public code's weights in our modules: its layout is written here a second time, from torchvision's networks."""

import io
import json
import pickle

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models import trunks
from adde_lite.models.adde import (
    AttributeEncoder,
    EncoderRecipe,
    PrototypeMemory,
    load_public_checkpoint,
    public_state_dict,
    save_public_checkpoint,
)
from adde_lite.training import seeded

SHOPPING100K = (16, 17, 19, 14, 10, 15, 2, 11, 16, 7, 9, 15)
DEEPFASHION = (37, 81, 84)
SIZES, D = (3, 1, 4), 5
MEAN, DEVIATION = (torch.tensor(each)[:, None, None] for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


class PublicLayout(nn.Module):
    """A trunk and, in a loop, one Linear-ReLU-Linear head and one predictor an attribute."""

    def __init__(self, backbone, features):
        super().__init__()
        self.backbone = backbone
        self.dis_proj = nn.ModuleList(nn.Sequential(nn.Linear(features, D), nn.ReLU(), nn.Linear(D, D)) for _ in SIZES)
        self.attr_classifier = nn.ModuleList(nn.Sequential(nn.Linear(D, size)) for size in SIZES)

    def forward(self, images):
        features = self.backbone((images - MEAN) / DEVIATION)
        embeddings = [head(features) for head in self.dis_proj]
        logits = [predict(block) for predict, block in zip(self.attr_classifier, embeddings, strict=True)]
        return torch.stack(embeddings, 1), torch.cat(logits, 1)


def narrow_alexnet(weights=None):
    """AlexNet with 16 instead of 4096 units in fc6: the same keys in a fiftieth of the size."""
    with torch.device("meta"):
        network = torchvision.models.alexnet(weights=weights)
    network.features.to_empty(device="cpu")
    for weight in network.features.parameters():
        weight.data.normal_(std=0.05)
    network.classifier[1], network.classifier[4] = nn.Linear(9216, 16), nn.Linear(16, 4096)
    return network


@pytest.fixture
def alexnet(monkeypatch):
    monkeypatch.setattr(trunks, "alexnet", narrow_alexnet)
    backbone = seeded(narrow_alexnet, 1)
    backbone.classifier = nn.Sequential(*list(backbone.classifier)[:-2])
    return seeded(lambda: PublicLayout(backbone, 4096), 2).eval()


@pytest.fixture
def resnet18():
    backbone = seeded(lambda: torchvision.models.resnet18(weights=None), 1)
    backbone.fc = nn.Identity()
    for name, buffer in backbone.named_buffers():
        if buffer.is_floating_point():  # a trained network's, not the zeros and ones of a new one
            buffer.copy_(torch.rand(buffer.shape, generator=torch.Generator().manual_seed(len(name))) + 0.5)
        else:
            buffer.fill_(7)
    return seeded(lambda: PublicLayout(backbone, 512), 2).eval()


@pytest.fixture(params=["alexnet", "resnet18"])
def public(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def weight():
    return torch.randn(len(SIZES) * D, sum(SIZES), generator=torch.Generator().manual_seed(3))


def saved(state, path, **how):
    torch.save(state, path, **how)
    return path


def on_meta(trunk, sizes, d):
    """An encoder without memory behind its weights: shapes only."""
    with torch.device("meta"):
        return AttributeEncoder(AttributeSchema.numbered(sizes), EncoderRecipe(trunk, hidden=d, d=d))


@pytest.mark.parametrize("d", [8, 340])
@pytest.mark.parametrize(("trunk", "public_name"), [("alexnet", "alexnet"), ("resnet18", "resnet")])
def test_keys_shapes_and_order_are_those_of_the_public_code(shared, trunk, public_name, d):
    recorded = json.loads((shared / "parity" / "adde" / "state_dict_keys.json").read_text(encoding="utf-8"))
    sizes, layouts = recorded["attr_nums"], recorded["state_dict"]
    models = on_meta(trunk, sizes, d), PrototypeMemory(AttributeSchema.numbered(sizes), d)
    for model, layout in zip(models, (layouts[f"{public_name}_d{d}"], layouts[f"memory_d{d}"]), strict=True):
        ours = [(key, list(tensor.shape)) for key, tensor in public_state_dict(model).items()]
        assert ours == list(layout.items())


@pytest.mark.parametrize(
    ("trunk", "sizes", "count"),
    [
        ("alexnet", SHOPPING100K, 75_162_371),
        ("alexnet", DEEPFASHION, 61_599_482),
        ("resnet18", SHOPPING100K, 14_712_323),
    ],
)
def test_encoder_has_as_many_parameters_as_the_published_one(trunk, sizes, count):
    encoder = on_meta(trunk, sizes, 340)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == count


def test_memory_of_shopping100k_has_the_published_shape():
    memory = PrototypeMemory(AttributeSchema.numbered(SHOPPING100K), 340)
    assert public_state_dict(memory)["Memory.weight"].shape == (4080, 151)


def test_forward_equals_a_loop_over_heads_on_torchvisions_network(public, tmp_path):
    encoder, memory = load_public_checkpoint(saved(public.state_dict(), tmp_path / "extractor.pkl"))
    images = torch.rand(2, 3, 80, 64, generator=torch.Generator().manual_seed(0))
    embeddings, logits = public(images)
    ours = encoder(images)
    torch.testing.assert_close(ours, embeddings, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(encoder.predictor(ours), logits, rtol=1e-5, atol=1e-6)
    assert (encoder.schema, encoder.recipe.d, memory) == (AttributeSchema.numbered(SIZES), D, None)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_files_come_back_bit_for_bit(public, weight, zipped, tmp_path):
    states = public.state_dict(), {"Memory.weight": weight}
    paths = tmp_path / "extractor.pkl", tmp_path / "memory.pkl"
    for state, path in zip(states, paths, strict=True):
        saved(state, path, _use_new_zipfile_serialization=zipped)
    for model, state in zip(load_public_checkpoint(*paths), states, strict=True):
        save_public_checkpoint(model, tmp_path / "back" / "again.pkl")
        back = torch.load(tmp_path / "back" / "again.pkl", weights_only=True)
        assert list(back) == list(state)
        assert all(torch.equal(back[key], tensor) and back[key].dtype == tensor.dtype for key, tensor in state.items())
        assert [path.name for path in (tmp_path / "back").iterdir()] == ["again.pkl"]
        own = [tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size() for tensor in back.values()]
        assert all(own)  # no two of them share their numbers


def test_memory_says_what_its_matrix_says(resnet18, weight, tmp_path):
    extractor = saved(resnet18.state_dict(), tmp_path / "extractor.pkl")
    _, memory = load_public_checkpoint(extractor, saved({"Memory.weight": weight}, tmp_path / "memory.pkl"))
    codes = torch.randn(4, sum(SIZES), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(memory(codes).flatten(1), F.linear(codes, weight))


def test_names_come_from_the_schema_and_the_callers_random_state_stays(resnet18, tmp_path):
    schema = AttributeSchema.of({"cut": ["slim", "wide", "loose"], "kind": ["shirt"], "hue": ["a", "b", "c", "d"]})
    path = saved(resnet18.state_dict(), tmp_path / "extractor.pkl")
    before = torch.get_rng_state()
    encoder, _ = load_public_checkpoint(path, schema=schema)
    assert encoder.schema == schema
    assert not encoder.training
    assert torch.equal(torch.get_rng_state(), before)


def test_keys_of_a_data_parallel_model_are_read_too(resnet18, tmp_path):
    plain = resnet18.state_dict()
    path = saved({f"module.{key}": tensor for key, tensor in plain.items()}, tmp_path / "extractor.pkl")
    encoder, _ = load_public_checkpoint(path)
    assert all(torch.equal(tensor, plain[key]) for key, tensor in public_state_dict(encoder).items())


def test_git_lfs_pointer_is_named_as_such(tmp_path):
    path = tmp_path / "extractor.pkl"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "0" + "\nsize 300666902\n")
    with pytest.raises(InputError, match=r"extractor.pkl: given a git-LFS pointer of 1\d\d bytes.*git lfs pull"):
        load_public_checkpoint(path)


class Bomb:
    """What plain pickle would run."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return type(self.mark).touch, (self.mark,)


@pytest.mark.parametrize("form", ["plain", "zip", "legacy"])
def test_pickle_that_would_run_something_is_refused_and_does_not_run(form, tmp_path):
    path, mark = tmp_path / "extractor.pkl", tmp_path / "ran"
    if form == "plain":
        path.write_bytes(pickle.dumps(Bomb(mark)))
    else:
        torch.save({"backbone.conv1.weight": Bomb(mark)}, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(InputError, match=r"cannot read \(UnpicklingError\), expected a state dict of tensors alone"):
        load_public_checkpoint(path)
    assert not mark.exists()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.99])
def test_file_that_was_cut_off_is_refused(weight, zipped, share, tmp_path):
    whole = io.BytesIO()
    torch.save({"Memory.weight": weight}, whole, _use_new_zipfile_serialization=zipped)
    path = tmp_path / "extractor.pkl"
    path.write_bytes(whole.getvalue()[: int(share * len(whole.getvalue()))])
    with pytest.raises(InputError, match=r"extractor.pkl: given a file that torch cannot read"):
        load_public_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "given a list, expected a state dict of tensors alone"),
        ({"state_dict": {}, "epoch": 3}, "given a dict, expected a state dict of tensors alone"),
        ({}, "given no tensor, expected the extractor"),
        ({"Memory.weight": torch.zeros(15, 8)}, r"given keys Memory.weight.*expected the extractor"),
        ({"backbone.conv1.weight": torch.zeros(1), "attr_classifier.0.0.weight": torch.zeros(3)}, "the extractor"),
    ],
)
def test_content_that_is_no_extractor_is_refused(content, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load_public_checkpoint(saved(content, tmp_path / "extractor.pkl"))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.pkl: given no such file"):
        load_public_checkpoint(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dis_proj.1.2.bias": None}, r"key 'dis_proj.1.2.bias': given nothing, expected torch.float32 \(5,\)"),
        ({"dis_proj.3.0.weight": torch.zeros(5, 512)}, r"key 'dis_proj.3.0.weight': .*expected nothing"),
        ({"dis_proj.0.2.weight": torch.zeros(5, 6)}, r"given torch.float32 \(5, 6\), expected torch.float32 \(5, 5\)"),
        ({"dis_proj.0.2.bias": torch.zeros(5).half()}, r"given torch.float16 \(5,\), expected torch.float32 \(5,\)"),
    ],
)
def test_extractor_with_a_tensor_too_many_too_few_or_of_another_shape_is_refused(resnet18, change, message, tmp_path):
    state = resnet18.state_dict() | change
    kept = {key: tensor for key, tensor in state.items() if tensor is not None}
    with pytest.raises(InputError, match=message):
        load_public_checkpoint(saved(kept, tmp_path / "extractor.pkl"))


def test_memory_and_schema_of_other_sizes_are_refused(resnet18, weight, tmp_path):
    extractor = saved(resnet18.state_dict(), tmp_path / "extractor.pkl")
    memory = saved({"Memory.weight": weight[:, 1:]}, tmp_path / "memory.pkl")
    with pytest.raises(InputError, match=r"memory.pkl, key 'Memory.weight': given torch.float32 \(15, 7\).*\(15, 8\)"):
        load_public_checkpoint(extractor, memory)
    with pytest.raises(InputError, match=r"given a schema of sizes \(3, 4\), expected sizes \(3, 1, 4\)"):
        load_public_checkpoint(extractor, schema=AttributeSchema.numbered((3, 4)))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (EncoderRecipe(widths=(4, 4, 4, 4), hidden=5, d=5), "given trunk 'small', expected 'alexnet' or 'resnet18'"),
        (EncoderRecipe("resnet18", hidden=6, d=5), "given hidden=6, expected hidden=5"),
    ],
)
def test_encoder_that_the_public_code_cannot_have_is_not_written(recipe, message, tmp_path):
    with torch.device("meta"):
        encoder = AttributeEncoder(AttributeSchema.numbered(SIZES), recipe)
    with pytest.raises(InputError, match=message):
        save_public_checkpoint(encoder, tmp_path / "new" / "extractor.pkl")
    assert not list(tmp_path.iterdir())
