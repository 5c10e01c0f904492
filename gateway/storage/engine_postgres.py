"""PostgreSQL through asyncpg: a pool, row locks, the database's own time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.storage.bulk import Bulk, Row
from gateway.storage.engine import Clock, Database, Tx
from gateway.storage.errors import LOST, RowRefused, translated
from gateway.storage.prepared import Prepared

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


class PostgresTx(Tx):
    """See ``Tx``. Many rows and prepared queries go to the driver itself, on the connection that SQLAlchemy holds."""

    def __init__(self, connection: AsyncConnection, driver: Any, clock: Clock | None) -> None:
        super().__init__(connection, clock)
        self.driver = driver

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        with translated():
            async with self.driver.transaction():
                yield

    async def fetch(self, query: Prepared, values: Mapping[str, Any]) -> Sequence[Any]:
        return query.read(await self.driver.fetch(query.postgres, *query.arguments(values)))

    async def bulk(self, statement: Bulk, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        try:
            columns = statement.columns(rows)
        except (ValueError, AttributeError) as error:  # a time without a zone, or no time at all
            raise RowRefused(str(error)) from error
        done: str = await self.driver.execute(statement.postgres, *columns)
        return int(done.rpartition(" ")[2])


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
                hide_parameters=True,  # they are what people told us, and an error's text goes to the logs
                isolation_level="AUTOCOMMIT",
                connect_args={"server_settings": SESSION, "timeout": 10},
            )
        with translated():
            async with self._engine.connect():
                pass

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    def write(self) -> AbstractAsyncContextManager[Tx]:
        return self._transaction()

    def read(self) -> AbstractAsyncContextManager[Tx]:
        return self._transaction(isolation="repeatable_read", readonly=True)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Tx]:
        async with self._connected() as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, **options: Any) -> AsyncIterator[Tx]:
        async with self._connected() as tx, tx.driver.transaction(**options):
            yield tx

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[PostgresTx]:
        """A connection without a transaction of SQLAlchemy's: the driver begins and ends them, for both ways of use."""
        with translated():
            async with self._ready().connect() as connection:
                raw = await connection.get_raw_connection()
                tx = PostgresTx(connection, raw.driver_connection, self.clock)
                try:
                    yield tx
                except LOST:
                    # SQLAlchemy did not see it: its pool must not give this connection to the next.
                    await connection.invalidate()
                    raise

    def _ready(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError("the store is used before open() or after close()")
        return self._engine
