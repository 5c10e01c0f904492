"""What an idle process takes: a worker under 120 MiB, the all-in-one process under 250 MiB."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize(
    ("words", "environ", "most"),
    [
        (("--role", "worker"), {"DARCHA_BROKER_URL": "amqp://guest:guest@127.0.0.1:9/"}, 120),
        ((), {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": ""}, 250),
    ],
    ids=["worker", "all-in-one"],
)
async def test_an_idle_process_is_small(tmp_path: Path, words: tuple[str, ...], environ: dict[str, str], most: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "run", *words),
        env=os.environ | environ | {"DARCHA_DATA": str(tmp_path), "DARCHA_PORT": str(free_port())},
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(100):
        while b"started" not in (line := await process.stderr.readline()):
            assert line, "it ended before it started"
    taken = resident_mb(process.pid)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(40):
        await process.communicate()
    assert process.returncode == 0
    assert taken < most
