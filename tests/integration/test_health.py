"""The small server of a process without an api, and a role that is told to stop while the database is away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp

from gateway.bootstrap.health import HealthJob
from gateway.telemetry.metrics import METRICS


async def test_alive_ready_and_measures() -> None:
    said = ["no consumer"]

    async def check() -> str:
        return said[0]

    job = HealthJob("127.0.0.1", 0, {"tasks": check})
    task = asyncio.create_task(job.run())
    address = f"http://127.0.0.1:{await asyncio.wait_for(job.bound, 10)}"
    METRICS.attempted("registry", "Find", "completed", 0.1)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/healthz") as answer:
            assert answer.status == 200
        async with session.get(f"{address}/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "missing", "missing": {"tasks": "no consumer"}})
        said[0] = ""
        async with session.get(f"{address}/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok", "missing": {}})
        async with session.get(f"{address}/metrics") as answer:
            assert answer.content_type == "text/plain"
            assert 'darcha_attempts_total{agency="registry",operation="Find",outcome="completed"}' in await answer.text()
    await job.stop()
    await asyncio.wait_for(task, 10)


async def test_a_role_that_waits_for_its_database_stops_when_told(tmp_path: Path) -> None:
    environ = os.environ | {
        "DARCHA_DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/none",
        "DARCHA_BROKER_URL": "amqp://guest:guest@127.0.0.1:9/",
        "DARCHA_DATA": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "run", "--role", "clock", env=environ, stderr=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    assert process.stderr is not None
    async with asyncio.timeout(90):
        while b"waiting for the database" not in (line := await process.stderr.readline()):
            assert line, "it ended before it waited"
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        _, rest = await process.communicate()
    assert process.returncode == 0, rest.decode()
