"""Real processes that train together: one gloo group on this machine, for tests.

The function that they run lives at the top of a test module and is named to them, not copied: each imports the module.
"""

import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

LIMIT_S = 300.0  # several times what a quiet machine takes
ROOT = Path(__file__).parents[1]
# Imported once, by the server that all processes are forked from.
PRELOADED = ["pytest", "adde_lite", "adde_lite.training", "adde_lite.models.vae", "lightning.fabric", "tqdm.auto"]
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(PRELOADED)


def in_processes(function: Callable[..., Any], world: int, *arguments: object, limit_s: float = LIMIT_S) -> list[Any]:
    """What `function(*arguments)` returns in each of `world` processes, by rank: tensors and plain values.

    Raises:
        RuntimeError: a process failed, with the tracebacks of all that did, or was killed.
        TimeoutError: not all ended within `limit_s` seconds. None is left running either way.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        with started(function, world, *arguments, folder=folder) as processes:
            end = time.monotonic() + limit_s
            running = list(processes)
            while running and not any(process.exitcode for process in processes):
                if not connection.wait([process.sentinel for process in running], end - time.monotonic()):
                    raise TimeoutError(f"{len(running)} of {world} processes still ran after {limit_s} s")
                running = [process for process in running if process.is_alive()]
        failures = [path.read_text() for path in sorted(folder.glob("*.error"))]
        if failures or any(process.exitcode for process in processes):
            codes = [process.exitcode for process in processes]
            raise RuntimeError("\n".join([f"exit codes {codes}", *failures]))
        return [torch.load(folder / f"{rank}.result", weights_only=True) for rank in range(world)]


@contextmanager
def started(function: Callable[..., Any], world: int, *arguments: object, folder: Path) -> Iterator[list[BaseProcess]]:
    """The processes of a group, running `function(*arguments)`; on leaving, those that still run are killed.

    Args:
        function: at the top level of a module below the root.
        world: how many.
        arguments: anything that can be sent to another process.
        folder: empty or of an earlier group; gets a result or a traceback from each process that ends by itself.
    """
    meeting = folder / f"meeting-{time.monotonic_ns()}"  # a group of its own, also when the folder had one before
    processes: list[BaseProcess] = [
        CONTEXT.Process(target=_run, args=(function, arguments, rank, world, meeting), daemon=True)
        for rank in range(world)
    ]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def _run(function: Callable[..., Any], arguments: tuple[Any, ...], rank: int, world: int, meeting: Path) -> None:
    """One process: result or traceback go beside the file where the group meets."""
    try:
        warnings.simplefilter("error")
        for announcement in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("default", announcement)
        torch.set_num_threads(1)
        # What torchrun states; the port is not used, because the group is there already.
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world, "MASTER_PORT": 29500}
        os.environ |= {name: str(value) for name, value in place.items()} | {"MASTER_ADDR": "127.0.0.1"}
        torch.distributed.init_process_group(
            "gloo", f"file://{meeting}", rank=rank, world_size=world, timeout=timedelta(seconds=LIMIT_S)
        )
        result = function(*arguments)
        torch.distributed.destroy_process_group()
        torch.save(result, meeting.with_name(f"{rank}.result"))
    except BaseException:
        meeting.with_name(f"{rank}.error").write_text(f"rank {rank}: {traceback.format_exc()}")
        sys.exit(1)
