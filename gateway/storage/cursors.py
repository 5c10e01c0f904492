"""Cursors of lists in the order of time: what a page gave, and the place that it names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, tuple_

from gateway.domain.errors import BadInput, Problem


def here(one: ColumnElement[Any], first: Any, two: ColumnElement[Any], second: Any) -> ColumnElement[Any]:
    """The cursor's place, in the types of the columns that it is compared with."""
    return tuple_(literal(first, one.type), literal(second, two.type))


def instant_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the instant (UTC) and the id that a cursor names. Raises ``BadInput``."""
    at, _, id_ = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(id_)
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error


def bad_cursor() -> BadInput:
    """Return what is raised for a text that no page gave."""
    return BadInput([Problem("/after", "cursor", "this is not a cursor that a page of this list gave; begin without one")])
