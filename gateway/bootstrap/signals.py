"""SIGTERM and SIGINT stop a process in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal

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
