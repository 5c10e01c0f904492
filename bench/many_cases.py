"""Many cases as they lie in a gateway that has worked for more than a year: most of them closed, the newest still open.

Made by the server itself (``many_cases.sql``), without events: lists, counts and searches read none. Whatever is rare somewhere
is there: an office that hardly anybody goes to, a service that ended a year ago, an agency that is asked in one of a thousand.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from gateway.application.identifiers import BlindIndex
from gateway.storage import upgrade

SECRET: Final = b"bench"
DAYS: Final = 450
_STATEMENTS: Final = Path(__file__).with_suffix(".sql")
_FIELDS: Final = ", ".join(f'"field_{n}": "a value of some length"' for n in range(30))
_ENVELOPE: Final = f'{{"service": "bench", "form": {{{_FIELDS}}}}}'
_TABLES: Final = ("cases", "requests", "clocks", "incidents", "search_identifiers")
_PATIENCE_SECS: Final = 1800


async def fill(url: str, count: int) -> float:
    """Fill an empty upgraded PostgreSQL database as its superuser; return how many seconds it took."""
    begun = time.perf_counter()
    script = (
        _STATEMENTS.read_text("utf-8").replace(":count", str(count)).replace(":days", str(DAYS)).replace(":envelope", _ENVELOPE)
    )
    connection = await asyncpg.connect(url)
    try:
        for statement in ("SET session_replication_role = replica", "SET synchronous_commit = off"):
            await connection.execute(statement)
        # A worker that analyses meanwhile would keep pages from being marked as visible to all.
        for table in _TABLES:
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        for statement in filter(str.strip, script.split(";\n")):
            await connection.execute(statement, timeout=_PATIENCE_SECS)
        await _identifiers(connection)
        await connection.execute("DROP TABLE made")
        for table in _TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=_PATIENCE_SECS)
            await connection.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        await connection.execute("CHECKPOINT", timeout=_PATIENCE_SECS)
    finally:
        await connection.close()
    return time.perf_counter() - begun


def identifier_of(person: int) -> str:
    """Return the invented identifier of a person: each has three cases."""
    return f"3{person:013}"


async def _identifiers(connection: asyncpg.Connection) -> None:
    blind = BlindIndex(SECRET)
    rows = await connection.fetch("SELECT n, id FROM made ORDER BY id", timeout=_PATIENCE_SECS)
    entries = [(blind.hash("person", identifier_of(row["n"] // 3)), row["id"], "applicant", blind.key) for row in rows]
    await connection.copy_records_to_table("search_identifiers", records=entries, timeout=_PATIENCE_SECS)


def prepare(url: str) -> None:
    """Make the tables."""
    upgrade(url)
