"""Column types that mean the same on PostgreSQL and SQLite.

SQLite has neither zones nor UUIDs: an instant is kept there as fixed-width text in UTC (so that its order is the order
of time), a UUID as 32 hex digits. JSON is text on both: a digest is taken over what was written, and JSONB would spell
numbers anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import TIMESTAMP, BigInteger, ColumnElement, Integer, String, Text, TypeDecorator, literal_column
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

#: Ranks what has no legal deadline behind everything that has one.
FAR = datetime(9999, 12, 31, tzinfo=UTC)
#: Counts up by itself on both databases.
Position = BigInteger().with_variant(Integer(), "sqlite")


def word(value: str) -> ColumnElement[str]:
    """A constant that stands in the statement itself: only so does a planner see that a partial index answers it."""
    if not value.replace("_", "").isalpha() and value:
        raise ValueError(f"{value!r} is no plain word")
    return literal_column(f"'{value}'", Text)


def instant_text(value: datetime) -> str:
    """Return the fixed-width UTC text of an aware instant. Raises ``ValueError`` for a naive one."""
    return _aware(value).astimezone(UTC).isoformat(timespec="microseconds")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
    return value


def dump_json(value: Any) -> str:
    """Return JSON text. Raises ``TypeError`` when ``value`` has no JSON form (an integer beyond 64 bits among them)."""
    return orjson.dumps(value, _plain, orjson.OPT_NON_STR_KEYS).decode()


def load_json(value: str | bytes) -> Any:
    """Return what ``dump_json`` wrote."""
    return orjson.loads(value)


@lru_cache(maxsize=1024)
def load_shared(value: str) -> Mapping[str, Any]:
    """Return a JSON object that many rows spell alike: read once, one for all of them, and closed to change."""
    return MappingProxyType(orjson.loads(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC. A naive one is refused."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return instant_text(value) if dialect.name == "sqlite" else _aware(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as the base class has it
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Json(TypeDecorator[Any]):
    """A JSON value as text, read and written by orjson."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - as the base class has it
        return None if value is None else dump_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - as the base class has it
        return None if value is None else orjson.loads(value)


class SharedJson(Json):
    """A JSON object that many rows spell alike, such as a rule (``load_shared``)."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - as the base class has it
        return None if value is None else load_shared(value)
