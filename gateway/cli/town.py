"""A gateway with simulated agencies around it, each in a process of its own: for the demo, the tests and the benchmark.

TownError
└── DidNotStart   a process ended or did not get ready in time; the end of its log is in the message
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import aiohttp

from gateway.domain.catalogue import Catalogue

ROLES = ("api", "dispatcher", "worker", "tracker", "clock", "notifier")


class TownError(Exception):
    """Base of what a town raises."""


class DidNotStart(TownError):
    """A process did not get ready."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Town:
    """Processes by name. ``folder`` takes logs, ledgers and the embedded mode's data; ``key`` is a first API key,
    ``account`` name and password of a first account of the console."""

    def __init__(self, folder: Path, catalogue_root: Path, catalogue: Catalogue, settings: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        kept = _Kept(folder / "town.json")
        self.key = kept.get("key")
        self.account = ("operator", kept.get("password"))
        self.port = int(settings.get("DARCHA_PORT") or free_port())
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.simulators: dict[str, str] = {}
        self._agencies = [a for a in catalogue.agencies.values() if "simulator.yaml" in a.files]
        self.environ = {
            **os.environ,
            "DARCHA_CATALOGUE": str(catalogue_root),
            "DARCHA_DATA": str(folder),
            "DARCHA_PORT": str(self.port),
            "DARCHA_PUBLIC_URL": self.address,
            "DARCHA_SECRET_KEY": kept.get("secret"),
            "DARCHA_FIRST_KEY": self.key,
            "DARCHA_FIRST_ACCOUNT": ":".join(self.account),
            "DARCHA_LOG": "json",
            **{name: os.environ.get(name) or kept.get(name) for name in _secrets_of(catalogue)},
            **settings,
        }
        for agency in self._agencies:
            self.simulators[agency.id] = f"http://127.0.0.1:{free_port()}"
            self.environ[variable_of(agency.id)] = self.simulators[agency.id]

    async def start_simulators(self, faults: Mapping[str, str] | None = None) -> None:
        """Start one process with all simulated agencies, and wait until each answers."""
        ports = [f"{a}={url.rsplit(':', 1)[1]}" for a, url in self.simulators.items()]
        extra = [f"--fault={a}:{f}" for a, f in (faults or {}).items()]
        await self.start("agencies", ["agency", "simulate", *ports, f"--ledger={self.folder / 'ledgers'}", *extra])
        for agency, url in self.simulators.items():
            await self._answers(f"{url}/_control/state", "agencies", agency)

    async def start_gateway(self, roles: Iterable[str] = ()) -> None:
        """Start the gateway: all roles in one process, or each named role in its own. Waits until it is ready."""
        names = list(roles)
        if names:
            await asyncio.gather(*(self.start(role, ["run", "--role", role.split(":")[0]]) for role in names))
        else:
            await self.start("gateway", ["run"])
        await self._answers(f"{self.address}/readyz", "api" if names else "gateway", "the gateway")

    async def migrate(self) -> None:
        """Bring the database's tables to the newest form. Raises ``DidNotStart`` when that fails."""
        await self.start("migrate", ["db", "upgrade"])
        if await self.processes.pop("migrate").wait() != 0:
            raise DidNotStart(f"the database could not be upgraded:\n{self.log_of('migrate')}")

    async def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start ``darcha ARGUMENTS`` with its output in ``<name>.log``."""
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "gateway.cli", *arguments]
            self.processes[name] = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, env=self.environ, start_new_session=True
            )

    async def kill(self, name: str) -> None:
        """End a process with SIGKILL, as a machine that loses power."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    async def stop(self, names: Sequence[str] = (), patience_secs: float = 15.0) -> None:
        """Ask processes to end and wait; those that do not are killed."""
        stopping = {n: self.processes.pop(n) for n in (names or list(self.processes))}
        for process in stopping.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
        for process in stopping.values():
            try:
                await asyncio.wait_for(process.wait(), patience_secs)
            except TimeoutError:
                process.kill()
                await process.wait()

    def memory_mb(self, name: str) -> float:
        """Return the resident memory of a process in MiB."""
        process = self.processes[name]
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def log_of(self, name: str, lines: int = 20) -> str:
        """Return the end of a process's log."""
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    async def _answers(self, url: str, name: str, what: str, patience_secs: float = 60.0) -> None:
        until = time.monotonic() + patience_secs
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while time.monotonic() < until:
                if self.processes[name].returncode is not None:
                    break
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)
        raise DidNotStart(f"{what} did not get ready; the end of its log:\n{self.log_of(name)}")


def variable_of(agency: str) -> str:
    """Return the variable that holds an agency's address in the reference catalogue."""
    return f"{agency.upper().replace('-', '_')}_URL"


def _secrets_of(catalogue: Catalogue) -> set[str]:
    """Return the variable of every secret that the contracts name."""
    found: set[str] = set()
    for agency in catalogue.agencies.values():
        text = json.dumps([dict(agency.auth), dict(agency.callbacks)], default=dict)
        for part in text.split("secret://")[1:]:
            name = part.split('"')[0]
            found.add("DARCHA_SECRET_" + name.upper().replace("/", "_").replace("-", "_"))
    return found


class _Kept:
    """Random values that stay the same as long as the folder stays, so that a second start knows the first one's key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str) -> str:
        """Return the value of that name; made at the first call."""
        if name not in self._values:
            self._values[name] = secrets.token_urlsafe(32)
            self._path.touch(mode=0o600)
            self._path.write_text(json.dumps(self._values))
        return self._values[name]
