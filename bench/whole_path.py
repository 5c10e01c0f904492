"""Completed cases per second and CPU per case over the whole path: ``make bench``.

PostgreSQL, RabbitMQ, every role in a process of its own, a simulated REST agency in another, and the load from this one;
all share the machine. Two runs: as fast as it goes (so many in flight), then paced. Latency is from receipt to decision,
by the gateway's own times; CPU is what all processes but this one used, the database, the broker and the agency included.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import orjson

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import ROLES, Town
from gateway.servers import PostgresServer, RabbitmqServer, require_postgres, require_rabbitmq

CATALOGUE = Path(__file__).parent / "catalogue"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """One run. Times are milliseconds."""

    name: str
    cases: int
    per_second: float
    p50: float
    p99: float
    cpu_ms_a_case: float
    cpu: dict[str, float]

    def __str__(self) -> str:
        parts = ", ".join(f"{k} {v:.2f}" for k, v in sorted(self.cpu.items(), key=lambda kv: -kv[1]) if v >= 0.01)
        return (
            f"{self.name}: {self.cases} cases, {self.per_second:.0f}/s, p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms,"
            f" CPU {self.cpu_ms_a_case:.2f} ms a case ({parts})"
        )


def application(number: int) -> bytes:
    """Return an invented application."""
    person = {
        "role": "applicant",
        "kind": "person",
        "identifier": f"3{number % 10**13:013d}",
        "name": {"family": "Namunayev", "given": "Anvar"},
        "birth_date": "1990-01-01",
        "address": {"territory": "1714401", "line": "Chinor koʻchasi, 1"},
    }
    return orjson.dumps(
        {
            "service": "certificate",
            "office": "centre",
            "channel": "portal",
            "reference": f"bench-{number}",
            "taken_at": "2026-11-20T10:00:00+05:00",
            "territory": "1714401",
            "language": "uz",
            "contacts": {},
            "parties": [person],
            "documents": [],
            "form": {"purpose": "for the bank", "copies": 2},
        }
    )


class Load:
    """Submits applications and waits in the database until all are closed."""

    def __init__(self, town: Town, session: aiohttp.ClientSession, database: asyncpg.Connection[Any]) -> None:
        self._town = town
        self._session = session
        self._database = database
        self._number = 0

    async def one(self) -> None:
        """Submit one application."""
        self._number += 1
        headers = {"Authorization": f"Bearer {self._town.key}", "Idempotency-Key": f"bench-{self._number}"}
        headers["Content-Type"] = "application/json"
        url = f"{self._town.address}/v1/applications"
        async with self._session.post(url, data=application(self._number), headers=headers) as answer:
            if answer.status != 202:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")
            await answer.read()

    async def flat_out(self, count: int, in_flight: int) -> None:
        """Submit ``count`` applications, ``in_flight`` at a time."""
        left = iter(range(count))

        async def lane() -> None:
            for _ in left:
                await self.one()

        await asyncio.gather(*(lane() for _ in range(in_flight)))

    async def paced(self, count: int, per_second: float) -> None:
        """Submit ``count`` applications, one every ``1 / per_second`` seconds, whether the last was answered or not."""
        began = time.monotonic()
        tasks = []
        for i in range(count):
            await asyncio.sleep(max(0.0, began + i / per_second - time.monotonic()))
            tasks.append(asyncio.create_task(self.one()))
        await asyncio.gather(*tasks)

    async def measure(self, name: str, run: Callable[[], Awaitable[None]]) -> Figures:
        """Run, wait until all is closed, and return the figures."""
        since = await self._database.fetchval("select clock_timestamp()")
        before, began = cpu_seconds(), time.monotonic()
        await run()
        while await self._database.fetchval("select count(*) from cases where status <> 'closed'"):
            if time.monotonic() - began > 300:
                raise RuntimeError("not all cases were closed within 300 s")
            await asyncio.sleep(0.05)
        used = {k: v - before.get(k, 0.0) for k, v in cpu_seconds().items()}
        rows = await self._database.fetch(
            "select extract(epoch from decided_at - received_at) * 1000 as ms, received_at, decided_at"
            " from cases where received_at >= $1",
            since,
        )
        waits = sorted(float(r["ms"]) for r in rows)
        span = (max(r["decided_at"] for r in rows) - min(r["received_at"] for r in rows)).total_seconds()
        count = len(rows)
        per_case = {k: v * 1000 / count for k, v in used.items()}
        p99 = waits[min(count - 1, int(count * 0.99))]
        return Figures(name, count, count / span, statistics.median(waits), p99, sum(per_case.values()), per_case)


def cpu_seconds() -> dict[str, float]:
    """Return CPU seconds so far by kind of process, of every process but this one."""
    found: dict[str, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        fields = stat.rsplit(")", 1)[1].split()
        name = kind_of(stat[stat.index("(") + 1 : stat.rindex(")")], command)
        if name:
            found[name] = found.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / TICKS
    return found


def kind_of(program: str, command: str) -> str:
    """Return which part of the path a process is, empty for none."""
    if "gateway.cli" in command:
        return command.rsplit("--role ", maxsplit=1)[-1].split(maxsplit=1)[0] if "--role" in command else "agency"
    if program.startswith("postgres"):
        return "postgresql"
    return "rabbitmq" if program.startswith("beam") else ""


async def main(count: int, in_flight: int, rate: float) -> None:
    """Run the benchmark and print its figures."""
    require_postgres()
    require_rabbitmq()
    async with AsyncExitStack() as stack:
        postgres, rabbitmq = PostgresServer(), RabbitmqServer()
        for server in (postgres, rabbitmq):
            stack.push_async_callback(asyncio.to_thread, server.destroy)
            await asyncio.to_thread(server.start)
        url = postgres.url
        catalogue = load_catalogue(CATALOGUE, environ={}, adapters=find_adapters())
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="darcha-bench-"))
        settings = {"DARCHA_DATABASE_URL": url, "DARCHA_BROKER_URL": rabbitmq.url, "DARCHA_LOG_LEVEL": "WARNING"}
        town = Town(folder, CATALOGUE, catalogue, settings)
        stack.push_async_callback(town.stop)
        await town.start_simulators()
        await town.migrate()
        await town.start_gateway(ROLES)
        database = await asyncpg.connect(url)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        load = Load(town, session, database)
        await load.measure("warm-up", lambda: load.flat_out(200, 20))
        for name in ROLES:
            print(f"{name}: {town.memory_mb(name):.0f} MiB resident")
        print(await load.measure(f"flat out, {in_flight} in flight", lambda: load.flat_out(count, in_flight)))
        print(await load.measure(f"paced at {rate:.0f}/s", lambda: load.paced(int(rate * 20), rate)))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=6000)
    arguments.add_argument("--in-flight", type=int, default=200)
    arguments.add_argument("--rate", type=float, default=100)
    given = arguments.parse_args()
    asyncio.run(main(given.count, given.in_flight, given.rate))
