"""kill -9 costs the steps since the last checkpoint and nothing else: the run ends as if it had never been killed.

`make test` kills three runs; `make faults` sets ADDE_LITE_KILLS and kills that many in one process and in two.
"""

import os
import random
import signal
import time
from functools import cache

import pytest
import torch

from tests.processes import in_processes, started
from tests.training.runs import (
    MOMENTS_OF_A_SAVE,
    SAVE_EVERY,
    SECONDS_LEFT_OF_A_SLOW_RUN,
    STEPS,
    run_killed_after,
    run_killed_while_saving,
    slow_run,
    whole_run,
)

KILLS = os.environ.get("ADDE_LITE_KILLS")
KINDS = ("mid-epoch", "mid-save", "any moment")
PLACES = (
    [(kind, 1 + kind % 2, kind) for kind in range(len(KINDS))]
    if KILLS is None
    else [(number % len(KINDS), world, number) for world in (1, 2) for number in range(int(KILLS))]
)
LIMIT_S = 60.0
SAVES = STEPS // SAVE_EVERY  # no fewer than these; the ends of epochs add to them


@cache
def unbroken(world):
    """The weights of a run that nobody stops."""
    return in_processes(whole_run, world)[0]


@pytest.mark.parametrize(
    ("kind", "world", "number"), PLACES, ids=[f"{KINDS[kind]}-{world}-{number}" for kind, world, number in PLACES]
)
def test_killed_run_resumes_and_ends_with_the_weights_of_an_unbroken_one(kind, world, number, tmp_path):
    wanted, draw = unbroken(world), random.Random(number)
    folder = tmp_path / "run"
    if KINDS[kind] == "mid-epoch":
        die = (run_killed_after, world, draw.randrange(SAVE_EVERY, STEPS), folder)
    elif KINDS[kind] == "mid-save":
        die = (run_killed_while_saving, world, draw.randrange(1, SAVES), draw.choice(MOMENTS_OF_A_SAVE), folder)
    else:
        die = (slow_run, world, folder)
    with started(*die, folder=tmp_path) as processes:
        if KINDS[kind] == "any moment":
            _wait(lambda: folder.is_dir() and any(folder.iterdir()))
            time.sleep(draw.uniform(0, SECONDS_LEFT_OF_A_SLOW_RUN))
            for process in processes:
                process.kill()
        processes[0].join(LIMIT_S)
        assert processes[0].exitcode == -signal.SIGKILL
    assert any(folder.iterdir())
    resumed = in_processes(whole_run, world, folder, 5)  # another seed for the first weights: none of them may remain
    assert all(torch.equal(weights, wanted) for weights in resumed)


def _wait(condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "the run did not begin to save"
        time.sleep(0.002)
