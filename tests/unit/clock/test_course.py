"""The course of a clock: what is refused and by which rule, where it stands, and what the time of a suspension is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.catalogue.calendars import seed
from gateway.domain.calendar import WorkingDay
from gateway.domain.clock_state import ClockState as S
from gateway.domain.course import (
    Cancelled,
    ClockEvent,
    ClockRefused,
    Course,
    Ended,
    Extended,
    Resumed,
    Suspended,
    Triggered,
    follow,
    may_follow,
)
from gateway.domain.escalation import ladder, margin_at
from gateway.domain.term_rule import Extension, Ground, Length, Remaining, Rung, Silence, Suspension, Term, Unit, flaws, norm_of

ZONE = "Asia/Tashkent"
GROUNDS = (Ground("supplement", Length(5, Unit.CALENDAR_DAYS)), Ground("expertise"))
#: Received on Monday 1 June 2026, the tenth working day is Monday 15 June: too late at 19:00 UTC of that day.
TERM = Term(10, Unit.WORKING_DAYS, suspension=Suspension(GROUNDS), extension=Extension(5, Unit.WORKING_DAYS))
DUE = datetime(2026, 6, 15, 19, tzinfo=UTC)


def on(day: int, hour: int = 5, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


RECEIVED = Triggered(on(1))


def run(*events: ClockEvent, term: Term = TERM, as_of: datetime | None = None) -> Course:
    return follow(term, [RECEIVED, *events], seed("UZ-5"), ZONE, as_of=as_of)


def test_it_runs_and_is_due() -> None:
    course = run()
    assert (course.state, course.due_at, course.started_at) == (S.RUNNING, DUE, on(1))
    assert follow(TERM, [], seed("UZ-5"), ZONE) == Course(S.NOT_STARTED)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([Suspended(DUE, "expertise")], "after_expiry"),
        ([Extended(on(3)), Extended(on(4))], "too_many_extensions"),
        ([Extended(DUE)], "notice_after_expiry"),
        ([Extended(on(3), 6)], "extension_too_long"),
        ([Extended(on(3), 0)], "extension_too_long"),
        ([Suspended(on(3), "weather")], "unknown_ground"),
        ([Resumed(on(3))], "not_suspended"),
        ([Suspended(on(3), "expertise"), Resumed(on(4), "supplement")], "not_suspended"),
        ([Suspended(on(3), "expertise"), Suspended(on(3), "supplement"), Resumed(on(4))], "name_the_ground"),
        ([Suspended(on(3), "expertise"), Resumed(on(2))], "out_of_order"),
        ([Suspended(on(3), "expertise"), Suspended(on(3), "expertise")], "twice"),
        ([Suspended(on(3), "expertise"), Suspended(on(4), "expertise")], "twice"),
        ([Suspended(on(2), "supplement"), Resumed(on(8)), Suspended(on(9), "supplement")], "ground_used_up"),
        ([Triggered(on(2))], "already_started"),
        ([Ended(on(3)), Suspended(on(4), "expertise")], "already_ended"),
        ([Ended(on(3)), Ended(on(4))], "already_ended"),
        ([Ended(on(3), date(2026, 6, 4))], "dated_ahead"),
    ],
)
def test_bad_input_is_refused_by_the_rule_it_breaks_and_changes_nothing(events: list[ClockEvent], code: str) -> None:
    before, last = [RECEIVED, *events[:-1]], events[-1]
    stood = follow(TERM, before, seed("UZ-5"), ZONE)
    with pytest.raises(ClockRefused) as refused:
        follow(TERM, [*before, last], seed("UZ-5"), ZONE)
    assert refused.value.code == code
    with pytest.raises(ClockRefused) as refused:
        may_follow(TERM, before, last, seed("UZ-5"), ZONE)
    assert refused.value.code == code
    assert follow(TERM, before, seed("UZ-5"), ZONE) == stood


def test_what_the_rule_does_not_know_is_refused_as_well() -> None:
    plain = Term(10, Unit.WORKING_DAYS)
    for event, code in [(Suspended(on(3), "expertise"), "no_suspension"), (Extended(on(3)), "no_extension")]:
        with pytest.raises(ClockRefused) as refused:
            run(event, term=plain)
        assert refused.value.code == code
    with pytest.raises(ClockRefused) as refused:
        follow(TERM, [Suspended(on(3), "expertise")], seed("UZ-5"), ZONE)
    assert refused.value.code == "not_started"


def test_just_before_the_end_it_is_all_still_possible() -> None:
    last = DUE - timedelta(microseconds=1)
    assert run(Extended(last)).date == date(2026, 6, 22)
    assert run(Suspended(last, "expertise")).state is S.SUSPENDED


@pytest.mark.parametrize(
    ("silence", "at", "dated", "state"),
    [
        (Silence.NOTHING, DUE - timedelta(microseconds=1), None, S.MET),
        (Silence.NOTHING, DUE, None, S.MET_LATE),
        (Silence.NOTHING, on(17), date(2026, 6, 15), S.DISPUTED),
        (Silence.NOTHING, on(17), date(2026, 6, 16), S.MET_LATE),
        (Silence.NOTHING, on(17), DUE - timedelta(seconds=1), S.DISPUTED),
        (Silence.NOTHING, on(17), DUE, S.MET_LATE),
        (Silence.GRANTED, on(14), None, S.MET),
        (Silence.GRANTED, on(17), None, S.TACITLY_GRANTED),
        (Silence.REFUSED, on(17), None, S.TACITLY_REFUSED),
        (Silence.GRANTED, on(17), date(2026, 6, 12), S.DISPUTED),
    ],
)
def test_how_it_ends(silence: Silence, at: datetime, dated: date | datetime | None, state: S) -> None:
    course = run(Ended(at, dated), term=replace(TERM, silence=silence))
    assert (course.state, course.ended_at) == (state, at)


@pytest.mark.parametrize(
    ("silence", "state"),
    [(Silence.NOTHING, S.BREACHED), (Silence.GRANTED, S.TACITLY_GRANTED), (Silence.REFUSED, S.TACITLY_REFUSED)],
)
def test_what_silence_means(silence: Silence, state: S) -> None:
    term = replace(TERM, silence=silence)
    assert run(term=term, as_of=DUE - timedelta(microseconds=1)).state is S.RUNNING
    assert run(term=term, as_of=DUE).state is state
    assert run(Cancelled(on(3)), term=term).state is S.CANCELLED
    assert run(Cancelled(DUE), term=term).state is state


def test_while_it_is_suspended_there_is_no_date_but_an_earliest_and_a_latest() -> None:
    course = run(Suspended(on(3), "supplement"), as_of=on(4))
    assert (course.state, course.due_at, course.date) == (S.SUSPENDED, None, None)
    assert course.suspended_on == ("supplement",) and course.earliest == date(2026, 6, 17)
    assert course.lapses_at == datetime(2026, 6, 7, 19, tzinfo=UTC)  # 3 to 7 June are five days
    told = next(line.params for line in course.explanation if line.code == "open_suspension")
    assert told["earliest"] == "2026-06-17" and told["latest"] == "2026-06-18"
    open_ended = run(Suspended(on(3), "supplement"), Suspended(on(3), "expertise"))
    assert open_ended.lapses_at is None


def test_after_its_maximum_the_clock_runs_on_by_itself() -> None:
    events = [Suspended(on(3), "supplement")]
    assert run(*events, as_of=datetime(2026, 6, 7, 18, 59, tzinfo=UTC)).state is S.SUSPENDED
    lapsed = run(*events, as_of=datetime(2026, 6, 7, 19, tzinfo=UTC))
    assert (lapsed.state, lapsed.date) == (S.RUNNING, date(2026, 6, 18))  # 3, 4 and 5 June did not count
    assert run(*events, Resumed(on(17))).date == date(2026, 6, 18)
    assert run(*events, as_of=on(19)).state is S.BREACHED


def test_overlapping_grounds_count_once() -> None:
    one = run(Suspended(on(3), "expertise"), Resumed(on(10)))
    both = run(
        Suspended(on(3), "expertise"), Suspended(on(4), "supplement"), Resumed(on(8), "supplement"), Resumed(on(10), "expertise")
    )
    assert one.date == both.date == date(2026, 6, 23) and one.held == both.held == ((on(3), on(10)),)


def test_a_day_touched_by_a_second_does_not_count() -> None:
    edge = datetime(2026, 6, 2, 18, 59, 59, tzinfo=UTC)  # 23:59:59 on 2 June
    assert run(Suspended(edge, "expertise"), Resumed(edge + timedelta(seconds=1))).date == date(2026, 6, 16)
    assert run(Suspended(edge, "expertise"), Resumed(edge + timedelta(seconds=2))).date == date(2026, 6, 17)
    assert run(Suspended(edge, "expertise"), Resumed(edge)).date == date(2026, 6, 15)


def test_hours_are_suspended_to_the_second() -> None:
    term = replace(TERM, length=48, unit=Unit.HOURS, extension=Extension(24, Unit.HOURS), roll=False)
    course = run(Suspended(on(2), "expertise"), Resumed(on(2) + timedelta(seconds=90)), Extended(on(2, 6)), term=term)
    assert course.due_at == on(1) + timedelta(hours=72, seconds=90)


def test_what_is_over_at_once_uses_up_nothing_of_a_maximum() -> None:
    whole = [Suspended(on(8), "supplement"), Resumed(on(20))]
    end = run(Suspended(on(3), "supplement"), Resumed(on(3)), *whole)
    assert end.due_at == run(*whole).due_at and end.date == date(2026, 6, 22)  # five days did not count, not four


def test_hours_pass_as_they_do_when_the_clocks_are_put_on() -> None:
    """In the local time of a zone 24 hours seem to be 25 in the night of 29 March 2026."""
    berlin = ZoneInfo("Europe/Berlin")
    ground = Ground("expertise", Length(24, Unit.HOURS))
    term = Term(48, Unit.HOURS, roll=False, suspension=Suspension((ground,)), extension=Extension(1, Unit.HOURS))

    def local(day: int) -> datetime:
        return datetime(2026, 3, day, 12, tzinfo=berlin)

    events = [Triggered(local(27)), Suspended(local(28), "expertise"), Resumed(local(31), "expertise")]
    course = follow(term, events, seed("UZ-5"), berlin.key, accepted=True)
    assert course.due_at == datetime(2026, 3, 27, 11, tzinfo=UTC) + timedelta(hours=72)
    assert course.started_at == local(27) and course.held == ((local(28), datetime(2026, 3, 29, 11, tzinfo=UTC)),)


def test_a_reset_begins_the_term_anew() -> None:
    assert TERM.suspension is not None
    anew = replace(TERM, suspension=replace(TERM.suspension, remaining=Remaining.RESET))
    course = run(Suspended(on(8), "expertise"), Resumed(on(9)), term=anew)
    assert course.date == date(2026, 6, 23)  # ten working days after 9 June
    lapsed = [line.params["days"] for line in course.explanation if line.code == "lapsed"]
    assert lapsed == [4]  # 2 to 5 June were counted for nothing
    assert sum(line.params["days"] for line in course.explanation if line.code == "counted") == 10


def test_what_is_not_known_yet_is_left_out() -> None:
    events = [Suspended(on(3), "expertise"), Resumed(on(10))]
    assert run(*events, as_of=on(2)).due_at == DUE
    assert run(*events, as_of=on(9)).state is S.SUSPENDED
    assert run(*events, as_of=on(10)).state is S.RUNNING


def test_what_was_accepted_stays_said_under_a_new_calendar() -> None:
    late = Suspended(on(15, 18), "expertise")  # in the last hours of the last day
    events = [RECEIVED, late, Resumed(on(16, 5))]
    sooner = seed("UZ-5").amended("2", working={date(2026, 6, 13): WorkingDay("d")})
    with pytest.raises(ClockRefused, match="ended on 2026-06-13"):
        follow(TERM, events, sooner, ZONE)
    assert follow(TERM, events, sooner, ZONE, accepted=True).date == date(2026, 6, 13)


def test_the_ladder_and_the_margin() -> None:
    rungs = (Rung(at_expiry=True), Rung(percent=50), Rung(working_days_before=1), Rung(percent=80))
    term = replace(TERM, escalation=rungs, margin=Length(2, Unit.WORKING_DAYS))
    plain = run(term=term)
    assert [rung.percent for rung, _ in ladder(term, plain, seed("UZ-5"), ZONE)] == [50, None, 80, None]
    times = [at for _, at in ladder(term, plain, seed("UZ-5"), ZONE)]
    assert times[0] == on(1) + (DUE - on(1)) / 2 and (times[1], times[3]) == (datetime(2026, 6, 12, 4, tzinfo=UTC), DUE)
    assert margin_at(term, plain, seed("UZ-5"), ZONE) == datetime(2026, 6, 11, 4, tzinfo=UTC)
    held = run(Suspended(on(2), "expertise"), Resumed(on(4)), term=term)
    assert held.due_at is not None
    half = ladder(term, held, seed("UZ-5"), ZONE)[0][1]
    assert half == on(1) + (held.due_at - on(1) - timedelta(2)) / 2 + timedelta(2)  # two days do not count towards it
    assert ladder(term, run(Suspended(on(2), "expertise"), term=term), seed("UZ-5"), ZONE) == ()


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        (replace(TERM, norm=Length(11, Unit.WORKING_DAYS)), "norm"),
        (Term(7, Unit.CALENDAR_DAYS, norm=Length(10, Unit.WORKING_DAYS)), "norm"),
        (Term(1, Unit.MONTHS, norm=Length(5, Unit.WEEKS)), "norm"),
        (Term(30, Unit.CALENDAR_DAYS, norm=Length(30, Unit.WORKING_DAYS)), "norm"),
        (replace(TERM, cut_off="25:00"), "cut_off"),
        (Term(5, Unit.HOURS, first_day_counted=True), "hours"),
        (Term(5, Unit.HOURS, extension=Extension(1, Unit.CALENDAR_DAYS)), "hours"),
        (replace(TERM, suspension=Suspension((Ground("a"), Ground("a")))), "twice"),
        (replace(TERM, suspension=Suspension(())), "grounds"),
        (replace(TERM, escalation=(Rung(percent=50, at_expiry=True),)), "one_time"),
        (replace(TERM, extension=Extension(0, Unit.WORKING_DAYS)), "positive"),
        (replace(TERM, margin=Length(1, Unit.MONTHS)), "margin"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(term: Term, rule: str) -> None:
    assert {flaw.rule for flaw in flaws(term)} == {rule}
    with pytest.raises(ValueError, match=flaws(term)[0].message[:20]):
        follow(term, [RECEIVED], seed("UZ-5"), ZONE)


def test_the_norm_is_a_term_of_its_own() -> None:
    norm = norm_of(replace(TERM, norm=Length(3, Unit.WORKING_DAYS), silence=Silence.GRANTED))
    assert norm is not None and (norm.length, norm.silence, norm.norm) == (3, Silence.NOTHING, None)
    assert norm_of(TERM) is None
