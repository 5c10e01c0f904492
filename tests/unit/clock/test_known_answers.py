"""Known answers. Each row names its source; those that only the oracle knows are marked ``oracle``."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain.calendar import Calendar, DayKind, DayOff
from gateway.domain.course import ClockEvent, Extended, Resumed, Suspended, Triggered, follow
from gateway.domain.term import due
from gateway.domain.term_rule import (
    AfterCutOff,
    CountedFrom,
    Extension,
    Ground,
    LastInstant,
    OnDayOff,
    Suspension,
    Term,
    Unit,
)
from tests.oracles.terms import Happened, Rule, answer

ZONES = {"UZ": "Asia/Tashkent", "KG": "Asia/Bishkek", "KZ": "Asia/Almaty", "EU": "Europe/Brussels"}
ISSUE = "known answers given with the order for the engine"
REG = "Regulation (EEC, Euratom) 1182/71 art. "
UZ, KG, KZ, DE = (
    "Civil Code of Uzbekistan art. ",
    "Civil Code of Kyrgyzstan art. ",
    "Civil Code of Kazakhstan art. ",
    "BGB section ",
)
ORACLE = "oracle"
#: A five-day week with the holidays that the rows of the Regulation and of the German code need.
EU = Calendar(
    "EU-5",
    "1",
    "EU",
    frozenset({5, 6}),
    {date(2026, 1, 1): DayOff(DayKind.HOLIDAY), date(2026, 4, 6): DayOff(DayKind.HOLIDAY)},
    decided_years=frozenset(range(2023, 2030)),
)


def working(length: int, **more: object) -> Term:
    return Term(length, Unit.WORKING_DAYS, **more)  # type: ignore[arg-type]


def days(length: int, **more: object) -> Term:
    return Term(length, Unit.CALENDAR_DAYS, **more)  # type: ignore[arg-type]


def months(length: int, **more: object) -> Term:
    return Term(length, Unit.MONTHS, **more)  # type: ignore[arg-type]


def calendar_of(id_: str) -> Calendar:
    return EU if id_ == "EU-5" else seed(id_)


CUT = {"cut_off": "16:00"}
FORWARD = {"on_day_off": OnDayOff.ROLL_FORWARD}
TWO_DAYS = {"least_working_days": 2}

PLAIN: list[tuple[str, str, Term, str, str, str]] = [
    ("UZ-5", "2026-12-07T10:00", working(5), "2026-12-14", "2026-12-14", ISSUE),
    ("UZ-5", "2026-12-11T10:00", working(1), "2026-12-12", "2026-12-12", ISSUE),
    ("UZ-5", "2026-11-27T10:00", days(15), "2026-12-12", "2026-12-12", ISSUE),
    ("KG-5", "2026-11-27T10:00", days(15), "2026-12-12", "2026-12-14", ISSUE),
    ("UZ-5", "2026-05-12T10:00", working(15), "2026-06-05", "2026-06-05", ISSUE),
    ("UZ-5", "2026-12-30T10:00", working(1), "2027-01-04", "2027-01-04", ISSUE),
    ("UZ-5", "2026-08-01T10:00", days(30), "2026-08-31", "2026-09-02", ISSUE),
    ("KG-5", "2026-04-20T10:00", working(20), "2026-05-26", "2026-05-26", ISSUE),
    ("KG-5", "2026-04-01T10:00", days(30), "2026-05-01", "2026-05-11", ISSUE),
    ("KG-5", "2026-04-20T10:00", working(10), "2026-05-12", "2026-05-12", ISSUE),
    ("UZ-5", "2026-07-02T10:00", working(15), "2026-07-23", "2026-07-23", ISSUE),
    ("KG-5", "2026-04-17T10:00", days(14), "2026-05-01", "2026-05-11", ISSUE),
    ("UZ-5", "2027-01-31T10:00", months(1, roll=False), "2027-02-28", "2027-02-28", ISSUE),
    ("UZ-5", "2028-01-29T10:00", months(1, roll=False), "2028-02-29", "2028-02-29", ISSUE),
    ("UZ-5", "2017-10-10T15:59", days(14, **CUT), "2017-10-24", "2017-10-24", ISSUE),
    ("UZ-5", "2017-10-10T15:59:59", days(14, **CUT), "2017-10-24", "2017-10-24", ISSUE),
    ("UZ-5", "2017-10-10T16:00", days(14, **CUT), "2017-10-25", "2017-10-25", ISSUE),
    # 3(1), second sentence: the day of the event is not counted; 3(4): the end moves to the next working day.
    ("EU-5", "2026-03-02T10:00", days(10), "2026-03-12", "2026-03-12", REG + "3(1)"),
    ("EU-5", "2026-03-18T10:00", days(10), "2026-03-28", "2026-03-30", REG + "3(4)"),
    ("EU-5", "2026-03-30T10:00", days(7), "2026-04-06", "2026-04-07", REG + "3(4), Easter Monday"),
    # 3(2)(c): weeks and months end with the last hour of the day of the same name or date, else of the month's last day.
    ("EU-5", "2026-03-03T10:00", Term(2, Unit.WEEKS), "2026-03-17", "2026-03-17", REG + "3(2)(c)"),
    ("EU-5", "2026-03-15T10:00", months(1), "2026-04-15", "2026-04-15", REG + "3(2)(c)"),
    ("EU-5", "2023-12-31T10:00", months(2), "2024-02-29", "2024-02-29", REG + "3(2)(c)"),
    ("EU-5", "2024-02-29T10:00", Term(1, Unit.YEARS), "2025-02-28", "2025-02-28", REG + "3(2)(c)"),
    # 3(5): a period of two days or more includes at least two working days.
    ("EU-5", "2026-03-06T10:00", days(3, **TWO_DAYS), "2026-03-09", "2026-03-10", REG + "3(5)"),
    ("EU-5", "2026-03-02T10:00", days(2, **TWO_DAYS), "2026-03-04", "2026-03-04", REG + "3(5)"),
    ("EU-5", "2026-04-03T10:00", days(3, **TWO_DAYS), "2026-04-06", "2026-04-08", REG + "3(4), 3(5)"),
    # The term runs from the day after the event; months and years end on the corresponding day, or the month's last.
    ("UZ-5", "2026-06-10T10:00", days(5, roll=False), "2026-06-15", "2026-06-15", UZ + "146"),
    ("UZ-5", "2026-01-31T10:00", months(3, roll=False), "2026-04-30", "2026-04-30", UZ + "147"),
    ("UZ-5", "2026-02-10T10:00", Term(1, Unit.YEARS, roll=False), "2027-02-10", "2027-02-10", UZ + "147"),
    ("UZ-5", "2026-06-03T10:00", Term(1, Unit.WEEKS), "2026-06-10", "2026-06-10", UZ + "147"),
    ("UZ-5", "2026-06-10T10:00", days(3), "2026-06-13", "2026-06-15", UZ + "148"),
    ("KG-5", "2026-08-31T10:00", months(1, roll=False), "2026-09-30", "2026-09-30", KG + "193"),
    ("KG-5", "2026-06-09T10:00", days(5), "2026-06-14", "2026-06-15", KG + "194"),
    ("KZ-5", "2025-10-31T10:00", months(1, roll=False), "2025-11-30", "2025-11-30", KZ + "174"),
    ("KZ-5", "2025-06-11T10:00", days(3), "2025-06-14", "2025-06-16", KZ + "175"),
    # 187(2), 188(2) and (3): where the first day counts, the term ends on the day before the corresponding one.
    ("EU-5", "2026-02-01T10:00", months(1, roll=False, first_day_counted=True), "2026-02-28", "2026-02-28", DE + "188(2)"),
    ("EU-5", "2026-03-16T10:00", months(1, roll=False, first_day_counted=True), "2026-04-15", "2026-04-15", DE + "188(2)"),
    ("EU-5", "2026-01-31T10:00", months(1, roll=False, first_day_counted=True), "2026-02-28", "2026-02-28", DE + "188(3)"),
    ("EU-5", "2026-03-02T10:00", days(10, first_day_counted=True), "2026-03-11", "2026-03-11", DE + "187(2)"),
    ("UZ-5", "2026-12-12T10:00", working(1, first_day_counted=True), "2026-12-12", "2026-12-12", ORACLE),
    ("UZ-5", "2026-12-05T10:00", working(2, **FORWARD), "2026-12-10", "2026-12-10", ORACLE),
    ("UZ-5", "2026-12-05T10:00", working(2), "2026-12-09", "2026-12-09", ORACLE),
    ("UZ-5", "2026-12-04T16:00", days(7, **CUT), "2026-12-14", "2026-12-14", ORACLE),
    ("UZ-5", "2026-12-04T16:00", days(7, after_cut_off=AfterCutOff.NEXT_DAY, **CUT), "2026-12-12", "2026-12-12", ORACLE),
    ("UZ-5", "2026-12-05T17:00", days(7, **CUT, **FORWARD), "2026-12-14", "2026-12-14", ORACLE),
]


@pytest.mark.parametrize(("id_", "received", "term", "raw", "last", "source"), PLAIN)
def test_plain_terms(id_: str, received: str, term: Term, raw: str, last: str, source: str) -> None:
    zone = ZoneInfo(ZONES[id_[:2]])
    at, calendar = datetime.fromisoformat(received).replace(tzinfo=zone), calendar_of(id_)
    end = due(term, at, calendar, zone.key)
    assert (end.raw.isoformat(), end.date.isoformat()) == (raw, last), source
    assert end.due_at == datetime.combine(end.date + timedelta(1), time.min, zone)
    rule = Rule(
        term.length,
        str(term.unit),
        term.roll,
        term.first_day_counted,
        str(term.on_day_off),
        term.cut_off,
        str(term.after_cut_off),
        term.least_working_days,
    )
    assert answer(rule, at, zone.key, calendar.is_working_day, Happened()).last == end.date, "the oracle says otherwise"


RULE = Suspension((Ground("supplement"),))


def through(id_: str, received: str, term: Term, *events: ClockEvent) -> tuple[str | None, str | None]:
    zone = ZoneInfo(ZONES[id_[:2]])
    course = follow(term, [Triggered(at(received, zone)), *events], seed(id_), zone.key)
    return course.raw and course.raw.isoformat(), course.date and course.date.isoformat()


def at(day: str, zone: ZoneInfo, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), zone)


@pytest.mark.parametrize(
    ("id_", "received", "length", "first", "last", "end"),
    [
        ("KG-5", "2026-04-20", 10, "2026-04-24", "2026-05-10", "2026-05-19"),
        ("UZ-5", "2026-07-02", 15, "2026-07-07", "2026-07-16", "2026-08-04"),
    ],
)
def test_suspended_terms(id_: str, received: str, length: int, first: str, last: str, end: str) -> None:
    """Source: ISSUE. The last day suspended is named; resumed on it at 10:00 or at its end is the same."""
    zone, term = ZoneInfo(ZONES[id_[:2]]), working(length, suspension=RULE)
    stop = Suspended(at(first, zone), "supplement")
    assert through(id_, received, term, stop, Resumed(at(last, zone)))[1] == end
    assert through(id_, received, term, stop, Resumed(at(last, zone, 0) + timedelta(1)))[1] == end


@pytest.mark.parametrize(("counted_from", "end"), [(CountedFrom.RAW, "2026-05-15"), (CountedFrom.ROLLED, "2026-05-25")])
def test_extended_terms(counted_from: CountedFrom, end: str) -> None:
    """Source: ISSUE."""
    term = days(14, extension=Extension(14, Unit.CALENDAR_DAYS, counted_from=counted_from))
    notice = Extended(at("2026-04-30", ZoneInfo(ZONES["KG"])))
    assert through("KG-5", "2026-04-17", term, notice) == (end, end)


def test_the_decree_for_28_and_29_may_moved_the_date_and_the_new_year_is_provisional() -> None:
    """Source: ISSUE."""
    after = seed("UZ-5")
    before = after.amended("before", plain=[date(2026, 5, 28), date(2026, 5, 29)])
    received = at("2026-05-12", ZoneInfo(ZONES["UZ"]))
    ends = [due(working(15), received, calendar, ZONES["UZ"]).date.isoformat() for calendar in (before, after)]
    assert ends == ["2026-06-03", "2026-06-05"]
    assert due(working(1), at("2026-12-30", ZoneInfo(ZONES["UZ"])), after, ZONES["UZ"]).provisional


def test_hours_are_counted_to_the_second_and_do_not_roll() -> None:
    """Source: Regulation 1182/71 art. 3(4), "expressed otherwise than in hours"."""
    zone = ZoneInfo(ZONES["UZ"])
    received = datetime(2026, 12, 4, 10, 0, 7, tzinfo=zone)
    end = due(Term(48, Unit.HOURS), received, seed("UZ-5"), zone.key)
    assert end.due_at == received + timedelta(hours=48) and end.date == date(2026, 12, 6)  # a Sunday


def test_the_last_day_may_end_when_the_office_closes() -> None:
    term, zone = working(1, last_instant=LastInstant.CLOSING), ZoneInfo(ZONES["UZ"])
    end = due(term, at("2026-12-09", zone), seed("UZ-5"), zone.key, time(18))
    assert end.due_at == datetime(2026, 12, 10, 18, tzinfo=zone)
    with pytest.raises(ValueError, match="closing time is needed"):
        due(term, at("2026-12-09", zone), seed("UZ-5"), zone.key)
    today = replace(term, first_day_counted=True)
    late = due(today, at("2026-12-09", zone, 19), seed("UZ-5"), zone.key, time(18))
    assert late.due_at == datetime(2026, 12, 10, 18, tzinfo=zone)  # it had closed: the next closing is the first to keep
