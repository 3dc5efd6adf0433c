import pytest
import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.models.adde import PrototypeMemory
from adde_lite.throughput import Effort, edit_rate
from adde_lite.throughput.editing import edits_to_make

CPU = torch.device("cpu")


@pytest.fixture
def memory():
    return PrototypeMemory(AttributeSchema.numbered((2, 5, 3)), 4)


def test_each_edit_takes_one_value_away_and_brings_another_of_the_same_attribute(memory):
    embeddings, indicator = edits_to_make(memory, 200)
    assert embeddings.shape == (200, 3, 4)
    assert torch.equal(indicator.abs().sum(1), torch.full((200,), 2.0))
    blocks = indicator.split(memory.schema.sizes, dim=1)
    assert all(torch.equal(block.sum(1), torch.zeros(200)) for block in blocks)
    assert all(block.any() for block in blocks)  # every attribute has its turn


@pytest.mark.parametrize("how", ["swap", "add"])
def test_edits_are_counted_one_an_embedding(memory, ticking, monkeypatch, how):
    asked = []
    monkeypatch.setattr(PrototypeMemory, "edit", lambda _, r, i, way: asked.append((len(r), way)) or ticking.spend(2))
    rate = edit_rate(memory, 50, how, device=CPU, effort=Effort(2, 3, 0), clock=ticking.clock)
    assert asked == [(50, how)] * 6
    assert (rate.per_second, rate.unit, rate.facts["how"]) == (25, "edits", how)


def test_edits_run_for_real(memory):
    assert edit_rate(memory, 16, "add", device=CPU, effort=Effort(1, 1)).per_second > 0
