"""Processes of a test that stop at a named point, and there are killed or let go on.

The points are made by wrapping what a role calls; nothing in the gateway knows of them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """At the ``nth`` call of ``method`` of ``part``: before it, or once it has returned."""

    part: str
    method: str
    after: bool = False
    nth: int = 1


def stop_at(parts: Mapping[str, Any], point: Point, line: Connection) -> None:
    """Make the process say ``here`` at the point and wait for a word: ``die``, or go on."""
    part = parts[point.part]
    method, calls = getattr(part, point.method), 0

    def stop() -> None:
        line.send("here")
        if line.recv() == "die":
            os.kill(os.getpid(), signal.SIGKILL)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls == point.nth
        if mine and not point.after:
            stop()
        result = await method(*args, **kwargs)
        if mine and point.after:
            stop()
        return result

    setattr(part, point.method, wrapped)


class Processes:
    """Processes of a test, forked from a server that has imported everything once. Each runs ``main``."""

    def __init__(self, main: Callable[..., None]) -> None:
        self._main = main
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["pytest", main.__module__])
        self._started: list[Any] = []

    async def start(self, *given: Any) -> tuple[Any, Connection]:
        """Start one with what its ``main`` takes beside the line to it, and wait until it is ready."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=self._main, args=(*given, theirs), daemon=True)
        await asyncio.to_thread(process.start)
        theirs.close()
        self._started.append(process)
        await self.hear(ours, "ready")
        return process, ours

    async def hear(self, line: Connection, word: str) -> None:
        assert await asyncio.to_thread(line.poll, 60), f"it never says {word!r}"
        assert line.recv() == word

    async def end(self, process: Any) -> int:
        await asyncio.to_thread(process.join, 60)
        code: int = process.exitcode
        return code

    def close(self) -> None:
        for process in self._started:
            if process.is_alive():
                process.kill()
            process.join()
            process.close()
