"""Counting a term in hours: from instant to instant, to the second, without the time that a suspension takes out.

It runs through nights and days off and does not roll: Regulation 1182/71 art. 3(4) moves the end of a term only where it
is "expressed otherwise than in hours".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.counting import Longer
from gateway.domain.derivation import Line
from gateway.domain.term_rule import Remaining, Term


@dataclass(frozen=True, slots=True)
class CountedHours:
    """The first instant that is too late (UTC), and how it was found."""

    due_at: datetime
    lines: tuple[Line, ...]


def count_hours(
    term: Term,
    start: datetime,
    held: Sequence[tuple[datetime, datetime]],
    longer: Sequence[Longer],
    zone: ZoneInfo,
) -> CountedHours:
    """Return the end of a term in hours that runs from ``start``. ``held``: the spans taken out, in order, without overlaps."""
    lines: list[Line] = []
    now = start
    for length, line in [(term.length, None), *((more.by.length, _extended(more, term)) for more in longer)]:
        if line is not None:
            lines += [Line("raw_end", {"date": _date(now, start, zone)}), line]
        now = _run(timedelta(hours=length), now, held, lines, zone, reset=_resets(term))
    lines.append(Line("raw_end", {"date": _date(now, start, zone)}))
    return CountedHours(now, tuple(lines))


def _run(
    length: timedelta,
    now: datetime,
    held: Sequence[tuple[datetime, datetime]],
    lines: list[Line],
    zone: ZoneInfo,
    *,
    reset: bool,
) -> datetime:
    left, begun = length, len(lines)
    for start, end in held:
        if end <= now:
            continue
        if start >= now + left:
            break
        if start > now:
            lines.append(Line("counted_hours", _span(now, start, zone)))
            left -= start - now
            now = start
        lines.append(Line("not_counted_hours", _span(now, end, zone) | {"why": "suspended"}))
        now = end
        if reset:
            lines[begun:] = [Line("lapsed", x.params) if x.code == "counted_hours" else x for x in lines[begun:]]
            left = length
    if left:
        lines.append(Line("counted_hours", _span(now, now + left, zone)))
    return now + left


def _resets(term: Term) -> bool:
    return term.suspension is not None and term.suspension.remaining is Remaining.RESET


def _extended(more: Longer, term: Term) -> Line:
    basis = term.extension.legal_basis if term.extension is not None else ""
    said = {"noticed_at": more.noticed, "length": more.by.length, "unit": str(more.by.unit), "counted_from": "raw"}
    return Line("extended", said | {"legal_basis": basis})


def _span(start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    secs = (end - start).total_seconds()
    local = {"from": start.astimezone(zone).isoformat(), "to": end.astimezone(zone).isoformat()}
    return local | {"seconds": int(secs) if secs == int(secs) else secs}


def _date(end: datetime, start: datetime, zone: ZoneInfo) -> str:
    return last_day(end, start, zone).isoformat()


def last_day(due_at: datetime, start: datetime, zone: ZoneInfo) -> date:
    """Return the local day in which the last instant before ``due_at`` lies."""
    return max(due_at - timedelta(microseconds=1), start).astimezone(zone).date()
