"""Ctrl-C and SIGTERM wait until a step is whole, so that what is saved then is whole too."""

import signal
import threading
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any


class Interrupts(AbstractContextManager["Interrupts"]):
    """While this is open, the first SIGINT or SIGTERM is only noted; a second one stops at once.

    Outside the main thread Python takes no signals, and nothing is caught.
    """

    def __init__(self) -> None:
        self.asked: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for kind in (signal.SIGINT, signal.SIGTERM):
                self._before[kind] = signal.signal(kind, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        if self.asked is not None and kind is None:  # it came after the last step, so nobody has looked at it yet
            signal.raise_signal(self.asked)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked is not None:
            raise KeyboardInterrupt("stopped at once; the last checkpoint stands")
        self.asked = signal.Signals(number)

    def stop(self, where: str) -> BaseException:
        """What to raise once everything is saved: KeyboardInterrupt for Ctrl-C, SystemExit for SIGTERM."""
        if self.asked == signal.SIGTERM:
            return SystemExit(f"terminated {where}")
        return KeyboardInterrupt(f"stopped {where}")
