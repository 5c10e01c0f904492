"""What the rest of storage asks of a database: transactions, time, many rows in one statement. Two engines give it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Executable, any_, bindparam, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.bulk import Bulk
from gateway.storage.bulk import Row as Values
from gateway.storage.prepared import Prepared

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


_NOW = Prepared(select(func.clock_timestamp()))


class Tx(ABC):
    """An open transaction. Every call is one round trip."""

    def __init__(self, connection: AsyncConnection, clock: Clock | None) -> None:
        self.connection = connection
        self._clock = clock

    async def now(self) -> datetime:
        """Return the database's time, not the transaction's beginning; the injected clock's where there is one."""
        if self._clock is not None:
            return self._clock()
        moment: datetime = (await self.fetch(_NOW, {}))[0][0]
        return moment

    @abstractmethod
    def part(self) -> AbstractAsyncContextManager[None]:
        """A part of the transaction that can fail for itself (a savepoint)."""

    @abstractmethod
    async def fetch(self, query: Prepared, values: Mapping[str, Any]) -> Sequence[Any]:
        """Return all rows of a prepared query, as tuples."""

    @abstractmethod
    async def bulk(self, statement: Bulk, rows: Sequence[Values]) -> int:
        """Write many rows; return how many were met. Raises ``RowRefused`` when a value has no place in its column."""

    async def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return all rows of a query."""
        return (await self.connection.execute(statement, values)).all()

    async def one(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any | None:
        """Return the first row, or ``None``."""
        return (await self.connection.execute(statement, values)).first()

    async def run(self, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
        """Execute, and return how many rows were met."""
        return (await self.connection.execute(statement, values)).rowcount


class Database(ABC):
    """One database. ``write`` is a transaction that commits at the end or not at all; ``read`` sees one snapshot;
    ``glance`` is for a single query."""

    postgres: bool
    clock: Clock | None

    @abstractmethod
    async def open(self) -> None:
        """Make ready. Raises ``StoreUnavailable``, ``StoreLocked``, ``SchemaOutdated``."""

    @abstractmethod
    async def close(self) -> None: ...
    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[Tx]: ...
    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Tx]: ...
    @abstractmethod
    def glance(self) -> AbstractAsyncContextManager[Tx]: ...

    def within(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that ``column`` is one of the list given as ``name``: one text for any length on PostgreSQL."""
        if self.postgres:
            return column == any_(bindparam(name, type_=ARRAY(column.type)))
        return column.in_(bindparam(name, expanding=True))

    def moment(self) -> ColumnElement[Any]:
        """Return the database's time as a column, so that a query can bring it along; NULL where the clock is Python's."""
        return null() if self.clock is not None else func.clock_timestamp()
