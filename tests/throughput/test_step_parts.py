import copy

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.throughput import Choices, Clock, TrainingStep, step_profile
from adde_lite.throughput.step_parts import PARTS

CPU = torch.device("cpu")


@pytest.fixture
def step(encoder, blocks):
    return TrainingStep(encoder, blocks, Choices(batch=24, bf16=False), CPU)


def test_the_parts_come_in_the_order_of_a_step_and_the_heaviest_is_named(step):
    profile = step_profile(step, steps=3, warmup=1)
    assert tuple(profile.seconds) == PARTS
    assert min(profile.seconds.values()) > 0
    assert profile.seconds[profile.heaviest] == max(profile.seconds.values())
    assert profile.second == "CPU second"


def test_no_time_of_a_step_is_lost_between_the_parts(step):
    readings = iter(range(1000))  # every look at the clock is a tick
    profile = step_profile(step, steps=3, clock=Clock("tick", lambda: float(next(readings))))
    assert profile.seconds == dict.fromkeys(PARTS, 1.0)
    assert profile.whole == 1.0


def test_time_is_booked_where_it_was_spent(step, ticking, monkeypatch):
    spent = {"augmentation": 3.0, "trunk": 5.0, "optimiser": 2.0}
    augmentation = step.augmentation
    step.augmentation = lambda *views: ticking.spend(spent["augmentation"]) or augmentation(*views)
    step.model.trunk.register_forward_pre_hook(lambda *_: ticking.spend(spent["trunk"]))
    step.optimiser.register_step_pre_hook(lambda *_: ticking.spend(spent["optimiser"]))
    profile = step_profile(step, steps=2, warmup=0, clock=ticking.clock)
    assert profile.seconds == {part: spent.get(part, 0.0) for part in PARTS}
    assert profile.whole == sum(profile.seconds.values())


def test_looking_leaves_the_steps_as_they_are(encoder, blocks):
    models = [copy.deepcopy(encoder) for _ in range(2)]
    watched, alone = (TrainingStep(model, blocks, Choices(batch=24, bf16=False), CPU) for model in models)
    step_profile(watched, steps=2, warmup=0)
    for _ in range(4):
        alone()
    for seen, unseen in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(seen, unseen)
    assert not watched.model.trunk._forward_hooks


def test_a_compiled_step_has_no_parts_to_time(step):
    step.choices = Choices(compiled=True)
    with pytest.raises(InputError, match="compiled"):
        step_profile(step)


def test_no_steps_are_refused(step):
    with pytest.raises(InputError, match="steps"):
        step_profile(step, steps=0)
