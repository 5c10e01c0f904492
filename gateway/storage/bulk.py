"""Many rows in one statement. PostgreSQL takes a column each as arrays (one plan, one round trip); SQLite takes them row by row.

Values are Python's own (aware ``datetime``, ``UUID``, JSON already as text): ``rows.py`` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, Table, Uuid
from sqlalchemy.types import TypeEngine

from gateway.storage.columns import Instant, instant_text

Row = tuple[Any, ...]
Encode = Callable[[Any], Any]


def _array_of(type_: TypeEngine[Any]) -> str:
    kinds: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
        (Instant, "timestamptz[]"),
        (Uuid, "uuid[]"),
        (BigInteger, "bigint[]"),
        (Integer, "integer[]"),
        (Boolean, "boolean[]"),
        (Float, "float8[]"),
        (LargeBinary, "bytea[]"),
    )
    return next((name for kind, name in kinds if isinstance(type_, kind)), "text[]")


def _hex(value: UUID | None) -> str | None:
    return None if value is None else value.hex


def _instant(value: datetime | None) -> str | None:
    return None if value is None else instant_text(value)


def _encoder(type_: TypeEngine[Any]) -> Encode | None:
    if isinstance(type_, Uuid):
        return _hex
    return _instant if isinstance(type_, Instant) else None


@dataclass(frozen=True, slots=True)
class Bulk:
    """A statement for many rows of one shape. ``zoned`` are the places that hold instants (checked on PostgreSQL)."""

    postgres: str
    sqlite: str
    encoders: tuple[tuple[int, Encode], ...]
    zoned: tuple[int, ...] = field(default=())

    def columns(self, rows: Sequence[Row]) -> tuple[list[Any], ...]:
        """Return the rows as columns. Raises ``ValueError`` for an instant without a zone."""
        columns = tuple(map(list, zip(*rows, strict=True)))
        for place in self.zoned:
            for value in columns[place]:
                if value is not None and value.tzinfo is None:
                    raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        return columns

    def encoded(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows as SQLite keeps them."""
        done = []
        for row in rows:
            values = list(row)
            for place, encode in self.encoders:
                values[place] = encode(values[place])
            done.append(tuple(values))
        return done


def _made(postgres: str, sqlite: str, types: Sequence[TypeEngine[Any]]) -> Bulk:
    encoders = tuple((place, encode) for place, type_ in enumerate(types) if (encode := _encoder(type_)) is not None)
    zoned = tuple(place for place, type_ in enumerate(types) if isinstance(type_, Instant))
    return Bulk(postgres, sqlite, encoders, zoned)


def _arrays(types: Sequence[TypeEngine[Any]]) -> str:
    return ", ".join(f"${place}::{_array_of(type_)}" for place, type_ in enumerate(types, start=1))


def insert(table: Table, columns: Sequence[str], *, on_conflict: str = "", now_tx: str = "") -> Bulk:
    """An INSERT of many rows.

    ``on_conflict`` is what follows ON CONFLICT (the same on both). ``now_tx`` names the last of ``columns`` when it is to
    hold the greater of its value and the transaction's own id (only PostgreSQL has one).
    """
    types = [table.c[name].type for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    tail = f" ON CONFLICT {on_conflict}" if on_conflict else ""
    picked = [f'v."{name}"' if name != now_tx else f"{_later('v', name)}" for name in columns]
    postgres = f"INSERT INTO {table.name} ({names}) SELECT {', '.join(picked)} FROM unnest({_arrays(types)}) AS v ({names}){tail}"  # noqa: S608 - names come from our own metadata
    marks = ", ".join("?" for _ in columns)
    sqlite = f"INSERT INTO {table.name} ({names}) VALUES ({marks}){tail}"  # noqa: S608 - as above
    return _made(postgres, sqlite, types)


def update(table: Table, columns: Sequence[str], guards: Mapping[str, str], *, now_tx: str = "") -> Bulk:
    """An UPDATE of many rows by guards (column → operator); a row's values stand as columns first, then guards."""
    names = [*columns, *guards]
    types = [table.c[name].type for name in names]
    aliases = [f"v{place}" for place in range(len(names))]
    sets = [
        f'"{name}" = ' + (f"greatest(v.{alias}, pg_current_xact_id()::text::bigint)" if name == now_tx else f"v.{alias}")
        for name, alias in zip(columns, aliases, strict=False)
    ]
    where = " AND ".join(
        f't."{name}" {operator} v.{alias}'
        for (name, operator), alias in zip(guards.items(), aliases[len(columns) :], strict=True)
    )
    postgres = (
        f"UPDATE {table.name} AS t SET {', '.join(sets)}"  # noqa: S608 - names come from our own metadata
        f" FROM unnest({_arrays(types)}) AS v ({', '.join(aliases)}) WHERE {where}"
    )
    marks = ", ".join(f'"{name}" = ?' for name in columns)
    tests = " AND ".join(f'"{name}" {operator} ?' for name, operator in guards.items())
    return _made(postgres, f"UPDATE {table.name} SET {marks} WHERE {tests}", types)  # noqa: S608 - as above


def delete(table: Table, columns: Sequence[str]) -> Bulk:
    """A DELETE of many rows by the values of ``columns``."""
    types = [table.c[name].type for name in columns]
    aliases = [f"v{place}" for place in range(len(columns))]
    where = " AND ".join(f't."{name}" = v.{alias}' for name, alias in zip(columns, aliases, strict=True))
    postgres = f"DELETE FROM {table.name} AS t USING unnest({_arrays(types)}) AS v ({', '.join(aliases)}) WHERE {where}"  # noqa: S608 - names come from our own metadata
    tests = " AND ".join(f'"{name}" = ?' for name in columns)
    return _made(postgres, f"DELETE FROM {table.name} WHERE {tests}", types)  # noqa: S608 - as above


def _later(alias: str, name: str) -> str:
    return f'greatest({alias}."{name}", pg_current_xact_id()::text::bigint)'
