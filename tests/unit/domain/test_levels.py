"""The ladder of a clock: each level told once at its instant, told anew when the end has moved, never of what has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.store import DueTimer
from gateway.application.tick import _in_order
from gateway.catalogue.calendars import seed
from gateway.domain import clock_acts
from gateway.domain import outcomes as o
from gateway.domain.acts import withdraw
from gateway.domain.amendment import Amendment, amend
from gateway.domain.applied import Said, apply
from gateway.domain.calendar import Calendar
from gateway.domain.clock import Clock, ClockState
from gateway.domain.escalation import LEVEL, level_of
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.levels import levels_of
from gateway.domain.progress import advance
from gateway.domain.recalculation import recalendar
from gateway.domain.service import Silence, Step, Term, Unit
from gateway.domain.term_rule import Extension, Ground, Length, Rung, Suspension
from tests.unit.domain.world import START, Walk, make_rules, make_service

CALLED = {"uz": "Tezlashtiring", "ru": "Ускорьте", "ky": "Тездетиңиз", "en": "Hurry"}
HALF, MOST = Rung(percent=50), Rung(percent=80, to=("head",), channel="tgram", language="ru", text=CALLED)
DAY_BEFORE, END = Rung(working_days_before=1, to=("head", "desk")), Rung(at_expiry=True, to=("director",))
LADDER = (HALF, MOST, DAY_BEFORE, END)
#: Five working days from Monday 7 December, 10:00 in Tashkent; the 8th is off, Saturday the 12th works. 182 hours in all.
DUE = datetime(2026, 12, 14, 19, tzinfo=UTC)
AT_HALF = datetime(2026, 12, 11, 0, tzinfo=UTC)
AT_DAY_BEFORE = datetime(2026, 12, 12, 4, tzinfo=UTC)
AT_MOST = datetime(2026, 12, 13, 6, 36, tzinfo=UTC)
SETTLED = DUE + timedelta(seconds=60)


class Climb(Walk):
    """A case whose clocks wait in rows, which ``until`` lets fire as the clock role would."""

    def __init__(self, ladder: tuple[Rung, ...] = LADDER, calendar: Calendar | None = None, **term: Any) -> None:
        self.timers: dict[tuple[TimerKind, UUID], datetime] = {}
        self.calendar = calendar or seed("UZ-5")
        rule = Term(5, Unit.WORKING_DAYS, "UZ-5", escalation=ladder, **term)
        rules = make_rules(make_service(term=rule, standard={"authority": "ministry"}))
        super().__init__(rules.__class__(**{**_fields(rules), "calendar": lambda _: self.calendar}))

    def _next(self, seconds: float = 1) -> None:
        for key in self.file.cleared_timers:
            self.timers.pop(key, None)
        self.timers |= {(t.kind, t.subject): t.due_at for t in self.file.timers}
        super()._next(seconds)

    def until(self, at: datetime) -> None:
        """Let time pass while the clock role looks all the time."""
        while (first := min(self.timers.values(), default=at)) < at:
            self.after_a_standstill(max(first, self.file.now))
        self.pause(max(0.0, (at - self.file.now).total_seconds()))

    def after_a_standstill(self, at: datetime) -> None:
        """Let everything fire that is due at ``at``: a look at the rows, and another at those that it has made."""
        self.pause(max(0.0, (at - self.file.now).total_seconds()))
        while due := [(kind, subject, when) for (kind, subject), when in self.timers.items() if when <= at]:
            timers = [DueTimer(kind, subject, self.file.case.id, when) for kind, subject, when in due]
            self.do(lambda file, timers=timers: _in_order(file, self.rules, (), timers, None))

    def clock(self, kind: str = "statutory") -> Clock:
        return next(c for c in self.file.clocks.values() if c.kind == kind)

    def reached(self) -> list[tuple[str, datetime]]:
        """The levels that were told, each with its true time."""
        return [(e.payload["level"], e.payload["at"]) for e in self.all_events if e.type == "clock.level_reached"]

    def aloud(self) -> list[str]:
        """The levels of which a person was told."""
        return [i.detail["level"] for i in self.all_incidents if i.kind is IncidentKind.CLOCK_LEVEL]

    def open_levels(self) -> set[str]:
        """The levels whose incident is open."""
        return {print_.rpartition(":")[2] for print_ in self.file.open_incidents if print_.startswith("clock_level:")}

    def incident(self, level: str) -> Incident:
        incidents: list[Incident] = self.all_incidents
        return next(i for i in incidents if i.fingerprint.startswith("clock_level:") and i.detail["level"] == level)


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def waits(made: Climb) -> datetime | None:
    return made.timers.get((TimerKind.CLOCK_LEVEL, made.clock().id))


@pytest.mark.parametrize(
    ("rung", "word"),
    [(HALF, "50%"), (Rung(percent=100), "100%"), (DAY_BEFORE, "1wd"), (Rung(working_days_before=0), "0wd"), (END, "expiry")],
)
def test_a_level_has_one_word(rung: Rung, word: str) -> None:
    assert level_of(rung) == word and LEVEL.fullmatch(word)


@pytest.mark.parametrize("word", ["0%", "101%", "80 %", "01wd", "wd", "-1wd", "1 wd", "expired", "", "80%1wd"])
def test_what_is_no_word_of_a_level(word: str) -> None:
    assert LEVEL.fullmatch(word) is None


def test_each_level_is_told_once_at_its_instant_and_one_row_waits_for_the_next() -> None:
    made = Climb()
    assert waits(made) == AT_HALF
    made.until(AT_HALF)
    assert made.reached() == []
    made.until(AT_HALF + timedelta(seconds=5))
    assert made.reached() == [("50%", AT_HALF)] and waits(made) == AT_DAY_BEFORE
    made.until(SETTLED - timedelta(seconds=5))
    assert made.reached() == [("50%", AT_HALF), ("1wd", AT_DAY_BEFORE), ("80%", AT_MOST)]
    assert waits(made) is None and made.clock().levels_told == ("50%", "1wd", "80%")
    made.until(SETTLED + timedelta(days=3))
    assert made.reached()[3:] == [("expiry", DUE)] and made.aloud() == ["50%", "1wd", "80%", "expiry"]
    assert made.clock().state is ClockState.BREACHED and made.open_levels() == {"50%", "1wd", "80%", "expiry"}


def test_the_incident_says_what_the_rung_says_and_who_has_to_move() -> None:
    made = Climb()
    made.send("birth", o.Completed())
    made.send("permit", o.Accepted("A-1"))
    made.until(SETTLED + timedelta(hours=1))
    detail = made.incident("80%").detail
    assert (detail["clock"], detail["step"], detail["at"], detail["due_at"]) == ("statutory", "", AT_MOST, DUE)
    assert detail["waiting_on"] == [{"holder": "agency:ministry", "what": "permit"}]
    assert detail["calls"] == [{"to": ["head"], "channel": "tgram", "language": "ru", "text": CALLED}]
    assert made.incident("50%").detail["calls"] == [{}]
    assert {i.case_id for i in made.all_incidents} == {made.file.case.id}


def test_rungs_of_one_level_are_told_as_one() -> None:
    made = Climb((MOST, Rung(percent=80, to=("desk",), channel="mailto")))
    made.until(DUE)
    assert made.aloud() == ["80%"]
    assert [call["to"] for call in made.incident("80%").detail["calls"]] == [["head"], ["desk"]]


def test_a_second_scheduler_with_the_same_row_tells_nothing() -> None:
    made = Climb()
    due = DueTimer(TimerKind.CLOCK_LEVEL, made.clock().id, made.file.case.id, AT_HALF)
    made.until(AT_HALF + timedelta(seconds=5))
    made.do(lambda file: _in_order(file, made.rules, (), [due], None))
    assert made.reached() == [("50%", AT_HALF)] and waits(made) == AT_DAY_BEFORE


def test_after_a_standstill_all_are_told_with_their_times_and_only_the_highest_aloud() -> None:
    made = Climb()
    made.after_a_standstill(AT_MOST + timedelta(hours=1))
    assert made.reached() == [("50%", AT_HALF), ("1wd", AT_DAY_BEFORE), ("80%", AT_MOST)]
    assert made.aloud() == ["80%"] and made.incident("80%").detail["at"] == AT_MOST


def test_after_a_standstill_over_the_end_the_end_alone_is_told_aloud() -> None:
    made = Climb()
    made.after_a_standstill(SETTLED + timedelta(hours=1))
    assert [level for level, _ in made.reached()] == ["50%", "1wd", "80%", "expiry"]
    assert made.aloud() == ["expiry"] and made.clock().state is ClockState.BREACHED


def test_without_a_rung_at_the_end_the_highest_that_was_missed_is_told_aloud() -> None:
    made = Climb((HALF, MOST))
    made.after_a_standstill(SETTLED + timedelta(hours=1))
    assert made.aloud() == ["80%"] and made.clock().state is ClockState.BREACHED


def test_the_end_is_not_told_within_the_settling_time_and_never_when_the_reply_came_in_time() -> None:
    made = Climb((HALF, END))
    made.release("birth")
    made.until(DUE + timedelta(seconds=50))
    assert made.aloud() == ["50%"]
    apply(made.file, made.request("birth"), Said(o.Refused("R", "no"), "callback", DUE - timedelta(seconds=1)), made.rules)
    advance(made.file, made.rules)
    made.until(SETTLED + timedelta(days=1))
    assert made.clock().state is ClockState.MET and made.aloud() == ["50%"]


def test_a_percentage_of_one_hundred_is_the_end_itself() -> None:
    made = Climb((Rung(percent=100),))
    assert waits(made) is None
    made.until(SETTLED + timedelta(seconds=5))
    assert made.reached() == [("100%", DUE)] and made.clock().state is ClockState.BREACHED


def test_what_silence_decides_is_left_to_a_person_and_the_lower_levels_are_over() -> None:
    made = Climb(silence=Silence.GRANTED)
    made.until(SETTLED + timedelta(seconds=5))
    assert made.clock().state is ClockState.TACITLY_GRANTED
    assert made.aloud()[-1] == "expiry" and made.open_levels() == {"expiry"}


def test_a_clock_that_has_ended_tells_nothing_and_what_it_told_is_over() -> None:
    made = Climb()
    made.until(AT_HALF + timedelta(hours=1))
    assert made.open_levels() == {"50%"}
    made.send("birth", o.Refused("R", "no"))
    assert made.clock().state is ClockState.MET and made.open_levels() == set() and waits(made) is None
    late = DueTimer(TimerKind.CLOCK_LEVEL, made.clock().id, made.file.case.id, AT_DAY_BEFORE)
    made.pause(30 * 86_400)
    made.do(lambda file: _in_order(file, made.rules, (), [late], None))
    assert made.aloud() == ["50%"] and made.reached() == [("50%", AT_HALF)]


def test_a_case_that_is_withdrawn_tells_no_more() -> None:
    made = Climb()
    made.until(SETTLED + timedelta(hours=1))
    made.do(withdraw, made.rules, "no longer wanted", "front")
    assert made.open_levels() == set()


def test_a_suspended_clock_tells_nothing_and_the_share_is_of_the_running_time() -> None:
    made = Climb(suspension=Suspension((Ground("expertise"),)))
    made.until(AT_HALF - timedelta(hours=1))
    since = made.file.now
    made.do(clock_acts.suspend, made.rules, "statutory", "expertise", since, "sent to the experts", "op")
    assert waits(made) is None
    made.until(AT_HALF + timedelta(days=10))
    assert made.reached() == []
    made.do(clock_acts.resume, made.rules, "statutory", "", made.file.now, "they have answered", "op")
    held = made.file.now - since
    (first, *_) = levels_of(made.clock(), made.calendar)
    assert waits(made) == first.at > AT_HALF + held - timedelta(hours=2)
    made.until(first.at + timedelta(seconds=5))
    assert made.reached() == [("50%", first.at)]


def test_a_level_that_was_told_is_told_anew_when_an_extension_puts_it_into_the_future_again() -> None:
    made = Climb(extension=Extension(3, Unit.WORKING_DAYS))
    made.until(AT_MOST + timedelta(hours=1))
    assert made.clock().levels_told == ("50%", "1wd", "80%")
    made.do(clock_acts.extend, made.rules, "statutory", None, made.file.now, "complex", "op")
    again = {level.name: level.at for level in levels_of(made.clock(), made.calendar)}
    assert made.clock().levels_told == ("50%",), "half of the longer term is over, too"
    assert made.open_levels() == {"50%"} and waits(made) == again["80%"] > made.file.now
    made.until(again["1wd"] + timedelta(seconds=5))
    assert made.reached()[3:] == [("80%", again["80%"]), ("1wd", again["1wd"])]
    assert made.aloud() == ["50%", "1wd", "80%", "80%", "1wd"]


DECREE = "PQ-1 (invented)"
DAY_OFF = {"uz": "Dam olish", "ru": "Выходной", "ky": "Эс алуу", "en": "A day off"}


def amended(off: tuple[date, ...] = (), working: tuple[date, ...] = ()) -> Calendar:
    return amend(seed("UZ-5"), Amendment(DECREE, off=dict.fromkeys(off, DAY_OFF), working=working), "2")


def test_a_decree_that_moves_the_end_later_puts_levels_into_the_future_again() -> None:
    made = Climb()
    made.until(AT_DAY_BEFORE + timedelta(hours=1))
    made.calendar = amended(off=(date(2026, 12, 14),))
    made.do(lambda file: recalendar(file, made.rules, made.clock()))
    assert made.clock().due_at == DUE + timedelta(days=1)
    assert made.clock().levels_told == ("50%", "1wd"), "the working day before is the same Saturday"
    assert waits(made) == AT_MOST + timedelta(hours=24 * 0.8)


def test_a_decree_that_moves_only_the_days_before_the_end_moves_their_level() -> None:
    made = Climb((DAY_BEFORE,), warn_before=0)
    made.until(AT_DAY_BEFORE + timedelta(hours=1))
    assert made.reached() == [("1wd", AT_DAY_BEFORE)]
    made.calendar = amended(off=(date(2026, 12, 12),), working=(date(2026, 12, 13),))
    made.do(lambda file: recalendar(file, made.rules, made.clock()))
    assert made.clock().due_at == DUE and made.open_levels() == set()
    made.until(DUE)
    assert made.reached()[1:] == [("1wd", AT_DAY_BEFORE + timedelta(days=1))]


def test_a_decree_that_moves_the_end_earlier_tells_what_has_come_by_it_at_once() -> None:
    made = Climb((MOST,))
    made.until(datetime(2026, 12, 12, 4, tzinfo=UTC))
    made.calendar = amended(working=(date(2026, 12, 8),))
    made.do(lambda file: recalendar(file, made.rules, made.clock()))
    assert made.clock().due_at == datetime(2026, 12, 12, 19, tzinfo=UTC)
    at = START + (datetime(2026, 12, 12, 19, tzinfo=UTC) - START) * 0.8
    assert waits(made) == at < made.file.now
    made.until(made.file.now + timedelta(seconds=5))
    assert made.reached() == [("80%", at)]


def test_the_service_norm_climbs_no_ladder_and_a_step_climbs_its_own() -> None:
    made = Climb(norm=Length(3, Unit.WORKING_DAYS))
    assert levels_of(made.clock("norm"), made.calendar) == ()
    step_term = Term(1, Unit.WORKING_DAYS, "UZ-5", escalation=(HALF,))
    steps = [
        Step(s.id, s.agency, s.operation, s.input, needs=s.needs, branch=s.branch, term=step_term if s.id == "birth" else None)
        for s in make_service().steps
        if not s.after_decision
    ]
    walk = Climb.__new__(Climb)
    walk.timers, walk.calendar = {}, seed("UZ-5")
    Walk.__init__(walk, make_rules(make_service(steps=tuple(steps), term=None)))
    walk.until(walk.file.now + timedelta(days=1, hours=12))
    (incident,) = [i for i in walk.all_incidents if i.kind is IncidentKind.CLOCK_LEVEL]
    assert (incident.detail["clock"], incident.detail["step"], incident.detail["level"]) == ("step", "birth", "50%")
    assert incident.fingerprint.endswith(":step:birth:50%")


def test_a_rule_without_a_ladder_waits_for_no_level() -> None:
    made = Climb(())
    made.until(SETTLED + timedelta(seconds=5))
    assert made.reached() == [] and not any(kind is TimerKind.CLOCK_LEVEL for kind, _ in made.timers)
