"""One whole optimisation step of stages 1 and 3 equals the public code's: the loss, and every weight after Adam.

The numbers come from a run of that code with a Flatten-Linear-Tanh trunk and Adam at 1e-3. Its labels, one-hots and
indicators were drawn apart, which is why stage 3 takes all three. public_step.json keeps, for every checkout, what
follows the heads: embeddings, predictor and memory.

Losses agree to 1e-6 of themselves. Weights agree to 1e-5: Adam divides a gradient by its own size, so that rounding of
a tiny gradient moves a weight by up to a hundredth of the rate.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from adde_lite.attributes import AttributeSchema
from adde_lite.models.adde import (
    AttributeEncoder,
    AttributeHeads,
    AttributeManipulator,
    EncoderRecipe,
    ManipulationRecipe,
    PrototypeMemory,
)

SCHEMA, D, FEATURES, RATE = AttributeSchema.numbered((3, 4, 5)), 8, 512, 1e-3
STAGE_1 = EncoderRecipe(hidden=D, d=D, classification=0.2, contrast=0, label=1, local=0.2, missing="class")
STAGE_3 = ManipulationRecipe(missing="class", rows="class")
STEP = {"rtol": 0, "atol": 1e-5}


def public_encoder(arrays, prefix):
    """The encoder of a run, with the weights that stand under a prefix."""

    def stacked(key):
        return [arrays[f"{prefix}::{key.format(a)}"] for a in range(SCHEMA.A)]

    encoder = AttributeEncoder(SCHEMA, STAGE_1)
    encoder.trunk = nn.Sequential(nn.Flatten(), nn.Linear(48, FEATURES), nn.Tanh())
    encoder.heads = AttributeHeads(SCHEMA.A, FEATURES, D, D)
    encoder.load_state_dict(
        {
            "trunk.1.weight": arrays[f"{prefix}::backbone.1.weight"],
            "trunk.1.bias": arrays[f"{prefix}::backbone.1.bias"],
            "heads.first.weight": torch.cat(stacked("dis_proj.{}.0.weight")),
            "heads.first.bias": torch.cat(stacked("dis_proj.{}.0.bias")),
            "heads.second": torch.stack(stacked("dis_proj.{}.2.weight")).mT,
            "heads.bias": torch.stack(stacked("dis_proj.{}.2.bias")),
            "predictor.weight": torch.cat(stacked("attr_classifier.{}.0.weight")),
            "predictor.bias": torch.cat(stacked("attr_classifier.{}.0.bias")),
        }
    )
    return encoder


def memory_of(weight):
    memory = PrototypeMemory(SCHEMA, D)
    memory.weight.data = weight.clone()
    return memory


def step(terms, model):
    """The loss, after one step of Adam on the model."""
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    loss = torch.stack(list(terms.values())).sum()
    loss.backward()
    optimiser.step()
    return loss.detach()


def assert_same_weights(model, expected):
    moved = model.state_dict()
    assert moved.keys() == expected.keys()
    for key, tensor in expected.items():
        torch.testing.assert_close(moved[key], tensor, **STEP, msg=lambda text, key=key: f"{key}: {text}")


@pytest.fixture
def public(shared):
    arrays = np.load(shared / "parity" / "adde" / "one_step_d8.npz")
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


def test_stage_1(public):
    encoder = public_encoder(public, "s1_before")
    loss = step(encoder.loss(public["s1_images"], public["s1_labels"]), encoder)
    torch.testing.assert_close(loss, public["s1_loss"], rtol=1e-6, atol=0)
    assert_same_weights(encoder, public_encoder(public, "s1_after").state_dict())


def test_stage_3(public):
    def sides(entry):
        return torch.cat([public[f"s3_{entry}_{side}"] for side in ("ref", "pos", "neg")])

    encoder, memory = public_encoder(public, "s3_before"), memory_of(public["s3_mem_before::Memory.weight"])
    model = AttributeManipulator(encoder, memory, STAGE_3)
    indicator = public["s3_indicator"].float()
    terms = model.terms(encoder(sides("images")), sides("labels"), sides("onehot").float(), indicator)
    loss = step(terms, model)
    torch.testing.assert_close(loss, public["s3_loss"], rtol=1e-6, atol=0)
    assert_same_weights(encoder, public_encoder(public, "s3_after").state_dict())
    torch.testing.assert_close(memory.weight.detach(), public["s3_mem_after::Memory.weight"], **STEP)


@pytest.fixture
def kept():
    """An encoder whose images are embeddings already, and the kept numbers of a stage."""
    stages = json.loads(Path(__file__).with_name("public_step.json").read_text(encoding="utf-8"))

    def build(stage):
        arrays = {key: torch.tensor(value) for key, value in stages[stage].items()}
        encoder = AttributeEncoder(SCHEMA, STAGE_1)
        encoder.trunk = encoder.heads = nn.Identity()
        encoder.predictor.weight.data, encoder.predictor.bias.data = (
            arrays[f"predictor_{part}"] for part in ("weight", "bias")
        )
        return encoder, arrays

    return build


def assert_kept(loss, encoder, arrays):
    torch.testing.assert_close(loss, arrays["loss"], rtol=1e-6, atol=0)
    for part in ("weight", "bias"):
        moved = getattr(encoder.predictor, part).detach()
        torch.testing.assert_close(moved, arrays[f"predictor_{part}_after"], **STEP)


def test_stage_1_of_the_kept_case(kept):
    encoder, arrays = kept("stage_1")
    assert_kept(step(encoder.loss(arrays["embeddings"], arrays["labels"]), encoder), encoder, arrays)


def test_stage_3_of_the_kept_case(kept):
    encoder, arrays = kept("stage_3")
    memory = memory_of(arrays["memory"])
    model = AttributeManipulator(encoder, memory, STAGE_3)
    terms = model.terms(
        encoder(arrays["embeddings"]), arrays["labels"], arrays["one_hot"].float(), arrays["indicator"].float()
    )
    assert_kept(step(terms, model), encoder, arrays)
    torch.testing.assert_close(memory.weight.detach(), arrays["memory_after"], **STEP)
