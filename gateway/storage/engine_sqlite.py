"""SQLite through aiosqlite: one process, one writer, readers beside it (WAL).

A lock file beside the database keeps a second process out: the in-process bus and the lanes' windows hold for one only.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.storage.bulk import Bulk, Row
from gateway.storage.engine import Clock, Database, Tx, utc_now
from gateway.storage.errors import RowRefused, StoreLocked, translated
from gateway.storage.prepared import Prepared

_READERS = 4


class FileLock:
    """The operating system's lock on ``<database>.lock``; it falls with the process."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._handle: int | None = None

    def take(self) -> None:
        """Take it. Raises ``StoreLocked`` when another process, or another store of this one, holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            os.close(handle)
            raise StoreLocked(
                f"{self.path.with_suffix('')} is in use by another process (pid {holder or 'unknown'});"
                " SQLite serves one process: stop that one, or use PostgreSQL"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle = handle

    def drop(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class SqliteTx(Tx):
    """See ``Tx``. Everything goes through SQLAlchemy: the driver's thread costs more than it does."""

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        with translated():
            async with self.connection.begin_nested():
                yield

    async def fetch(self, query: Prepared, values: Mapping[str, Any]) -> Sequence[Any]:
        return (await self.connection.execute(query.statement, values)).all()

    async def bulk(self, statement: Bulk, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        try:
            encoded = statement.encoded(rows)
        except (ValueError, AttributeError) as error:  # a time without a zone, or no time at all
            raise RowRefused(str(error)) from error
        return (await self.connection.exec_driver_sql(statement.sqlite, encoded)).rowcount


class SqliteDatabase(Database):
    """See ``Database``. Writers queue on a lock of this process, so that BEGIN IMMEDIATE never meets another."""

    postgres = False

    def __init__(self, url: URL, *, clock: Clock | None = None) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("SQLite needs a file: sqlite:///path/to/darcha.db")
        self.url = url
        self.clock: Clock = clock or utc_now
        self._path = Path(url.database)
        self._file_lock = FileLock(self._path)
        self._turn = asyncio.Lock()
        self._writer: AsyncEngine | None = None
        self._readers: AsyncEngine | None = None

    async def open(self) -> None:
        if self._writer is not None:
            return
        self._file_lock.take()
        self._writer = self._engine(1, "BEGIN IMMEDIATE")
        self._readers = self._engine(_READERS, "BEGIN")
        try:
            with translated():
                async with self._writer.connect():
                    pass
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        for engine in (self._readers, self._writer):
            if engine is not None:
                await engine.dispose()
        self._writer = self._readers = None
        self._file_lock.drop()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        with translated():
            async with self._turn, self._ready(self._writer).begin() as connection:
                yield SqliteTx(connection, self.clock)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        with translated():
            async with self._ready(self._readers).begin() as connection:
                yield SqliteTx(connection, self.clock)

    def glance(self) -> Any:
        return self.read()

    def _engine(self, connections: int, begin: str) -> AsyncEngine:
        # Parameters are what people told us, and an error's text goes to the logs.
        options: dict[str, Any] = {"pool_size": connections, "max_overflow": 0, "hide_parameters": True}
        engine = create_async_engine(self.url, connect_args={"timeout": 10}, **options)

        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            # The driver's own BEGIN comes too late and is not IMMEDIATE; ours is sent below.
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA busy_timeout=10000")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    @staticmethod
    def _ready(engine: AsyncEngine | None) -> AsyncEngine:
        if engine is None:
            raise RuntimeError("the store is used before open() or after close()")
        return engine
