"""When whom to call: the rungs of a rule's escalation ladder, and the margin in which a person can still act.

Each rung stands at a level, and a level has one word everywhere (incidents, events, ``levels`` of ``alerts.yaml``, labels):

    80%      so much of the running time has passed (1% to 100%)
    1wd      09:00 of the day so many working days before the last day (0wd: of the last day itself)
    expiry   the term has run out
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.calendar import Calendar
from gateway.domain.course import Course
from gateway.domain.term import morning_before
from gateway.domain.term_rule import Rung, Term, Unit

#: The word of the level at which the term has run out.
EXPIRY: Final = "expiry"
#: Every word of a level.
LEVEL: Final = re.compile(r"(?P<percent>[1-9][0-9]?|100)%|(?P<days>0|[1-9][0-9]{0,2})wd|expiry")


def level_of(rung: Rung) -> str:
    """Return the word of the level at which a rung stands."""
    if rung.percent is not None:
        return f"{rung.percent}%"
    return EXPIRY if rung.working_days_before is None else f"{rung.working_days_before}wd"


def ladder(term: Term, course: Course, calendar: Calendar, time_zone: str) -> tuple[tuple[Rung, datetime], ...]:
    """Return each rung with its instant (UTC) in order of time; nothing while there is no due instant.

    A percentage is of the time from trigger to end without what was suspended. A rung of working days before the end that
    would lie before the trigger is left out: the next one tells.
    """
    if course.due_at is None or course.date is None or course.started_at is None:
        return ()
    found = []
    for rung in term.escalation:
        if rung.percent is not None:
            at = _share(rung.percent, course.started_at, course.due_at, course.held)
        elif rung.working_days_before is not None:
            at, _ = morning_before(rung.working_days_before, course.date, calendar, ZoneInfo(time_zone))
        else:
            at = course.due_at
        if at > course.started_at:
            found.append((rung, at))
    return tuple(sorted(found, key=lambda pair: pair[1]))


def _share(percent: int, start: datetime, end: datetime, held: tuple[tuple[datetime, datetime], ...]) -> datetime:
    inside = [(max(a, start), min(b, end)) for a, b in held if a < end and b > start]
    running = (end - start) - sum((b - a for a, b in inside), timedelta())
    left = running * percent / 100
    now = start
    for a, b in inside:
        if left <= a - now:
            break
        left -= a - now
        now = b
    return now + left


def margin_at(term: Term, course: Course, calendar: Calendar, time_zone: str) -> datetime | None:
    """Return when a person has to take over (UTC), so that paper or a telephone call is still in time; ``None`` without a
    margin or a due instant. Working days before the end are at 09:00 local."""
    if term.margin is None or course.due_at is None or course.date is None:
        return None
    match term.margin.unit:
        case Unit.HOURS:
            return course.due_at - timedelta(hours=term.margin.length)
        case Unit.WORKING_DAYS:
            return morning_before(term.margin.length, course.date, calendar, ZoneInfo(time_zone))[0]
    return course.due_at - timedelta(days=term.margin.length)
