"""A thousand listeners on one process: how late events reach them, what it costs, and that none is lost.

    python -m bench.listeners [--listeners 1000] [--rate 5] [--seconds 20]

One process with all roles over SQLite (no agency answers it), a thousand connections of Server-Sent Events to it from here, and
applications handed in at a rate beside them: each new case is an event to every listener. Late is the time from the writing of
the event to its arrival here, by the one clock of this machine; on two cores the listeners' own work is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.measuring import say
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import Town
from gateway.client import GatewayClient
from gateway.client.streams import blocks

ROOT: Final = Path(__file__).resolve().parents[1]
_EXAMPLE: Final = ROOT / "schemas/services/preschool-enrolment/examples/granted-mother-for-child.json"
_PATH: Final = "/v1/events/stream?type=case.received"


class Listeners:
    """Many connections, and what came over them."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.seen: list[Counter[str]] = []
        self.ready = 0
        self.news = asyncio.Event()

    async def until(self, true: Callable[[], bool]) -> None:
        """Return once it is so, looked at whenever something comes."""
        while not true():
            self.news.clear()
            await self.news.wait()

    async def listen(self, session: aiohttp.ClientSession, address: str) -> None:
        """Listen on one connection until it is closed."""
        mine: Counter[str] = Counter()
        self.seen.append(mine)
        async with session.get(address + _PATH) as answer:
            first = True
            async for data, _ in blocks(answer.content.iter_any()):
                if first:
                    self.ready, first = self.ready + 1, False
                self.news.set()
                if data:
                    event = json.loads(data)
                    self.late.append(time.time() - datetime.fromisoformat(event["time"]).timestamp())
                    mine[event["subject"]] += 1


def _application(number: int) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(_EXAMPLE.read_text("utf-8"))["application"]
    made["parties"][1]["identifier"] = str(51205227100000 + number)
    return made | {"taken_at": datetime.now(UTC).isoformat()}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


async def bench(folder: Path, count: int, rate: float, seconds: float) -> None:
    """Measure one process."""
    town = Town(folder, ROOT, load_catalogue(ROOT, environ={}, adapters=find_adapters()), {"DARCHA_BROKER_URL": "memory://"})
    listeners = Listeners()
    try:
        await town.start_gateway()
        pid, empty = town.processes["gateway"].pid, town.memory_mb("gateway")
        headers = {"Authorization": f"Bearer {town.key}"}
        connector, forever = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=forever) as session:
            begun = time.perf_counter()
            tasks = [asyncio.create_task(listeners.listen(session, town.address)) for _ in range(count)]
            await listeners.until(lambda: listeners.ready == count)
            say(f"{count:,} listeners, connected in {time.perf_counter() - begun:.1f} s")
            full, idle = town.memory_mb("gateway"), _cpu(pid)
            say(f"  memory of the process: {empty:.0f} MiB without them, {full:.0f} MiB with them")
            await asyncio.sleep(10)
            say(f"  CPU while nothing happens: {(_cpu(pid) - idle) * 10:.1f} % of a core")
            used, handed = _cpu(pid), await _hand_over(town, rate, seconds)
            with contextlib.suppress(TimeoutError):  # then some are lost, and it is told how many
                async with asyncio.timeout(60):
                    await listeners.until(lambda: len(listeners.late) >= len(handed) * count)
            busy = _cpu(pid) - used
            _tell(listeners, handed, busy, seconds, town.memory_mb("gateway"))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await town.stop()


async def _hand_over(town: Town, rate: float, seconds: float) -> list[str]:
    handed: list[str] = []
    async with GatewayClient(town.address, town.key) as client:
        begun = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
            handed.append((await client.submit(_application(number), secrets.token_hex(8)))["id"])
    return handed


def _tell(listeners: Listeners, handed: list[str], busy: float, seconds: float, memory: float) -> None:
    late = sorted(listeners.late)
    p50, p99 = late[len(late) // 2] * 1e3, late[len(late) * 99 // 100] * 1e3
    lost = sum(len(set(handed) - set(mine)) for mine in listeners.seen)
    twice = sum(n - 1 for mine in listeners.seen for n in mine.values())
    say(f"  {len(handed)} events to each, {len(late) / seconds:,.0f} deliveries/s: late by p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    say(f"  lost {lost}, twice {twice}; CPU of the process {busy / seconds * 100:.0f} % of a core, memory {memory:.0f} MiB")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=5, help="applications a second")
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(bench(Path(folder), given.listeners, given.rate, given.seconds))


if __name__ == "__main__":
    main()
