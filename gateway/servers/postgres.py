"""A private PostgreSQL server: its own data directory, a free port of 127.0.0.1, durable as in production (fsync on).

Calls block (a start takes under a second); async code wraps them in ``asyncio.to_thread``.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import ClassVar

from gateway.servers.errors import ServerFailed
from gateway.servers.install import require_postgres
from gateway.servers.process import HOST, Directory, free_ports, listens

_START_SECS = 30.0
_STOP_SECS = 20.0
_USER = "darcha"


class PostgresServer:
    """One server. ``directory`` names an earlier one to take up again; by default a new temporary directory is made.

    The parents of ``directory`` must be open to the user ``postgres`` when root starts it.
    """

    #: Settings of the server besides, like ``fsync=off``.
    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, directory: Path | None = None) -> None:
        self._binaries = require_postgres()
        self._dir = Directory(directory, "postgres", ["postgres"], lambda: {"port": free_ports(1)[0]})

    @property
    def directory(self) -> Path:
        return self._dir.path

    @property
    def port(self) -> int:
        return int(self._dir.facts["port"])

    @property
    def running(self) -> bool:
        return self._dir.pid("postgres") is not None

    @property
    def url(self) -> str:
        """The URL of the database ``darcha``: ``postgresql://user:password@127.0.0.1:port/darcha``."""
        return self.url_of(_USER)

    def url_of(self, database: str) -> str:
        """Return the URL of another database of this server."""
        return f"postgresql://{_USER}:{self._dir.facts['secret']}@{HOST}:{self.port}/{database}"

    def start(self) -> PostgresServer:
        """Start it, with a new cluster when there is no data. Returns when it answers. Raises ``ServerFailed``."""
        if self.running:
            return self
        data = self._dir.path / "data"
        new = not data.exists()
        if new:
            password = self._dir.file("password", self._dir.facts["secret"])
            self._dir.run([
                self._binaries / "initdb", "-D", data, "-U", _USER, "--encoding=UTF8", "--locale=C",
                "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync",
            ])  # fmt: skip
        # A postmaster that was killed leaves its pid file and, for a moment, its children: it refuses to start beside them.
        if not self._dir.until(self._launch, _START_SECS):
            raise ServerFailed(f"PostgreSQL did not start within {_START_SECS:g} s:\n{self._dir.tail('postgres.log')}")
        if new:
            self.create_database(_USER)
        return self

    def stop(self) -> None:
        """Stop it in order (fast shutdown); its data stays."""
        if not self._dir.end("postgres", signal.SIGINT, _STOP_SECS):
            self.kill()

    def kill(self) -> None:
        """Kill it as a power cut would: SIGKILL. Its data stays."""
        self._dir.end("postgres", signal.SIGKILL, _STOP_SECS)

    def wipe(self) -> None:
        """Delete its data. Only while it does not run."""
        self._dir.remove("data")

    def restart(self) -> PostgresServer:
        """Start it again on the same port with the same password, whatever became of it."""
        self.stop()
        return self.start()

    def destroy(self) -> None:
        """Kill it and delete its directory."""
        self.kill()
        self._dir.remove()

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._dir.run([self._binaries / "psql", "-X", "-q", "-c", f'CREATE DATABASE "{name}"', self.url_of("postgres")])
        return self.url_of(name)

    def _launch(self) -> bool:
        if not self.running:
            if self._dir.path.joinpath("data", "postmaster.pid").exists():
                self._dir.path.joinpath("data", "postmaster.pid").unlink()
            self._dir.spawn("postgres", [
                self._binaries / "postgres", "-D", self._dir.path / "data", "-p", str(self.port),
                "-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories=", "-c", "max_connections=200",
                "-c", "timezone=UTC", "-c", "log_timezone=UTC", *(part for each in self.settings for part in ("-c", each)),
            ])  # fmt: skip
        return self._dir.until(self._ready_or_gone, _START_SECS) and self.running

    def _ready_or_gone(self) -> bool:
        if not self.running:
            return True
        try:
            lines = (self._dir.path / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and listens(self.port)
