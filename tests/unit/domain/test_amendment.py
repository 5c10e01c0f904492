"""What an operator may change in a calendar, and what contradicts it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.calendars import IDS, seed
from gateway.domain.amendment import Amendment, Move, amend
from gateway.domain.calendar import CalendarError, DayKind, DayOff, WorkingDay
from gateway.domain.calendar_json import calendar_from_json, calendar_to_json, diff_to_json
from gateway.domain.errors import BadInput

UZ = seed("UZ-5")
DECREE = "PQ-1, 10.12.2026"
CONSTITUTION_DAY, SATURDAY_12, MONDAY_14 = date(2026, 12, 8), date(2026, 12, 12), date(2026, 12, 14)
NEW_YEARS_EVE = date(2026, 12, 31)
EID = date(2026, 5, 27)


def kinds(calendar: Any, *days: date) -> list[DayKind]:
    return [calendar.reason(day).kind for day in days]


def test_a_day_off_is_given_and_named() -> None:
    names = {"en": "Day of the Book", "uz": "Kitob kuni"}
    made = amend(UZ, Amendment(DECREE, off={MONDAY_14: {}, date(2026, 12, 15): names}), "2")
    assert kinds(made, MONDAY_14, date(2026, 12, 15)) == [DayKind.ADDITIONAL, DayKind.HOLIDAY]
    assert made.reason(date(2026, 12, 15)).names == names
    assert made.reason(MONDAY_14).decree == DECREE
    assert UZ.is_working_day(MONDAY_14), "the version before stays as it was"


def test_a_day_off_is_removed() -> None:
    made = amend(UZ, Amendment(DECREE, plain=(CONSTITUTION_DAY,)), "2")
    assert made.is_working_day(CONSTITUTION_DAY)


def test_a_working_saturday_is_cancelled_and_its_day_off_stands_by_itself() -> None:
    made = amend(UZ, Amendment(DECREE, plain=(SATURDAY_12,)), "2")
    assert kinds(made, SATURDAY_12, NEW_YEARS_EVE) == [DayKind.WEEKEND, DayKind.ADDITIONAL]
    assert made.reason(NEW_YEARS_EVE).other is None


def test_a_moved_day_off_is_taken_back_and_its_saturday_still_works() -> None:
    made = amend(UZ, Amendment(DECREE, plain=(NEW_YEARS_EVE,)), "2")
    assert kinds(made, SATURDAY_12, NEW_YEARS_EVE) == [DayKind.MOVED_WORKING, DayKind.WORKING]
    assert made.reason(SATURDAY_12).other is None
    both = amend(UZ, Amendment(DECREE, plain=(SATURDAY_12, NEW_YEARS_EVE)), "2")
    assert kinds(both, SATURDAY_12, NEW_YEARS_EVE) == [DayKind.WEEKEND, DayKind.WORKING]


def test_a_working_saturday_is_set() -> None:
    made = amend(UZ, Amendment(DECREE, working=(date(2026, 12, 19),)), "2")
    assert made.reason(date(2026, 12, 19)).kind is DayKind.MOVED_WORKING


def test_a_saturdays_rest_is_moved() -> None:
    saturday, monday = date(2027, 2, 6), date(2027, 2, 8)
    made = amend(UZ, Amendment(DECREE, moved=(Move(saturday, monday),)), "2")
    assert kinds(made, saturday, monday) == [DayKind.MOVED_WORKING, DayKind.MOVED_OFF]
    assert (made.reason(saturday).other, made.reason(monday).other) == (monday, saturday)
    on = amend(made, Amendment("PQ-2", moved=(Move(monday, date(2027, 2, 9)),)), "3")
    assert kinds(on, saturday, monday, date(2027, 2, 9)) == [DayKind.MOVED_WORKING, DayKind.WORKING, DayKind.MOVED_OFF]
    assert (on.reason(saturday).other, on.reason(date(2027, 2, 9)).other) == (date(2027, 2, 9), saturday)


def test_an_eid_is_moved_with_its_name_even_onto_a_weekend() -> None:
    for to in (date(2026, 5, 26), date(2026, 5, 24)):
        made = amend(UZ, Amendment(DECREE, moved=(Move(EID, to),)), "2")
        assert kinds(made, EID, to) == [DayKind.WORKING, DayKind.HOLIDAY]
        assert (made.reason(to).names["en"], made.reason(to).other) == ("Eid al-Adha", EID)


def test_a_year_is_decided() -> None:
    made = amend(UZ, Amendment(DECREE, decided=(2027,)), "2")
    assert (UZ.is_provisional(date(2027, 1, 4)), made.is_provisional(date(2027, 1, 4))) == (True, False)
    assert made.history[-1].years == (2027,)


def test_exceptions_as_a_file_gives_them() -> None:
    saturday, friday = date(2027, 2, 6), date(2027, 2, 12)
    amendment = Amendment(
        DECREE,
        days_off={friday: DayOff(DayKind.MOVED_OFF, {"en": "Rest"}, "PQ-7", saturday)},
        working_days={saturday: WorkingDay("", friday)},
    )
    made = amend(UZ, amendment, "2")
    assert (made.reason(friday).decree, made.reason(saturday).decree) == ("PQ-7", DECREE)


def test_history_leads_from_version_to_version() -> None:
    second = amend(UZ, Amendment("PQ-1", off={MONDAY_14: {}}), "2")
    third = amend(second, Amendment("PQ-2", plain=(MONDAY_14,)), "3")
    steps = third.since(UZ.version)
    assert steps is not None
    assert [(s.since, s.version, s.decree) for s in steps] == [(UZ.version, "2", "PQ-1"), ("2", "3", "PQ-2")]
    assert [(c.day, c.was, c.became) for c in steps[1].days] == [(MONDAY_14, DayKind.ADDITIONAL, DayKind.WORKING)]
    assert (third.since("2"), third.since("3"), third.since("never")) == (steps[1:], (), None)


@pytest.mark.parametrize(
    ("amendment", "broken"),
    [
        (Amendment("", off={MONDAY_14: {}}), [("/decree", "decree_missing")]),
        (Amendment(" ", decided=(2027,)), [("/decree", "decree_missing")]),
        (Amendment(DECREE), [("", "nothing_changes")]),
        (Amendment(DECREE, decided=(2026,)), [("", "nothing_changes")]),
        (Amendment(DECREE, off={CONSTITUTION_DAY: {}}), [("/off/0", "day_rests")]),
        (Amendment(DECREE, working=(MONDAY_14,)), [("/working/0", "day_works")]),
        (Amendment(DECREE, working=(SATURDAY_12,)), [("/working/0", "day_works")]),
        (Amendment(DECREE, plain=(MONDAY_14,)), [("/plain/0", "day_plain")]),
        (Amendment(DECREE, plain=(CONSTITUTION_DAY, CONSTITUTION_DAY)), [("/plain/1", "day_twice")]),
        (
            Amendment(DECREE, plain=(EID,), moved=(Move(EID, MONDAY_14),)),
            [("/moved/0/from", "day_twice")],
        ),
        (Amendment(DECREE, moved=(Move(EID, EID),)), [("/moved/0/to", "day_twice"), ("/moved/0/to", "day_rests")]),
        (Amendment(DECREE, moved=(Move(MONDAY_14, date(2026, 12, 15)),)), [("/moved/0/from", "day_works")]),
        (Amendment(DECREE, moved=(Move(date(2026, 12, 19), CONSTITUTION_DAY),)), [("/moved/0/to", "day_rests")]),
        (Amendment(DECREE, moved=(Move(date(2026, 12, 19), date(2026, 12, 20)),)), [("/moved/0/to", "day_rests")]),
        (Amendment(DECREE, off={date(1999, 12, 31): {}}), [("/off/0", "year_range")]),
        (Amendment(DECREE, decided=(2101,)), [("/decided/0", "year_range")]),
        (
            Amendment(DECREE, days_off={MONDAY_14: DayOff(DayKind.MOVED_OFF, moved_from=CONSTITUTION_DAY)}),
            [("/days_off/0", "half_moved")],
        ),
        (
            Amendment(DECREE, working_days={date(2026, 12, 19): WorkingDay(moved_to=MONDAY_14)}),
            [("/working_days/0", "half_moved")],
        ),
        (Amendment(DECREE, off={date(2027, 6, 1) + timedelta(days=n): {} for n in range(70)}), [("", "no_working_day")]),
    ],
)
def test_what_contradicts_is_refused_by_name(amendment: Amendment, broken: list[tuple[str, str]]) -> None:
    with pytest.raises(BadInput) as refused:
        amend(UZ, amendment, "2")
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == broken


def test_the_version_has_to_be_a_new_one() -> None:
    with pytest.raises(CalendarError, match="exists already"):
        amend(UZ, Amendment(DECREE, decided=(2027,)), UZ.version)


@pytest.mark.parametrize("id_", IDS)
def test_json_keeps_everything(id_: str) -> None:
    made = amend(seed(id_), Amendment(DECREE, off={date(2027, 2, 3): {}}, decided=(2027,)), "2")
    again = calendar_from_json(calendar_to_json(made))
    for name in ("id", "version", "jurisdiction", "weekend", "days_off", "working_days", "decided_years", "history"):
        assert getattr(again, name) == getattr(made, name)


@pytest.mark.parametrize(
    "change",
    [{"days_off": [{"date": "2026-01-01", "kind": "working"}]}, {"days_off": 7}, {"weekend": range(7)}, {"working_days": [{}]}],
)
def test_what_is_not_a_calendar(change: dict[str, Any]) -> None:
    with pytest.raises(CalendarError):
        calendar_from_json(calendar_to_json(UZ) | change)


def test_a_difference_names_both_sides() -> None:
    made = amend(UZ, Amendment(DECREE, off={MONDAY_14: {}}, decided=(2027,)), "2")
    found = diff_to_json(UZ, made)
    assert (found["from"], found["to"], found["decided"], found["undecided"]) == (f"UZ-5@{UZ.version}", "UZ-5@2", [2027], [])
    (day,) = found["days"]
    assert (day["was"]["works"], day["now"]["works"], day["now"]["decree"]) == (True, False, DECREE)
    back = diff_to_json(made, UZ)
    assert (back["undecided"], [d["date"] for d in back["days"]]) == ([2027], ["2026-12-14"])


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(day=days)
def test_what_was_given_can_be_taken_back(day: date) -> None:
    """Any weekday or weekend without an exception: given off (or made to work) and plain again is as it was."""
    if day in UZ.days_off or day in UZ.working_days:
        amendment = Amendment(DECREE, plain=(day,))
    elif UZ.is_working_day(day):
        amendment = Amendment(DECREE, off={day: {}})
    else:
        amendment = Amendment(DECREE, working=(day,))
    made = amend(UZ, amendment, "2")
    changed = {change.day for change in made.changes_from(UZ)}
    partner = UZ.reason(day).other
    assert day in changed
    assert changed <= {day, partner}
    if amendment.plain:
        assert made.is_working_day(day) == (day.weekday() not in UZ.weekend)
    else:
        again = amend(made, Amendment(DECREE, plain=(day,)), "3")
        assert again.changes_from(UZ) == ()
