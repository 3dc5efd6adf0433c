import copy
from dataclasses import replace

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.models.adde import EncoderRecipe
from adde_lite.throughput import PLAIN, Choices, Effort, TrainingStep, training_rate
from adde_lite.training import TrainingRecipe, train

CPU = torch.device("cpu")
RECIPE = TrainingRecipe(epochs=1, batch_size=32, bf16=False, halvings=())
LOOP = Choices(batch=32, bf16=False)


def weights(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_its_steps_are_those_of_the_training_loop(encoder, blocks):
    trained = copy.deepcopy(encoder)
    train(trained, blocks, RECIPE, device="cpu", progress=False)
    step = TrainingStep(encoder, blocks, LOOP, CPU, RECIPE)
    for _ in range(3):
        step()
    torch.testing.assert_close(weights(encoder), weights(trained), rtol=0, atol=1e-7)


@pytest.mark.parametrize("choices", [PLAIN, LOOP, Choices(resident=False, bf16=False)])
def test_choices_change_how_a_step_is_computed_and_not_what(encoder, blocks, choices):
    ours, other = (
        TrainingStep(copy.deepcopy(encoder), blocks, each, CPU, RECIPE)() for each in (LOOP, replace(choices, batch=32))
    )
    for term, loss in ours.items():
        torch.testing.assert_close(other[term], loss, rtol=1e-4, atol=0)


def test_the_choices_are_really_taken(encoder, blocks):
    plain, loop = (TrainingStep(copy.deepcopy(encoder), blocks, each, CPU) for each in (PLAIN, Choices()))
    assert (plain.images.dtype, loop.images.dtype) == (torch.float32, torch.uint8)
    strides = []
    for step in (plain, loop):
        step.model.trunk.register_forward_pre_hook(lambda _, seen: strides.append(seen[0].stride(1)))
        step()
    assert strides == [16 * 16, 1]
    kernel = loop.model.trunk.blocks[1].first[0].weight
    assert kernel.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_reaches_the_convolutions_where_the_device_does_it(encoder, blocks, monkeypatch):
    monkeypatch.setattr("adde_lite.throughput.training_step.does_bf16", lambda device: True)
    seen = []
    encoder.trunk.stem[0][0].register_forward_hook(lambda _, inputs, output: seen.append(output.dtype))
    TrainingStep(encoder, blocks, Choices(batch=8), CPU)()
    TrainingStep(encoder, blocks, Choices(batch=8, bf16=False), CPU)()
    assert seen == [torch.bfloat16, torch.float32]


def test_a_step_is_compiled_when_asked(encoder, blocks, monkeypatch):
    asked = []
    monkeypatch.setattr("adde_lite.throughput.training_step.compiled_or_eager", lambda loss: asked.append(loss) or loss)
    for compiled in (False, True):
        TrainingStep(encoder, blocks, Choices(batch=8, compiled=compiled), CPU)()
    assert asked == [encoder.loss]


def test_a_larger_model_trains_fewer_images_a_second(blocks, recipe):
    large = EncoderRecipe(widths=(48, 48, 64, 64), hidden=64, d=32)
    fast, slow = (
        training_rate(each, blocks, LOOP, device=CPU, effort=Effort(2, 3, 1), training=RECIPE)
        for each in (recipe, large)
    )
    assert 0 < slow.per_second < fast.per_second
    assert (fast.batch, fast.precision, fast.facts["px"], fast.facts["pixels"]) == (32, "float32", 16, "uint8")


def test_the_steps_of_a_rate_are_counted_in_images(blocks, recipe, ticking, monkeypatch):
    monkeypatch.setattr(TrainingStep, "__call__", lambda self: ticking.spend(2))
    rate = training_rate(recipe, blocks, LOOP, device=CPU, effort=Effort(3), clock=ticking.clock)
    assert rate.per_second == 16


def test_a_batch_larger_than_the_data_is_refused(encoder, blocks):
    with pytest.raises(InputError, match=r"96 images.*a batch of 128"):
        TrainingStep(encoder, blocks, Choices(batch=128), CPU)
