"""Known answers. Each row names its source; those that only the oracle knows are marked ``oracle``.

A source is one of three things: a published worked example, whose dates are taken as they are; a published decree, whose
days are counted; or the text of a rule, applied here to dates of our own. Articles whose text was not at hand when the
row was written say ``not looked up``: they rest on the oracle until somebody does.

``holidays`` of the pinned version disagrees with none of the answers given with the order: ``test_the_library_alone``
counts them by its days, past our own tables.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
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
    "not looked up: Civil Code of Kyrgyzstan art. ",
    "not looked up: Civil Code of Kazakhstan art. ",
    "BGB section ",
)
TOETERS = "ECJ C-171/03, Toeters and Verberk: its rule for weeks, from the days of slaughter in the case"
KOTZ = "worked example, ra-kotz.de/monatsfrist.htm"
BAILIFFS = "worked example of GVGA no. 9 (instructions for German bailiffs until July 2012)"
CLUBS = "worked example, vereinsgruendung.info, Fristen nach dem BGB"
UZ_2023 = "decree on 2023 as reported by uz.kursiv.media (p=357321)"
UZ_2026 = "decree on 2026 as reported by vzglyad.uz on 25 December 2025"
UZ_2020 = "decree on 2020 as reported by kun.uz on 16 August 2020"
KG_2023 = "decision on 2023 as reported by bulak.kg on 16 December 2022"
KG_2026 = "Labour Code of 2025 as reported by mts.kg (no. 18119) and sayasat.kg (no. 138983)"
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
    ("EU-5", "2026-03-06T10:00", days(3, **TWO_DAYS), "2026-03-09", "2026-03-10", "not looked up: " + REG + "3(5)"),
    ("EU-5", "2026-03-02T10:00", days(2, **TWO_DAYS), "2026-03-04", "2026-03-04", "not looked up: " + REG + "3(5)"),
    ("EU-5", "2026-04-03T10:00", days(3, **TWO_DAYS), "2026-04-06", "2026-04-08", "not looked up: " + REG + "3(4), 3(5)"),
    # The term runs from the day after the event; months and years end on the corresponding day, or the month's last.
    ("UZ-5", "2026-06-10T10:00", days(5, roll=False), "2026-06-15", "2026-06-15", UZ + "146"),
    ("UZ-5", "2026-01-31T10:00", months(3, roll=False), "2026-04-30", "2026-04-30", UZ + "147"),
    ("UZ-5", "2026-02-10T10:00", Term(1, Unit.YEARS, roll=False), "2027-02-10", "2027-02-10", UZ + "147"),
    ("UZ-5", "2026-06-03T10:00", Term(1, Unit.WEEKS), "2026-06-10", "2026-06-10", UZ + "147"),
    ("UZ-5", "2026-06-10T10:00", days(3), "2026-06-13", "2026-06-15", "not looked up: " + UZ + "148"),
    ("KG-5", "2026-08-31T10:00", months(1, roll=False), "2026-09-30", "2026-09-30", KG + "193"),
    ("KG-5", "2026-06-09T10:00", days(5), "2026-06-14", "2026-06-15", KG + "194"),
    ("KZ-5", "2025-10-31T10:00", months(1, roll=False), "2025-11-30", "2025-11-30", KZ + "174"),
    ("KZ-5", "2025-06-11T10:00", days(3), "2025-06-14", "2025-06-16", KZ + "175"),
    # 187(2), 188(2) and (3): where the first day counts, the term ends on the day before the corresponding one.
    ("EU-5", "2026-02-01T10:00", months(1, roll=False, first_day_counted=True), "2026-02-28", "2026-02-28", DE + "188(2)"),
    ("EU-5", "2026-03-16T10:00", months(1, roll=False, first_day_counted=True), "2026-04-15", "2026-04-15", DE + "188(2)"),
    ("EU-5", "2026-01-31T10:00", months(1, roll=False, first_day_counted=True), "2026-02-28", "2026-02-28", DE + "188(3)"),
    ("EU-5", "2026-03-02T10:00", days(10, first_day_counted=True), "2026-03-11", "2026-03-11", DE + "187(2)"),
    # Published examples. Where one names no year, a year was taken in which its days of the week are right.
    *(
        ("EU-5", f"{day}T10:00", Term(3, Unit.WEEKS), end, end, TOETERS)
        for day, end in [
            ("1998-03-12", "1998-04-02"),
            ("1998-03-13", "1998-04-03"),
            ("1998-03-16", "1998-04-06"),
            ("1998-01-27", "1998-02-17"),
            ("1998-01-28", "1998-02-18"),
        ]
    ),
    ("EU-5", "2001-04-04T10:00", months(1), "2001-05-04", "2001-05-04", KOTZ),
    ("EU-5", "2001-01-31T10:00", months(1), "2001-02-28", "2001-02-28", KOTZ),
    ("EU-5", "2001-02-28T10:00", months(1), "2001-03-28", "2001-03-28", KOTZ),
    ("EU-5", "2001-04-05T10:00", months(1), "2001-05-05", "2001-05-07", KOTZ),
    ("EU-5", "2011-07-13T10:00", Term(1, Unit.WEEKS), "2011-07-20", "2011-07-20", BAILIFFS),
    ("EU-5", "2010-03-31T10:00", months(1), "2010-04-30", "2010-04-30", BAILIFFS),
    ("EU-5", "2011-10-07T10:00", days(4), "2011-10-11", "2011-10-11", CLUBS),
    ("EU-5", "2011-10-04T10:00", Term(5, Unit.WEEKS, first_day_counted=True), "2011-11-07", "2011-11-07", CLUBS),
    ("EU-5", "2011-06-01T10:00", days(14), "2011-06-15", "2011-06-15", "worked example, dein-gesetz.de on BGB section 187"),
    ("EU-5", "2023-10-02T10:00", days(14), "2023-10-16", "2023-10-16", "CPR of England and Wales 2.8(3), example (iii)"),
    # Days that a decree moved or gave, as they were published, counted one by one.
    ("UZ-5", "2020-08-28T10:00", working(1), "2020-08-29", "2020-08-29", UZ_2020),
    ("UZ-5", "2020-08-28T10:00", working(2), "2020-09-02", "2020-09-02", UZ_2020),
    ("UZ-5", "2022-12-30T10:00", working(1), "2023-01-04", "2023-01-04", UZ_2023),
    ("UZ-5", "2023-01-06T10:00", working(1), "2023-01-07", "2023-01-07", UZ_2023),
    ("UZ-5", "2023-03-10T10:00", working(1), "2023-03-11", "2023-03-11", UZ_2023),
    ("UZ-5", "2023-03-17T10:00", working(1), "2023-03-23", "2023-03-23", UZ_2023),
    ("UZ-6", "2023-03-18T10:00", working(1), "2023-03-23", "2023-03-23", UZ_2023),
    ("UZ-6", "2023-06-29T10:00", working(1), "2023-07-03", "2023-07-03", UZ_2023),
    ("UZ-6", "2023-04-21T10:00", days(3), "2023-04-24", "2023-04-25", UZ_2023),
    ("UZ-5", "2026-08-28T10:00", working(1), "2026-09-02", "2026-09-02", UZ_2026),
    ("UZ-6", "2026-05-26T10:00", working(1), "2026-06-01", "2026-06-01", UZ_2026),
    ("UZ-5", "2026-05-08T10:00", working(1), "2026-05-12", "2026-05-12", UZ_2026),
    ("UZ-6", "2026-05-08T10:00", working(1), "2026-05-11", "2026-05-11", UZ_2026),
    ("UZ-5", "2026-03-20T10:00", working(1), "2026-03-24", "2026-03-24", UZ_2026),
    ("KG-5", "2022-12-30T10:00", working(1), "2023-01-09", "2023-01-09", KG_2023),
    ("KG-5", "2023-02-24T10:00", working(1), "2023-02-25", "2023-02-25", KG_2023),
    ("KG-5", "2023-03-17T10:00", working(1), "2023-03-22", "2023-03-22", KG_2023),
    ("KG-5", "2023-05-04T10:00", working(1), "2023-05-10", "2023-05-10", KG_2023),
    ("KG-5", "2023-11-03T10:00", working(2), "2023-11-10", "2023-11-10", KG_2023),
    ("KG-5", "2026-02-20T10:00", working(1), "2026-02-23", "2026-02-23", KG_2026),
    ("KG-5", "2026-03-06T10:00", working(1), "2026-03-09", "2026-03-09", KG_2026),
    ("KG-5", "2026-04-30T10:00", working(1), "2026-05-11", "2026-05-11", KG_2026),
    ("KG-5", "2025-12-31T10:00", working(1), "2026-01-08", "2026-01-08", KG_2026),
    ("UZ-5", "2026-12-12T10:00", working(1, first_day_counted=True), "2026-12-12", "2026-12-12", ORACLE),
    ("UZ-5", "2026-12-05T10:00", working(2, **FORWARD), "2026-12-10", "2026-12-10", ORACLE),
    ("UZ-5", "2026-12-05T10:00", working(2), "2026-12-09", "2026-12-09", ORACLE),
    ("UZ-5", "2026-12-04T16:00", days(7, **CUT), "2026-12-14", "2026-12-14", ORACLE),
    ("UZ-5", "2026-12-04T16:00", days(7, after_cut_off=AfterCutOff.NEXT_DAY, **CUT), "2026-12-12", "2026-12-12", ORACLE),
    # Between a Friday's cut-off and Monday everybody is received on Monday; none who came later is due earlier.
    ("UZ-5", "2026-12-04T15:59:59", working(1, **CUT), "2026-12-07", "2026-12-07", ORACLE),
    ("UZ-5", "2026-12-04T16:00", working(1, **CUT), "2026-12-09", "2026-12-09", ORACLE),
    ("UZ-5", "2026-12-05T10:00", working(1, **CUT), "2026-12-09", "2026-12-09", ORACLE),
    ("UZ-5", "2026-12-06T23:59", working(1, **CUT), "2026-12-09", "2026-12-09", ORACLE),
    ("UZ-5", "2026-12-11T16:00", working(1, **CUT), "2026-12-14", "2026-12-14", ORACLE),  # received on Saturday 12, which works
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


@pytest.mark.parametrize("row", [row for row in PLAIN if row[-1] == ISSUE], ids=lambda row: f"{row[0]} {row[1][:10]}")
def test_the_library_alone(row: tuple[str, str, Term, str, str, str]) -> None:
    """The days of ``holidays`` itself, counted by the oracle: no table of ours has a say. It disagrees nowhere."""
    id_, received, term, raw, last, _ = row
    zone = ZoneInfo(ZONES[id_[:2]])
    at = datetime.fromisoformat(received).replace(tzinfo=zone)
    library = holidays.country_holidays(id_[:2], years=range(at.year - 1, at.year + 3))
    rule = Rule(term.length, str(term.unit), term.roll, cut_off=term.cut_off)
    found = answer(rule, at, zone.key, library.is_working_day, Happened())
    assert (found.raw.isoformat(), found.last.isoformat()) == (raw, last)


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


def test_a_month_and_a_half() -> None:
    """Source: worked example of the Free University of Berlin (netjura, no. 1677): a month first, then fifteen days."""
    zone, more = ZoneInfo(ZONES["EU"]), Extension(15, Unit.CALENDAR_DAYS)
    events: list[ClockEvent] = [Triggered(at("2005-01-17", zone)), Extended(at("2005-01-17", zone))]
    assert follow(months(1, extension=more), events, EU, zone.key).date == date(2005, 3, 4)
    leap: list[ClockEvent] = [Triggered(at("2004-01-17", zone)), Extended(at("2004-01-17", zone))]
    assert follow(months(1, extension=more), leap, EU, zone.key).raw == date(2004, 3, 3)


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
