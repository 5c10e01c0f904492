"""Queries of the hot path: built once in SQLAlchemy Core, compiled once, run by the driver itself.

What SQLAlchemy adds to each execution (its context, its result) costs more than such a query; see ``bench/storage.py``.
Rows are plain tuples in the order of the query's columns. SQLite runs the same query through SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

from gateway.storage.columns import Json, SharedJson, load_json, load_shared

_DIALECT: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Prepared:
    """One query. ``values`` are given by the names of its bound parameters."""

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        self.statement = statement
        self._text = ""
        self._order: tuple[str, ...] = ()
        self._fixed: dict[str, Any] = {}
        self._json: tuple[tuple[int, Callable[[str], Any]], ...] = ()

    @property
    def postgres(self) -> str:
        """The query's text for PostgreSQL."""
        if not self._text:
            compiled = self.statement.compile(dialect=_DIALECT)
            self._order = tuple(compiled.positiontup or ())
            self._fixed = dict(compiled.params)
            columns = self.statement.exported_columns
            self._json = tuple(
                (place, load_shared if isinstance(column.type, SharedJson) else load_json)
                for place, column in enumerate(columns)
                if isinstance(column.type, Json)
            )
            self._text = str(compiled)
        return self._text

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the driver's arguments in their order."""
        given = self._fixed | dict(values)
        return [given[name] for name in self._order]

    def read(self, records: Iterable[Any]) -> list[tuple[Any, ...]]:
        """Return the driver's records as tuples, with their JSON read."""
        if not self._json:
            return [tuple(record) for record in records]
        rows = []
        for record in records:
            row = list(record)
            for place, load in self._json:
                if row[place] is not None:
                    row[place] = load(row[place])
            rows.append(tuple(row))
        return rows
