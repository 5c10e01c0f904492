"""The lines of a derivation: what a term is counted from, which days count, which do not and why. Data, told in words elsewhere.

Codes, in the order in which they can stand:

``rule, started, deemed, suspended, length_in_days, counted, not_counted, lapsed, counted_hours, not_counted_hours, raw_end,
extended, rolled_over, rolled, least_working_days, last_instant, provisional, open_suspension, state``.

The ``counted`` lines (``counted_hours`` for a term in hours) add up to the length of the term and of its extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gateway.domain.calendar import Reason


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation. ``params`` are JSON values; dates and times in ISO 8601 (local to ``time_zone``)."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a term. ``raw`` is the day the count ends on, ``date`` the last day after rolling, ``due_at`` (UTC)
    the first instant that is too late. ``provisional``: a day it depends on lies in a year without a decree."""

    due_at: datetime
    raw: date
    date: date
    provisional: bool
    explanation: tuple[Line, ...]


def line_to_json(line: Line) -> dict[str, Any]:
    """Return a line as one flat object: ``code`` and its params."""
    return {"code": line.code, **line.params}


def span(first: date, last: date) -> dict[str, Any]:
    """Return the params of a run of days, both ends included."""
    return {"from": first.isoformat(), "to": last.isoformat(), "days": (last - first).days + 1}


def ground(reason: Reason) -> dict[str, Any]:
    """Return the params that say why a day works or does not."""
    found: dict[str, Any] = {"why": str(reason.kind)}
    if reason.names:
        found["names"] = dict(reason.names)
    if reason.decree:
        found["decree"] = reason.decree
    if reason.other is not None:
        found["other"] = reason.other.isoformat()
    return found
