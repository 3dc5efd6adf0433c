"""The processes of other tests: what fails in one is said, what hangs is ended, none is left."""

import time

import pytest
import torch

from tests.processes import in_processes, started


def product(factor):
    total = factor * torch.tensor([torch.distributed.get_rank() + 1.0])
    torch.distributed.all_reduce(total)
    return {"total": total, "words": ["as they are", 1, None]}


def one_fails():
    if torch.distributed.get_rank() == 1:
        raise LookupError("lost in rank one")
    torch.distributed.barrier()


def sleep(seconds):
    time.sleep(seconds)


def test_every_rank_returns_its_result():
    assert in_processes(product, 2, 3.0) == 2 * [{"total": torch.tensor([9.0]), "words": ["as they are", 1, None]}]


def test_failure_of_one_rank_is_raised_with_its_traceback_though_the_other_waits():
    with pytest.raises(RuntimeError, match=r"(?s)exit codes .* in one_fails.*lost in rank one"):
        in_processes(one_fails, 2)


def test_processes_that_hang_are_ended():
    with pytest.raises(TimeoutError, match=r"2 of 2 processes still ran after 0\.2 s"):
        in_processes(sleep, 2, 60.0, limit_s=0.2)


def test_killed_process_is_reported_by_its_exit_code(tmp_path):
    with started(sleep, 2, 60.0, folder=tmp_path) as processes:
        processes[0].kill()
        processes[0].join()
        assert processes[0].exitcode == -9
    assert [process.exitcode for process in processes] == [-9, -9]
