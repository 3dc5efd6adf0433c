from dataclasses import replace

import pytest
import torch

from adde_lite.recipes import Recipe
from adde_lite.throughput import PLAIN, Choices, Effort, Rate, one_at_a_time, try_choices
from adde_lite.training import TrainingRecipe


def a_rate(name, least, median, most):
    return Rate(name, median, least, most, "images", "tick", 8, "float32", 1, 3)


def test_a_change_is_kept_only_when_it_beats_every_repeat_without_it():
    rates = {"start": (9, 10, 11), "within": (9, 10.5, 30), "beyond": (9, 12, 30), "last": (1, 5, 6)}
    changes = {"within": {"batch": 2}, "beyond": {"channels_last": True}, "last": {"bf16": True}}
    seen = []
    tried = one_at_a_time(lambda name, choices: seen.append(choices) or a_rate(name, *rates[name]), PLAIN, changes)
    assert [each.kept for each in tried] == [True, False, True, False]
    assert [each.gain for each in tried] == [1, 1.05, 1.2, 5 / 12]  # beside the last that was kept
    assert [each.label for each in tried] == ["start", "within (not kept)", "beyond", "last (not kept)"]
    assert seen[2] == replace(PLAIN, channels_last=True)  # not on top of what was dropped
    assert seen[3] == replace(PLAIN, channels_last=True, bf16=True)


@pytest.mark.parametrize(("median", "kept"), [(9.5, True), (8.5, False)])
def test_a_quarter_of_the_memory_is_kept_unless_it_is_slower(median, kept):
    rates = {"start": (9, 10, 11), "small": (8, median, 12)}
    tried = one_at_a_time(lambda name, _: a_rate(name, *rates[name]), PLAIN, {"small": {"pixels": "uint8"}})
    assert tried[1].kept == kept


def test_every_choice_is_measured_once(blocks, recipe):
    small = Recipe(recipe, TrainingRecipe())
    effort = Effort(1, 1, 0)
    tried = try_choices(blocks, device=torch.device("cpu"), effort=effort, batch=8, larger=16, recipe=small)
    names = [each.rate.name for each in tried]
    assert names == ["start", "uint8 in memory", "channels last", "bfloat16", "batch of 16"]
    assert tried[0].choices == replace(PLAIN, batch=8)
    assert tried[-1].rate.batch == 16
    assert all(isinstance(each.choices, Choices) and each.rate.per_second > 0 for each in tried)
