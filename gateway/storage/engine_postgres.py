"""PostgreSQL through asyncpg: a pool, row locks, the database's own time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.storage.engine import Clock, Database, Tx
from gateway.storage.errors import translated

#: Promise 2 rests on the first. The planner's switches keep every statement on its index: plans are cached, and one
#: made while a table was small (a scan, a hash join) would stay when it has grown. A plain index scan also clears
#: away what is dead at the head of a queue, and stops at a LIMIT; a bitmap does neither.
SESSION: Final = {
    "application_name": "darcha",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
}


class PostgresDatabase(Database):
    """See ``Database``. ``clock`` replaces the server's time in tests that move it."""

    postgres = True

    def __init__(self, url: URL, *, clock: Clock | None = None, connections: int = 8) -> None:
        self.url = url
        self.clock = clock
        self._connections = connections
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        if self._engine is None:
            self._engine = create_async_engine(
                self.url,
                pool_size=self._connections,
                max_overflow=self._connections,
                connect_args={"server_settings": SESSION, "timeout": 10},
            )
        with translated():
            async with self._engine.connect():
                pass

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        with translated():
            async with self._ready().begin() as connection:
                yield Tx(connection, postgres=True, clock=self.clock)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        with translated():
            async with self._ready().connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ")
                yield Tx(connection, postgres=True, clock=self.clock)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Tx]:
        with translated():
            async with self._ready().connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                yield Tx(connection, postgres=True, clock=self.clock)

    def _ready(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError("the store is used before open() or after close()")
        return self._engine
