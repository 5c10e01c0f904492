"""SIGTERM and SIGINT stop a process in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

from gateway.telemetry.supervise import Supervisor


def stop_on_signals(supervisor: Supervisor) -> None:
    """Stop what is supervised at the first signal; call within the running loop."""
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()

    def stop() -> None:
        task = loop.create_task(supervisor.stop())
        stopping.add(task)
        task.add_done_callback(stopping.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # a loop without signals, as on Windows
            loop.add_signal_handler(number, stop)


async def unless_stopped(supervisor: Supervisor, start: Coroutine[Any, Any, object]) -> bool:
    """Run what has to come before the work. False, and it is cancelled, when the process was told to stop meanwhile.

    Raises what it raises.
    """
    starting = asyncio.ensure_future(start)
    stopping = asyncio.ensure_future(supervisor.stopping.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
        return starting.done()
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
