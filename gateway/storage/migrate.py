"""The schema's version: what the database has, what this version needs, and the way there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.storage.engine import Tx
from gateway.storage.engine_sqlite import FileLock
from gateway.storage.errors import SchemaOutdated, translated
from gateway.storage.urls import driver_url

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Two processes that upgrade at once take turns on this PostgreSQL advisory lock.
_TURN = 0x64617263

T = TypeVar("T")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def head() -> str:
    """Return the newest revision, the one this version of the gateway needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(url: str) -> str:
    """Return the database's revision, empty before the first upgrade. Raises ``StoreUnavailable``."""
    return connected(url, lambda connection: MigrationContext.configure(connection).get_current_revision() or "")


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the schema to ``revision`` and return it. Blocks; async code calls it in a thread.

    Raises ``StoreUnavailable``, and ``StoreLocked`` when another process has the SQLite file open.
    """

    def run(connection: Connection) -> str:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN})")
            connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        return MigrationContext.configure(connection).get_current_revision() or ""

    return connected(url, run)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to ``revision`` (``base`` for none). For tests of the migrations."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()

    connected(url, run)


async def check_schema(tx: Tx) -> None:
    """Raise ``SchemaOutdated`` unless the database has the schema of this version."""

    def read(connection: Connection) -> str:
        return MigrationContext.configure(connection).get_current_revision() or ""

    has, needs = await tx.connection.run_sync(read), head()
    if has != needs:
        raise SchemaOutdated(f"the database's schema is {has or 'empty'}, this version needs {needs}: run 'darcha db upgrade'")


def connected(url: str, use: Callable[[Connection], T]) -> T:
    """Run ``use`` with a connection, from blocking code, whether or not a loop runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _with_connection(url, use)).result()


async def _with_connection(url: str, use: Callable[[Connection], T]) -> T:
    made = driver_url(url)
    lock = FileLock(Path(made.database)) if made.get_backend_name() == "sqlite" and made.database else None
    if lock is not None:
        lock.take()
    engine = create_async_engine(made, poolclass=NullPool)
    try:
        with translated():
            async with engine.connect() as connection:
                return await connection.run_sync(use)
    finally:
        await engine.dispose()
        if lock is not None:
            lock.drop()
