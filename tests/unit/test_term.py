"""Terms: known answers, an independent slow count, and what must hold of any term."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.calendars import seed
from gateway.domain.calendar import Calendar, DayKind, DayOff
from gateway.domain.service import Silence, Term, Unit
from gateway.domain.term import due, term_from_json, term_to_json, warning_at
from tests.oracles.terms import Happened, Rule, answer

ZONES = {"UZ": "Asia/Tashkent", "KG": "Asia/Bishkek", "KZ": "Asia/Almaty"}


def at_ten(day: str, zone: str = "Asia/Tashkent") -> datetime:
    return datetime.combine(date.fromisoformat(day), time(10), ZoneInfo(zone)).astimezone(UTC)


def working(length: int, **fields: object) -> Term:
    return Term(length, Unit.WORKING_DAYS, **fields)  # type: ignore[arg-type]


def days(length: int, **fields: object) -> Term:
    return Term(length, Unit.CALENDAR_DAYS, **fields)  # type: ignore[arg-type]


# Known answers given with the order for this engine; they agree with holidays 0.109 throughout. KG 2026-04-17 and the
# cut-off example are here without the extension and the cut-off, which belong to the full engine.
@pytest.mark.parametrize(
    ("calendar", "start", "term", "raw", "last", "provisional"),
    [
        ("UZ-5", "2026-12-07", working(5), "2026-12-14", "2026-12-14", False),  # 8 December off, Saturday 12 works
        ("UZ-5", "2026-12-11", working(1), "2026-12-12", "2026-12-12", False),  # a working Saturday
        ("UZ-5", "2026-11-27", days(15), "2026-12-12", "2026-12-12", False),  # so rolling does not move it
        ("KG-5", "2026-11-27", days(15), "2026-12-12", "2026-12-14", False),  # in Kyrgyzstan it is a plain Saturday
        ("UZ-5", "2026-05-12", working(15), "2026-06-05", "2026-06-05", False),
        ("UZ-5", "2026-12-30", working(1), "2027-01-04", "2027-01-04", True),
        ("UZ-5", "2026-08-01", days(30), "2026-08-31", "2026-09-02", False),
        ("KG-5", "2026-04-20", working(20), "2026-05-26", "2026-05-26", False),
        ("KG-5", "2026-04-01", days(30), "2026-05-01", "2026-05-11", False),
        ("KG-5", "2026-04-20", working(10), "2026-05-12", "2026-05-12", False),
        ("UZ-5", "2026-07-02", working(15), "2026-07-23", "2026-07-23", False),
        ("KG-5", "2026-04-17", days(14), "2026-05-01", "2026-05-11", False),
        ("UZ-5", "2017-10-10", days(14), "2017-10-24", "2017-10-24", True),  # before the seeded years: the week alone
        # Six-day weeks, by the published decree of December 2025 (see test_calendar).
        ("UZ-6", "2026-12-07", working(5), "2026-12-14", "2026-12-14", False),
        ("UZ-6", "2026-12-29", working(1), "2026-12-30", "2026-12-30", False),
        ("UZ-6", "2026-12-30", working(1), "2027-01-02", "2027-01-02", True),
        ("UZ-6", "2026-05-26", working(1), "2026-06-01", "2026-06-01", False),
        ("UZ-6", "2026-03-20", working(2), "2026-03-24", "2026-03-24", False),
        # No roll: the term ends where it ends, and no calendar is asked.
        ("KG-5", "2026-04-01", days(30, roll=False), "2026-05-01", "2026-05-01", False),
        ("UZ-5", "2026-12-20", days(30, roll=False), "2027-01-19", "2027-01-19", False),
        # The edge of the known years: the end is decided by the first day of 2027, which no decree has fixed.
        ("UZ-5", "2026-12-16", days(15), "2026-12-31", "2027-01-04", True),
        ("UZ-5", "2026-12-15", days(15), "2026-12-30", "2026-12-30", False),
        # Length 0 ends on the day itself; on a day off it rolls.
        ("UZ-5", "2026-12-08", working(0), "2026-12-08", "2026-12-09", False),
        ("UZ-5", "2026-12-09", days(0), "2026-12-09", "2026-12-09", False),
    ],
)
def test_known_answers(calendar: str, start: str, term: Term, raw: str, last: str, provisional: bool) -> None:
    zone = ZONES[calendar[:2]]
    end = due(term, at_ten(start, zone), seed(calendar), zone)
    assert (end.raw.isoformat(), end.date.isoformat(), end.provisional) == (raw, last, provisional)
    assert end.due_at == datetime.combine(end.date + timedelta(1), time.min, ZoneInfo(zone)).astimezone(UTC)


def test_before_the_decree_for_28_and_29_may_the_date_was_another() -> None:
    after = seed("UZ-5")
    before = after.amended("before", plain=[date(2026, 5, 28), date(2026, 5, 29)])
    started = at_ten("2026-05-12")
    assert due(working(15), started, before, "Asia/Tashkent").date == date(2026, 6, 3)
    assert due(working(15), started, after, "Asia/Tashkent").date == date(2026, 6, 5)


@pytest.mark.parametrize(
    ("started", "zone", "first_day"),
    [
        ("2026-11-23T18:59:59+00:00", "Asia/Tashkent", "2026-11-24"),  # 23:59:59 on the 23rd: counted from the 24th
        ("2026-11-23T19:00:00+00:00", "Asia/Tashkent", "2026-11-25"),  # 00:00 on the 24th
        ("2026-11-23T18:00:00+00:00", "Asia/Bishkek", "2026-11-25"),
        ("2026-11-23T18:00:00+00:00", "UTC", "2026-11-24"),
        ("2026-11-24T00:30:00+05:00", "UTC", "2026-11-24"),  # the offset it came with does not matter
    ],
)
def test_the_day_of_the_trigger_is_the_offices_own(started: str, zone: str, first_day: str) -> None:
    end = due(working(1), datetime.fromisoformat(started), seed("UZ-5"), zone)
    assert end.date.isoformat() == first_day


def test_last_instant_is_24_hours_local() -> None:
    end = due(working(1), at_ten("2026-11-23"), seed("UZ-5"), "Asia/Tashkent")
    assert end.due_at == datetime(2026, 11, 24, 19, tzinfo=UTC)
    assert end.explanation[-1].params == {"date": "2026-11-24", "at": "2026-11-25T00:00:00+05:00"}


def test_explanation_tells_each_step() -> None:
    end = due(working(5, legal_basis="Law 1, art. 2"), at_ten("2026-12-07"), seed("UZ-5"), "Asia/Tashkent")
    lines = [(line.code, line.params.get("from"), line.params.get("to"), line.params.get("why")) for line in end.explanation]
    assert lines == [
        ("rule", None, None, None),
        ("started", None, None, None),
        ("not_counted", "2026-12-08", "2026-12-08", "holiday"),
        ("counted", "2026-12-09", "2026-12-11", "working"),
        ("counted", "2026-12-12", "2026-12-12", "moved_working"),
        ("not_counted", "2026-12-13", "2026-12-13", "weekend"),
        ("counted", "2026-12-14", "2026-12-14", "working"),
        ("raw_end", None, None, None),
        ("last_instant", None, None, None),
    ]
    by_code = {line.code: line.params for line in end.explanation}
    assert by_code["rule"]["legal_basis"] == "Law 1, art. 2" and by_code["rule"]["version"] == seed("UZ-5").version
    moved = end.explanation[4].params
    assert moved["decree"] == "lex.uz/docs/7938920" and moved["other"] == "2026-12-31"
    assert end.explanation[2].params["names"]["ru"] == "День Конституции"


def test_explanation_of_a_roll_and_of_uncertainty() -> None:
    end = due(days(15), at_ten("2026-12-16"), seed("UZ-5"), "Asia/Tashkent")
    assert [line.params["date"] for line in end.explanation if line.code == "rolled_over"] == [
        "2026-12-31",
        "2027-01-01",
        "2027-01-02",
        "2027-01-03",
    ]
    assert end.explanation[-1].code == "provisional" and end.explanation[-1].params == {"years": [2027]}


def test_bad_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        due(working(1), datetime(2026, 11, 23), seed("UZ-5"), "Asia/Tashkent")  # noqa: DTZ001 # the mistake under test
    with pytest.raises(ValueError, match="cannot be -1"):
        due(working(-1), at_ten("2026-11-23"), seed("UZ-5"), "Asia/Tashkent")
    with pytest.raises(KeyError):
        due(working(1), at_ten("2026-11-23"), seed("UZ-5"), "Asia/Nowhere")


@pytest.mark.parametrize(
    ("start", "term", "expected"),
    [
        ("2026-12-07", working(5), "2026-12-12T09:00"),  # one working day before Monday 14 is the working Saturday
        ("2026-12-07", working(5, warn_before=2), "2026-12-11T09:00"),
        ("2026-12-07", working(5, warn_before=0), "2026-12-14T09:00"),
        ("2026-11-23", working(1), "2026-11-24T09:00"),  # too short for a day before: the morning of the last day
        ("2026-11-23", working(0), None),  # received at 10:00, ends today: nothing left to warn of
        ("2026-12-07", working(5, warn_before=-1), None),
    ],
)
def test_warning(start: str, term: Term, expected: str | None) -> None:
    calendar, started = seed("UZ-5"), at_ten(start)
    end = due(term, started, calendar, "Asia/Tashkent")
    at = warning_at(term, end.date, started, calendar, "Asia/Tashkent")
    local = at.astimezone(ZoneInfo("Asia/Tashkent")).strftime("%Y-%m-%dT%H:%M") if at else None
    assert local == expected


def test_term_round_trip() -> None:
    term = Term(3, Unit.WORKING_DAYS, "UZ-6", "payment", "step place", Silence.GRANTED, False, 2, "Law 1")
    assert term_from_json(term_to_json(term)) == term
    with pytest.raises(ValueError, match="fortnights"):
        term_from_json(term_to_json(term) | {"unit": "fortnights"})


# --- what must hold of any term -------------------------------------------------------------------------------------

starts = st.datetimes(datetime(2018, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
units = st.sampled_from([unit for unit in Unit if unit is not Unit.HOURS])
in_days = st.builds(
    Term, st.integers(1, 60), units, roll=st.booleans(), warn_before=st.integers(0, 5), first_day_counted=st.booleans()
)
in_hours = st.builds(Term, st.integers(1, 600), st.just(Unit.HOURS), warn_before=st.integers(0, 5))
terms = st.one_of(in_days, in_hours)
calendars = st.sampled_from(["UZ-5", "UZ-6", "KG-5", "KG-6", "KZ-5", "KZ-6"]).map(seed)
zones = st.sampled_from([*ZONES.values(), "UTC", "America/Sao_Paulo", "Pacific/Apia"])


@given(terms, starts, calendars, zones)
def test_agrees_with_the_slow_count(term: Term, started: datetime, calendar: Calendar, zone: str) -> None:
    rule = Rule(term.length, str(term.unit), term.roll, term.first_day_counted)
    expected = answer(rule, started, zone, calendar.is_working_day, Happened())
    end = due(term, started, calendar, zone)
    assert (end.raw, end.date, end.due_at) == (expected.raw, expected.last, expected.due_at)


@given(terms, starts, st.timedeltas(timedelta(0), timedelta(40)), calendars, zones)
def test_a_later_receipt_is_never_due_earlier(
    term: Term, started: datetime, later: timedelta, calendar: Calendar, zone: str
) -> None:
    assert due(term, started, calendar, zone).due_at <= due(term, started + later, calendar, zone).due_at


@given(terms, starts, calendars, zones)
def test_the_end_is_after_the_start_and_rolls_only_forward(term: Term, started: datetime, calendar: Calendar, zone: str) -> None:
    end = due(term, started, calendar, zone)
    assert end.due_at > started and end.raw <= end.date
    assert not term.roll or term.unit is Unit.HOURS or calendar.is_working_day(end.date)


@given(in_days, starts, calendars, zones)
def test_the_days_of_the_explanation_add_up(term: Term, started: datetime, calendar: Calendar, zone: str) -> None:
    end = due(term, started, calendar, zone)
    day = started.astimezone(ZoneInfo(zone)).date() - timedelta(term.first_day_counted)
    length = {Unit.WEEKS: 7 * term.length}.get(term.unit, term.length)
    for line in end.explanation:
        if line.code == "length_in_days":
            length = line.params["days"]
        if line.code in ("counted", "not_counted"):
            assert date.fromisoformat(line.params["from"]) == day + timedelta(1)
            day = date.fromisoformat(line.params["to"])
    assert day == end.raw
    assert sum(line.params["days"] for line in end.explanation if line.code == "counted") == length


@given(terms, starts, calendars, zones)
def test_the_warning_lies_between_start_and_end(term: Term, started: datetime, calendar: Calendar, zone: str) -> None:
    end = due(term, started, calendar, zone)
    at = warning_at(term, end.date, started, calendar, zone)
    assert at is None or started < at < end.due_at


@given(terms, starts, calendars, st.integers(0, 80))
def test_a_further_day_off_never_shortens(term: Term, started: datetime, calendar: Calendar, offset: int) -> None:
    extra = (started + timedelta(offset)).date()
    amended = calendar.amended("more", off={extra: DayOff(DayKind.ADDITIONAL)})
    assert due(term, started, calendar, "UTC").due_at <= due(term, started, amended, "UTC").due_at
