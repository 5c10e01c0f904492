"""Clocks in worlds that no law knows: made-up weeks and decrees, zones that put their clocks on, times at the edges of days."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from gateway.catalogue.calendars import IDS, seed
from gateway.domain.calendar import Calendar, DayKind, DayOff, WorkingDay
from gateway.domain.course import ClockEvent, ClockRefused, Extended, Resumed, Suspended, Triggered, follow, may_follow
from gateway.domain.term_rule import LastInstant, Unit
from tests.oracles.terms import Happened, answer
from tests.unit.clock.cases import Lived, as_rule, random_term
from tests.unit.clock.test_year import adds_up

#: São Paulo, Beirut and Havana put their clocks on at midnight; Lord Howe by half an hour.
ZONES = (
    *("Asia/Tashkent", "Asia/Bishkek", "Asia/Almaty", "Asia/Kathmandu", "UTC", "Europe/Berlin", "America/New_York"),
    *("America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "Africa/Casablanca"),
)
EDGES = (time(0), time(12, 30), time(16), time(23, 59, 59, 999999))
YEARS = (2016, 2017, 2018, 2019, 2020, 2023, 2024, 2026, 2027, 2028)


def made_up(rnd: Random) -> Calendar:
    """Return a calendar: a seeded one, or a week of any length with days off and working days anywhere."""
    if rnd.random() < 0.4:
        return seed(rnd.choice(IDS))
    weekend, since = frozenset(rnd.sample(range(7), rnd.choice([0, 1, 1, 2, 2, 2, 3, 5, 6]))), date(rnd.choice(YEARS), 1, 1)
    off: dict[date, DayOff] = {}
    working: dict[date, WorkingDay] = {}
    for day in {since + timedelta(rnd.randrange(1400)) for _ in range(rnd.randint(0, 60))}:
        if rnd.random() < 0.6:
            off[day] = DayOff(DayKind.ADDITIONAL)
        elif day.weekday() in weekend:
            working[day] = WorkingDay("decree")
    return Calendar("XX-5", "1", "XX", weekend, off, working, frozenset([since.year]))


def moment(rnd: Random, zone: ZoneInfo, since: datetime, within: timedelta) -> datetime:
    """Return an instant after ``since``, with a taste for the edges of days and for ``since`` itself."""
    at, taste = since + timedelta(seconds=rnd.randrange(int(within.total_seconds()))), rnd.random()
    if taste < 0.35:
        edge = datetime.combine(at.astimezone(zone).date(), rnd.choice(EDGES), zone)
        at = edge.astimezone(UTC) + timedelta(microseconds=rnd.choice([-1, 0, 0, 1]))
    elif taste < 0.45:
        at = since
    return max(at, since)


def check(rnd: Random, seen: Counter[str]) -> None:
    calendar, zone, term = made_up(rnd), ZoneInfo(rnd.choice(ZONES)), random_term(rnd)
    closing = None
    if term.unit is not Unit.HOURS and not term.first_day_counted and rnd.random() < 0.3:
        term, closing = replace(term, last_instant=LastInstant.CLOSING), time(18)
    now = moment(rnd, zone, datetime(rnd.choice(YEARS), rnd.randint(1, 12), rnd.randint(1, 28), tzinfo=UTC), timedelta(4))
    start, step = now, timedelta(3 if term.unit is Unit.HOURS else rnd.choice([1, 6, 20]))
    events: list[ClockEvent] = [Triggered(now)]
    spans: list[tuple[str, datetime, datetime]] = []
    open_: dict[str, datetime] = {}

    def accepted(event: ClockEvent) -> bool:
        try:
            may_follow(term, events, event, calendar, zone.key, closing=closing)
        except ClockRefused as error:
            seen[error.code] += 1
            return False
        events.append(event)
        return True

    for _ in range(rnd.choice([0, 1, 2, 4, 7, 10])):
        now = moment(rnd, zone, now, step)
        at, ground = now.astimezone(rnd.choice([UTC, zone])), rnd.choice(["expertise", "supplement"])
        if rnd.random() < 0.25:
            accepted(Extended(at, rnd.choice([None, 1, 1])))
        elif ground in open_ and rnd.random() < 0.8:
            if accepted(Resumed(at, ground)):
                spans.append((ground, open_.pop(ground), now))
        elif accepted(Suspended(at, ground)):
            if ground in open_:  # it had lapsed, and began anew
                spans.append((ground, open_[ground], now))
            open_[ground] = now
    for ground in sorted(open_):
        now = moment(rnd, zone, now, step)
        if not accepted(Resumed(now, ground)):
            events.append(Resumed(now, ground))
        spans.append((ground, open_[ground], now))
    assert term.extension is not None
    longer = [e.length or term.extension.length for e in events if isinstance(e, Extended)]
    happened = Happened(sorted(spans, key=lambda span: span[1]), longer)
    expected = answer(as_rule(term), start, zone.key, calendar.is_working_day, happened, closing)
    course = follow(term, events, calendar, zone.key, accepted=True, closing=closing)
    got = (course.raw, course.date, course.due_at)
    assert got == (expected.raw, expected.last, expected.due_at), (term, calendar, zone, events)
    adds_up(Lived(term, zone.key, calendar.id, events, []), course)
    seen.update({"suspended": bool(spans), "extended": bool(longer), "closing": closing is not None, str(term.unit): 1})


@pytest.mark.parametrize("part", range(4))
def test_it_agrees_with_the_oracle_there_too(part: int) -> None:
    seen: Counter[str] = Counter()
    for number in range(250):
        check(Random(1_000_000 * part + number), seen)  # noqa: S311 # a world by its number
    assert all(seen[what] > 10 for what in ("suspended", "extended", "closing", "after_expiry", *map(str, Unit))), seen
