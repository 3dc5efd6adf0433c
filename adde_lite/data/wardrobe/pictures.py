"""Many drawings at once: worker processes on all cores, a progress bar, pixels as one array.

Workers are plain child processes that run `raster.py`. A multiprocessing pool would import the caller's main module
again in every child, which breaks scripts without a main guard, and would make every child import torch.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np

from adde_lite.data.wardrobe import raster

CHUNK = 160  # pictures a worker call: about two seconds of drawing against 0.1 s of starting
WORTHWHILE = 200  # fewer pictures are drawn here and now


def render(svg: str, size: int) -> np.ndarray:
    """Draw one picture, uint8 (3, size, size)."""
    return np.frombuffer(raster.rasterise(svg, size), dtype=np.uint8).reshape(3, size, size).copy()


def render_all(svg_of: Callable[[int], str], n: int, size: int, progress: bool, workers: int | None) -> np.ndarray:
    """Draw pictures 0 .. n - 1, uint8 (n, 3, size, size).

    Args:
        svg_of: SVG text of a picture; called in this process.
        n, size: how many, and their side in pixels.
        progress: show a bar.
        workers: processes; None takes one a core, 1 draws in this process.
    """
    from tqdm.auto import tqdm

    pictures = np.empty((n, 3, size, size), dtype=np.uint8)
    workers = workers or (os.cpu_count() or 1)
    with tqdm(total=n, desc="Drawing the Wardrobe", unit="picture", disable=not progress) as bar:
        if workers == 1 or n < WORTHWHILE:
            for k in range(n):
                pictures[k] = render(svg_of(k), size)
                bar.update()
            return pictures
        for start, drawn in _drawn_in_parallel(svg_of, n, size, workers):
            pictures[start : start + len(drawn)] = drawn
            bar.update(len(drawn))
    return pictures


def _drawn_in_parallel(
    svg_of: Callable[[int], str], n: int, size: int, workers: int
) -> Iterator[tuple[int, np.ndarray]]:
    pool = ThreadPoolExecutor(workers)  # a thread waits for its child process
    waiting: dict[Future[np.ndarray], int] = {}
    try:
        for start in range(0, n, CHUNK):
            texts = [svg_of(k) for k in range(start, min(start + CHUNK, n))]
            waiting[pool.submit(_work, texts, size)] = start
            if len(waiting) > workers:  # one chunk ahead of the workers, no more: texts take memory
                yield from _finished(waiting)
        while waiting:
            yield from _finished(waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(waiting: dict[Future[np.ndarray], int]) -> Iterator[tuple[int, np.ndarray]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def _work(texts: list[str], size: int) -> np.ndarray:
    # -P keeps the folder of raster.py, whose neighbours have common names, off the import path
    command = [sys.executable, "-P", str(Path(raster.__file__))]
    done = subprocess.run(command, input="\0".join([str(size), *texts]).encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"drawing worker ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return np.frombuffer(done.stdout, dtype=np.uint8).reshape(len(texts), 3, size, size)
