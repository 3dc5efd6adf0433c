"""Weights of the public ADDE code (amzn/fashion-attribute-disentanglement) in our modules and back, bit for bit.

That code keeps one network a head and a predictor where ours keep one tensor for all attributes; the numbers are the
same. Its files are state dicts that `torch.save` wrote: an extractor and, from stage 2 on, a memory.
"""

import tempfile
import warnings
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import overload

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError
from adde_lite.models.adde.encoder import AttributeEncoder, EncoderRecipe
from adde_lite.models.adde.memory import PrototypeMemory
from adde_lite.models.trunks import Trunk

MEMORY = "Memory.weight"
TRUNK_OF: Mapping[str, Trunk] = {"backbone.features.0.weight": "alexnet", "backbone.conv1.weight": "resnet18"}
PARALLEL = "module."  # torch's DataParallel puts it before every key
LFS_POINTER = b"version https://git-lfs"
FETCH = "Fetch the real file with `git lfs pull` in the clone."
EXTRACTOR_EXPECTED = "the extractor of the public code"


@overload
def load_public_checkpoint(
    extractor: Path, memory: None = None, *, schema: AttributeSchema | None = None
) -> tuple[AttributeEncoder, None]: ...
@overload
def load_public_checkpoint(
    extractor: Path, memory: Path, *, schema: AttributeSchema | None = None
) -> tuple[AttributeEncoder, PrototypeMemory]: ...
def load_public_checkpoint(
    extractor: Path, memory: Path | None = None, *, schema: AttributeSchema | None = None
) -> tuple[AttributeEncoder, PrototypeMemory | None]:
    """An encoder and a memory from files of the public code; both on the CPU, the encoder in evaluation mode.

    The published weights (Shopping100k and DeepFashion, licence CC-BY-NC-4.0) lie in the repository named above, under
    git-LFS. They were trained on images of 224 x 224 px, resized without keeping the aspect, with ImageNet's mean and
    deviation taken out; our trunk takes these out itself, so give it pixels in [0, 1]. `encoder(images)` is the public
    embedding; `encoder.embed` also averages over the mirror image, as everywhere in this package.

    Nothing in the files is executed: torch reads them with weights_only=True.

    Args:
        extractor: file of the encoder. The trunk, d and the sizes of the attributes are read off its shapes.
        memory: file of the memory.
        schema: names for attributes and values, which the files do not hold; attribute_1, ... value_1, ... by default.

    Raises:
        InputError: a file that is missing, a git-LFS pointer, cut off or more than tensors; keys, shapes or types that
            are not the public code's; a memory or a schema of other sizes.
    """
    state = _read(extractor)
    trunk, sizes, d = _layout(extractor, state)
    schema = schema or AttributeSchema.numbered(sizes)
    if schema.sizes != sizes:
        given, remedy = f"a schema of sizes {schema.sizes}", "Order its attributes as the training labels were."
        raise InputError(str(extractor), given, f"sizes {sizes}", remedy)
    recipe = EncoderRecipe(trunk, hidden=d, d=d, classification=0.2, contrast=0, label=1, local=0.2)
    with torch.random.fork_rng(devices=[]):  # what is drawn here is overwritten
        encoder = AttributeEncoder(schema, recipe).eval()
        prototypes = PrototypeMemory(schema, d) if memory else None
    _fill(encoder, state, extractor)
    if memory and prototypes:
        _fill(prototypes, _read(memory), memory)
    return encoder, prototypes


