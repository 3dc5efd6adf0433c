"""How far a run is: a bar in a terminal or notebook, plain lines in a log."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

SECONDS_BETWEEN_LINES = 30.0


class Progress(Protocol):
    """What the loop tells, whoever listens."""

    def update(self) -> object:
        """One more step is done."""

    def set_postfix(self, means: Mapping[str, str]) -> object:
        """An epoch is done, with these mean losses."""


@contextmanager
def shown(total: int, initial: int, *, wanted: bool) -> Iterator[Progress]:
    """A bar of `total` steps of which `initial` are done; lines of text where a bar would be a mess of characters."""
    if wanted and not sys.stderr.isatty() and "ipykernel" not in sys.modules:
        yield Lines(total, initial)
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, initial=initial, disable=not wanted, desc="training") as bar:
        yield bar


class Lines:
    """A line at the end of each epoch, and now and then between."""

    def __init__(self, total: int, initial: int) -> None:
        self.total, self.done, self.last = total, initial, time.monotonic()

    def update(self) -> None:
        self.done += 1
        if time.monotonic() - self.last > SECONDS_BETWEEN_LINES:
            self._say("")

    def set_postfix(self, means: Mapping[str, str]) -> None:
        self._say(", ".join(f"{name} {mean}" for name, mean in means.items()))

    def _say(self, what: str) -> None:
        self.last = time.monotonic()
        print(f"training: step {self.done:,} of {self.total:,}  {what}".rstrip(), file=sys.stderr, flush=True)
