"""A simulated year: cases with suspensions and extensions, a decree in the middle of it, and an oracle that counts slowly."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain.calendar import Calendar, DayKind, DayOff, WorkingDay
from gateway.domain.course import Course, event_from_json, event_to_json, follow
from gateway.domain.term_json import term_from_json, term_to_json
from tests.unit.clock.cases import Lived, live, utc

CALENDARS = ("UZ-5", "UZ-6", "KG-5", "KG-6", "KZ-5", "KZ-6")
#: What a decree of 30 June 2026 says in this world: days off in July and September, and a week-end that works for them.
DAYS_OFF = [date(2026, 7, day) for day in (6, 7, 8, 9, 10)] + [date(2026, 9, day) for day in (14, 15, 16)]
OFF = {day: DayOff(DayKind.ADDITIONAL, {"en": "Additional day off"}, "decree of 30 June") for day in DAYS_OFF}
WORKS = {date(2026, 9, 19): WorkingDay("decree of 30 June"), date(2026, 9, 20): WorkingDay("decree of 30 June")}


def amended(calendar: Calendar) -> Calendar:
    return calendar.amended("decree", off=OFF, working=WORKS)


def check(lived: Lived, calendar: Calendar) -> Course:
    course = follow(lived.term, lived.events, calendar, lived.zone, accepted=True)
    expected = lived.expected(calendar)
    got = (course.raw, course.date, course.due_at)
    assert got == (expected.raw, expected.last, expected.due_at), (lived, calendar.version, expected)
    return course


def year(cases: int, seed_: int) -> Counter[str]:
    """Live ``cases`` cases through 2026 and compare each with the oracle, before the decree and after it."""
    rnd = Random(seed_)  # noqa: S311 # a repeatable year
    seen: Counter[str] = Counter()
    for number in range(cases):
        before = seed(CALENDARS[number % len(CALENDARS)])
        after = amended(before)
        early = rnd.random() < 0.7
        since, days = ("2026-01-01T00:00:00", 180) if early else ("2026-06-30T00:00:00", 184)
        lived = live(rnd, before.id, before if early else after, utc(since), days)
        first = check(lived, before) if early else None
        course = check(lived, after)
        seen["moved by the decree"] += first is not None and first.due_at != course.due_at
        seen[str(lived.term.unit)] += 1
        seen["suspended"] += bool(course.held)
        seen["extended"] += bool(course.extensions)
        seen.update(f"refused: {code}" for code in lived.refused)
        stored = follow(
            term_from_json(term_to_json(lived.term)),
            [event_from_json(event_to_json(event)) for event in lived.events],
            after,
            lived.zone,
            accepted=True,
        )
        assert stored == course  # recomputing from what is stored gives the stored date
        adds_up(lived, course)
    return seen


def adds_up(lived: Lived, course: Course) -> None:
    """The counted lines of a derivation add up to its term and extensions; no line but them counts."""
    assert lived.term.extension is not None and course.raw is not None
    hours, days = timedelta(), 0
    in_days = {"hours": 0, "calendar_days": 1, "working_days": 1, "weeks": 7}
    lengths: list[int | str] = []
    for line in course.explanation:
        if line.code == "counted_hours":
            hours += timedelta(seconds=line.params["seconds"])
        elif line.code == "counted":
            days += line.params["days"]
        elif line.code in ("rule", "extended"):
            unit = line.params["unit"]
            lengths.append(line.params["length"] * in_days[unit] if unit in in_days else "months")
        elif line.code == "length_in_days":  # the last word on the piece that is being counted (a reset has another)
            lengths[-1] = line.params["days"]
    if lived.term.unit == "hours":
        longer = sum(line.params["length"] for line in course.explanation if line.code == "extended")
        assert hours == timedelta(hours=lived.term.length + longer)
    else:
        assert days == sum(int(length) for length in lengths)
        counted = [line.params["to"] for line in course.explanation if line.code == "counted"]
        assert counted[-1] == course.raw.isoformat()


@pytest.mark.parametrize("part", range(4))
def test_a_year_of_cases_agrees_with_the_oracle(part: int) -> None:
    seen = year(500, 2026 + part)
    for what in ("suspended", "extended", "moved by the decree", "refused: after_expiry", "refused: notice_after_expiry"):
        assert seen[what] > 3, (what, seen)
    assert all(seen[unit] > 20 for unit in ("hours", "calendar_days", "working_days", "weeks", "months", "years"))