def public_state_dict(model: AttributeEncoder | PrototypeMemory) -> dict[str, Tensor]:
    """The weights under the public code's keys, in its order and shapes: views of the model's own tensors.

    Raises:
        InputError: an encoder that the public code cannot have: the small trunk, or heads with hidden other than d.
    """
    if isinstance(model, PrototypeMemory):
        return {MEMORY: model.weight.detach()}
    recipe, schema, state = model.recipe, model.schema, model.state_dict()
    if recipe.trunk not in TRUNK_OF.values():
        expected = " or ".join(map(repr, TRUNK_OF.values()))
        raise InputError("encoder", f"trunk {recipe.trunk!r}", expected, "Keep it with train_or_load instead.")
    if recipe.hidden != recipe.d:
        given, remedy = f"hidden={recipe.hidden}", "The public heads have one width; train such an encoder."
        raise InputError("encoder", given, f"hidden={recipe.d}, its d", remedy)
    ours = "trunk.network."
    public = {f"backbone.{key.removeprefix(ours)}": value for key, value in state.items() if key.startswith(ours)}
    first, first_bias = (state[f"heads.first.{part}"].chunk(schema.A) for part in ("weight", "bias"))
    for a in range(schema.A):
        public |= {f"dis_proj.{a}.0.weight": first[a], f"dis_proj.{a}.0.bias": first_bias[a]}
        public |= {f"dis_proj.{a}.2.weight": state["heads.second"][a].T, f"dis_proj.{a}.2.bias": state["heads.bias"][a]}
    weight, bias = (state[f"predictor.{part}"].split(schema.sizes) for part in ("weight", "bias"))
    for a in range(schema.A):
        public |= {f"attr_classifier.{a}.0.weight": weight[a], f"attr_classifier.{a}.0.bias": bias[a]}
    return public


def save_public_checkpoint(model: AttributeEncoder | PrototypeMemory, path: Path) -> None:
    """Write an encoder or a memory as a file that the public code reads. Raises InputError as `public_state_dict`."""
    # Copies: views of one tensor would go on sharing their numbers in the file, and with whoever reads it.
    state = {key: value.to("cpu", copy=True).contiguous() for key, value in public_state_dict(model).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        draft = Path(folder) / path.name
        torch.save(state, draft)
        draft.replace(path)


def _read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, by key."""
    if not path.is_file():
        raise InputError(str(path), "no such file", "a .pkl of the public code", "Check the path.")
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            given = f"a git-LFS pointer of {path.stat().st_size} bytes"
            raise InputError(str(path), given, "the weights that it points to", FETCH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd pickles; what cannot be read is refused below
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch names a broken file in a dozen ways
        given = f"a file that torch cannot read ({type(error).__name__})"
        remedy = "It is cut off, or holds more than weights and is not opened; fetch it again."
        raise InputError(str(path), given, "a state dict of tensors alone", remedy) from error
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        remedy = "Save model.state_dict(), nothing around it."
        raise InputError(str(path), f"a {type(state).__name__}", "a state dict of tensors alone", remedy)
    prefix = PARALLEL if all(key.startswith(PARALLEL) for key in state) else ""
    return {key.removeprefix(prefix): value for key, value in state.items()}


def _layout(path: Path, state: Mapping[str, Tensor]) -> tuple[Trunk, tuple[int, ...], int]:
    """Trunk, sizes of the attributes, and d of an extractor."""
    trunks = [trunk for key, trunk in TRUNK_OF.items() if key in state]
    sizes = []
    for a in count():
        weight = state.get(f"attr_classifier.{a}.0.weight")
        if weight is None:
            break
        sizes.append(weight.shape[:2])
    if not trunks or not sizes or any(len(shape) < 2 or 0 in shape for shape in sizes):
        given = f"keys {', '.join(list(state)[:3])}, ..." if state else "no tensor"
        remedy = "Is this the memory, or another model? The extractor comes first."
        raise InputError(str(path), given, EXTRACTOR_EXPECTED, remedy)
    return trunks[0], tuple(shape[0] for shape in sizes), sizes[0][1]


@torch.no_grad()
def _fill(model: AttributeEncoder | PrototypeMemory, state: Mapping[str, Tensor], path: Path) -> None:
    """Copy all tensors into the model, once all fit."""
    places = public_state_dict(model)
    for key in [*places, *state]:
        given, expected = (_described(tensors.get(key)) for tensors in (state, places))
        if given != expected:
            remedy = "Take extractor and memory of one training of the public code."
            raise InputError(f"{path}, key {key!r}", given, expected, remedy)
    for key, place in places.items():
        place.copy_(state[key])


def _described(tensor: Tensor | None) -> str:
    return "nothing" if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"
