"""What the measurements of the clocks share: batches counted in processes of their own, and the CPU of the server beside them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import structlog


@dataclass(frozen=True)
class Done:
    """What one process did, and when by the machine's clock it began and ended."""

    count: int
    begun: float
    ended: float
    cpu: float


async def measured(run: Callable[[], Awaitable[int]], most: int | None = None) -> Done:
    """Run until nothing is left, or ``most`` are done."""
    begun, cpu, count = time.time(), time.process_time(), 0
    while (most is None or count < most) and (step := await run()):
        count += step
    return Done(count, begun, time.time(), time.process_time() - cpu)


def rate(done: Sequence[Done], server: float, count: int) -> str:
    """Say how fast they were together, from the first's beginning to the last's end, and what each of ``count`` cost.

    ``count`` is what the database says was done: what two of them had in hand at once is counted once.
    """
    seconds = max(d.ended for d in done) - min(d.begun for d in done)
    if not count:
        return "nothing done"
    here, there = sum(d.cpu for d in done) / count * 1e6, server / count * 1e6
    cost = f"CPU each: {here:,.0f} µs here, {there:,.0f} µs in PostgreSQL"
    return f"{count / seconds:>9,.0f}/s   ({count:,} in {seconds:.1f} s; {cost})"


def quiet() -> None:
    """No log lines between the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def say(line: str) -> None:
    """Print a figure at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def server_cpu(url: str) -> float:
    """Return the CPU seconds that the server of this machine has used so far, all its processes together."""
    connection = await asyncpg.connect(url)
    try:
        server = int(await connection.fetchval("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))
    finally:
        await connection.close()
    return await asyncio.to_thread(_used, server)


def _used(server: int) -> float:
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(path.parent.name) == server:
                ticks += sum(map(int, fields[11:15]))  # with the children that have ended
            elif int(fields[1]) == server:
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
