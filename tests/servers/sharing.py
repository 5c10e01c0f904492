"""One server for a whole test run, also when pytest-xdist runs it in several processes: the last to leave stops it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from gateway.servers import PostgresServer, RabbitmqServer

Server = TypeVar("Server", PostgresServer, RabbitmqServer)


@contextmanager
def _locked(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        state = json.loads(handle.read() or "{}")
        yield state
        handle.seek(0)
        handle.truncate()
        handle.write(json.dumps(state))


@contextmanager
def shared(base: Path, kind: Callable[..., Server]) -> Iterator[Server]:
    """Yield the run's server of this kind, started by whoever asks first. ``base`` is common to all processes of the run."""
    file = base / f"{kind.__name__}.json"
    with _locked(file) as state:
        if state.get("users"):
            server = kind(Path(state["directory"]))
        else:
            server = kind()
            try:
                server.start()
            except BaseException:
                server.destroy()
                raise
        state["directory"] = str(server.directory)
        state["users"] = state.get("users", 0) + 1
    try:
        yield server
    finally:
        with _locked(file) as state:
            state["users"] -= 1
            if not state["users"]:
                server.destroy()
