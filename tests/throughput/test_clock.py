import time

import pytest
import torch

from adde_lite.errors import InputError
from adde_lite.throughput import Effort, clock_for, measured
from adde_lite.throughput import clock as clock_module

CPU = torch.device("cpu")


def rate_of(work, ticking, **effort):
    return measured("work", work, batch=8, effort=Effort(**effort), device=CPU, clock=ticking.clock)


def test_a_rate_is_the_images_of_all_batches_over_their_seconds(ticking):
    rate = rate_of(lambda: ticking.spend(0.5), ticking, batches=4, repeats=3)
    assert (rate.per_second, rate.least, rate.most) == (16, 16, 16)
    assert (rate.second, rate.batch, rate.batches, rate.repeats) == ("tick", 8, 4, 3)


def test_the_rate_is_the_median_of_the_repeats_and_their_ends_stand_beside(ticking):
    seconds = iter([100, 1, 2, 4])  # the first warms up
    rate = rate_of(lambda: ticking.spend(next(seconds)), ticking, batches=1, repeats=3, warmup=1)
    assert (rate.per_second, rate.least, rate.most) == (4, 2, 8)


def test_twice_the_work_is_half_the_rate_on_the_real_clock():
    matrix = torch.rand(160, 160)

    def work(times):
        for _ in range(times):
            matrix @ matrix

    slow, fast = (
        measured("", lambda times=times: work(times), batch=1, effort=Effort(3, 3), device=CPU) for times in (80, 10)
    )
    assert slow.per_second < fast.per_second
    assert fast.second == "CPU second"


def test_the_clock_of_a_cpu_stands_still_while_the_process_sleeps():
    clock = clock_for(CPU)
    before = clock.now()
    time.sleep(0.05)
    assert clock.now() - before < 0.04


def test_a_gpu_is_waited_for_before_the_clock_is_read_and_its_memory_is_counted(monkeypatch):
    done, device = [], torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda which: done.append("waited"))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda which: done.append("reset"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda which: 123)
    monkeypatch.setattr(clock_module.time, "perf_counter", lambda: done.append("read") or len(done))
    rate = measured("", lambda: done.append("work"), batch=1, effort=Effort(2, 1, warmup=1), device=device)
    assert done == ["reset", "work", "waited", "read", "work", "work", "waited", "read"]
    assert (rate.second, rate.peak_bytes) == ("second", 123)


def test_a_row_is_flat(ticking):
    rate = measured(
        "", lambda: ticking.spend(1), batch=1, effort=Effort(1), device=CPU, clock=ticking.clock, facts={"px": 64}
    )
    assert rate.row()["px"] == 64
    assert "facts" not in rate.row()


@pytest.mark.parametrize("field", ["batches", "repeats", "warmup"])
def test_an_effort_without_a_measurement_is_refused(field):
    with pytest.raises(InputError, match=field):
        Effort(**{"batches": 1, field: -1})
