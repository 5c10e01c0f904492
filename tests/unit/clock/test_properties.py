"""What must hold of any clock that is suspended and extended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.catalogue.calendars import seed
from gateway.domain.course import ClockRefused, Extended, Resumed, Suspended, Triggered, follow
from gateway.domain.term_rule import Term, Unit
from tests.unit.clock.cases import ZONES, random_term

QUICK = settings(max_examples=150, derandomize=True, deadline=None)
calendars = st.sampled_from(["UZ-5", "UZ-6", "KG-5", "KG-6", "KZ-5", "KZ-6"])
starts = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
rules = st.integers(0, 10**9).map(lambda number: random_term(Random(number)))  # noqa: S311 # a rule by its number
#: A month has fewer days after its end than before it; the law itself then lets a later event end earlier, once suspended.
even = rules.filter(lambda term: term.unit not in (Unit.MONTHS, Unit.YEARS))
#: Often within a day or two, where a cut-off and a day off part what is received before and after.
laters = st.one_of(*(st.timedeltas(timedelta(0), timedelta(days)) for days in (1, 3, 40)))


@given(rules, starts, laters, calendars)
@QUICK
def test_a_later_receipt_is_never_due_earlier(term: Term, start: datetime, later: timedelta, id_: str) -> None:
    zone, calendar = ZONES[id_[:2]], seed(id_)
    first = follow(term, [Triggered(start)], calendar, zone).due_at
    second = follow(term, [Triggered(start + later)], calendar, zone).due_at
    assert first is not None and second is not None and first <= second


@given(rules, starts, st.timedeltas(timedelta(0), timedelta(60)), st.timedeltas(timedelta(0), timedelta(60)), calendars)
@QUICK
def test_suspending_never_shortens(term: Term, start: datetime, after: timedelta, long: timedelta, id_: str) -> None:
    zone, calendar = ZONES[id_[:2]], seed(id_)
    plain = follow(term, [Triggered(start)], calendar, zone).due_at
    events = [Triggered(start), Suspended(start + after, "expertise"), Resumed(start + after + long, "expertise")]
    try:
        course = follow(term, events, calendar, zone)
    except ClockRefused as error:
        assert error.code == "after_expiry"
        return
    assert plain is not None and course.due_at is not None and plain <= course.due_at


@given(even, starts, st.timedeltas(timedelta(0), timedelta(20)), st.timedeltas(timedelta(0), timedelta(9)), calendars)
@QUICK
def test_a_later_receipt_is_never_due_earlier_when_both_are_suspended(
    term: Term, start: datetime, after: timedelta, later: timedelta, id_: str
) -> None:
    zone, calendar = ZONES[id_[:2]], seed(id_)
    stop = start + after + timedelta(9)
    ends = []
    for received in (start, start + later):
        events = [Triggered(received), Suspended(stop, "expertise"), Resumed(stop + timedelta(7), "expertise")]
        ends.append(follow(term, events, calendar, zone, accepted=True).due_at)
    assert ends[0] is not None and ends[1] is not None and ends[0] <= ends[1]


@given(rules, starts, st.booleans(), calendars)
@QUICK
def test_extending_lengthens(term: Term, start: datetime, suspended: bool, id_: str) -> None:
    zone, calendar = ZONES[id_[:2]], seed(id_)
    between = [Suspended(start, "expertise"), Resumed(start + timedelta(3), "expertise")] if suspended else []
    events = [Triggered(start), *between]
    before = follow(term, events, calendar, zone, accepted=True).raw
    after = follow(term, [*events, Extended(events[-1].at)], calendar, zone, accepted=True)
    assert before is not None and after.raw is not None and before <= after.raw
    assert after == follow(replace(term), [*events, Extended(events[-1].at)], calendar, zone, accepted=True)
