"""Which model made an embedding: a digest of everything that decides it."""

import hashlib
import json
from dataclasses import asdict
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from adde_lite.attributes import AttributeSchema


class Embeds(Protocol):
    """A model that turns images into embeddings, such as `AttributeEncoder`; it is also an `nn.Module`."""

    @property
    def schema(self) -> AttributeSchema: ...

    @property
    def recipe(self) -> Any:  # noqa: ANN401 - any dataclass
        """What decides the model beside its class, schema and weights."""

    def embed(self, images: Tensor) -> Tensor:
        """uint8 (N, 3, H, W) to float32 (N, A, d) on the CPU; each image by itself, whatever it is batched with."""


def fingerprint(model: Embeds) -> str:
    """sha256 of a model: class, recipe, schema and weights. Equal for two models that embed alike to the last bit."""
    network = cast(nn.Module, model)
    facts = {"class": type(model).__name__, "recipe": asdict(model.recipe), "schema": model.schema.to_json()}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name, value in sorted(network.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
