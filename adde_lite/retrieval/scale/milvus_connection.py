"""A connection to Milvus: a local file served within this process (Milvus Lite), or a server by its address."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adde_lite.errors import InputError
from adde_lite.retrieval.scale.extra import imported

SERVED = "milvus_lite.server_manager"  # the module that serves files, and the name of its log
users: Counter[Path] = Counter()  # connections of this process to each file, which one server serves


class Connection:
    """A client of Milvus whose every failure is one InputError.

    Args:
        uri: a path that ends in `.db` (a folder, in fact), or `http://host:19530`.
        token: `user:password` or key of a server.
        timeout: seconds that a server may take for any answer.

    Raises:
        InputError: pymilvus or Milvus Lite is not installed, neither kind of uri, a file that another process holds or
            that is damaged, or a server that does not answer.
    """

    def __init__(self, uri: str | Path, token: str, timeout: float) -> None:
        self.uri, self.timeout = str(uri), timeout
        self.file = None if "://" in self.uri else Path(self.uri).resolve()
        if timeout <= 0:
            raise InputError("timeout", str(timeout), "seconds above 0", "Leave it out.")
        if self.file is not None and self.file.suffix != ".db":
            remedy = "Rename the file, or write the address of a server in full."
            raise InputError("uri", self.uri, 'a path ending in ".db", or http://host:19530', remedy)
        self._pymilvus = imported("pymilvus", "MilvusIndex")
        if self.file is not None:
            imported(SERVED, "MilvusIndex")
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with _heard() as errors, self._told_apart(errors):
            self._client = self._pymilvus.MilvusClient(
                self.uri if not self.file else str(self.file), token=token, timeout=timeout
            )
        if self.file is not None:
            users[self.file] += 1

    def ask(self, method: str, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as many types as methods
        """Call a method of `MilvusClient`.

        Raises:
            InputError: it failed, or took too long.
        """
        with _heard() as errors, self._told_apart(errors):
            return getattr(self._client, method)(*args, timeout=self.timeout, **more)

    def close(self) -> None:
        """Let go of the server; a file is free for other processes when its last connection here is closed."""
        self._client.close()
        if self.file is not None:
            users[self.file] -= 1
            if not users[self.file]:
                imported(SERVED, "MilvusIndex").server_manager_instance.release_server(str(self.file))
            self.file = None  # closed twice is closed once

    @contextmanager
    def _told_apart(self, heard: list[BaseException]) -> Iterator[None]:
        """Whatever fails within comes out as one InputError that says what to do."""
        grpc = imported("grpc", "MilvusIndex")
        try:
            yield
        except (self._pymilvus.MilvusException, grpc.RpcError, ValueError) as error:
            cause = heard[-1] if heard else error
            where = f"Milvus at {self.uri}"
            if type(cause).__name__ == "DataDirLockedError":
                remedy = "Close it there, or restart that kernel; or run a Milvus server for several users."
                raise InputError(where, "held by another process", "a file of one process", remedy) from error
            message = getattr(cause, "message", "") or str(cause)
            if self.file is not None:
                remedy = "If it is damaged, delete it and build the index again."
            else:
                remedy = "See that the server runs, the address and the token are right, or give it more time."
            raise InputError(where, f"{type(cause).__name__}: {message}", "an answer", remedy) from error


class _Kept(logging.Handler):
    """Keeps the exceptions that are logged instead of raised."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.errors.append(record.exc_info[1])


@contextmanager
def _heard() -> Iterator[list[BaseException]]:
    """Keeps the libraries from printing what is raised anyway; yields what they only log."""
    kept = _Kept()
    logs = [logging.getLogger(name) for name in ("pymilvus", "grpc", "milvus_lite", SERVED)]
    before = [(log.level, log.propagate) for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    logs[-1].setLevel(logging.ERROR)
    logs[-1].propagate = False
    logs[-1].addHandler(kept)
    try:
        yield kept.errors
    finally:
        logs[-1].removeHandler(kept)
        for log, (level, propagate) in zip(logs, before, strict=True):
            log.setLevel(level)
            log.propagate = propagate
