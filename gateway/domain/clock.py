"""A clock: one running period of a case (DESIGN section 8). Transitions are pure: they return the clock that follows.

    not_started ──start──▶ running ──end before due──▶ met
                            ▲   │  ├──end at or after due──▶ met_late, or disputed when it is dated in time
                     resume │   │  ├──breach at due──▶ breached ──end──▶ met_late, disputed, or met when it was in time
                            │   │  └──tacit at due──▶ tacitly_granted, tacitly_refused
                          suspended
    not_started, running, suspended ──cancel──▶ cancelled

What happened to a clock is kept as its dated events; its date, and what is told of it, is derived from them by the engine
(``course``), and can be derived again from the row alone. The state is what has taken legal effect: the engine may call a
clock expired that the row still calls running, for the settling time in which replies under way count first.

What ended stays as it is: a repeated or late call returns the clock unchanged. An end is judged by when it happened
(receipt at the gateway's edge), not by when it was noticed: an act from before the due instant turns even a breached
clock into a met one. Only a tacit decision stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

from gateway.domain.calendar import Calendar
from gateway.domain.clock_state import ENDED, ClockState
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
    event_from_json,
    event_to_json,
    follow,
    may_follow,
)
from gateway.domain.errors import Conflict
from gateway.domain.escalation import margin_at
from gateway.domain.service import Silence, Term, Unit
from gateway.domain.term import closing_of, due, line_to_json, term_from_json, term_to_json, warning_at
from gateway.domain.term_rule import Length

__all__ = [
    "ENDED",
    "LEGAL",
    "Clock",
    "ClockKind",
    "ClockState",
    "breach",
    "cancel",
    "course_of",
    "end_clock",
    "extend",
    "lapse",
    "legal_deadline",
    "new_clock",
    "rederive",
    "resume",
    "start",
    "start_clock",
    "suspend",
    "tacit",
    "warned",
]

#: ``norm`` is the service norm: a promise of the office. ``acknowledgement`` runs until the receipt of the application is
#: confirmed, ``completeness`` until it is known whether anything is missing.
ClockKind = Literal["statutory", "step", "norm", "acknowledgement", "completeness"]
#: Kinds whose end is a legal deadline of requests, and so decides which is served first. The others are kept by people.
LEGAL: Final = frozenset({"statutory", "step"})
_TACIT: Final = {Silence.GRANTED: ClockState.TACITLY_GRANTED, Silence.REFUSED: ClockState.TACITLY_REFUSED}
#: When a person takes over where the rule does not say.
_MARGIN: Final = Length(1, Unit.WORKING_DAYS)


@dataclass(slots=True)
class Clock:
    """One row of ``clocks``.

    ``term`` is the pinned rule (``term_to_json``); ``calendar`` and ``calendar_version`` are those it was last derived
    with. ``due_at`` is the first instant that is too late; before the start it is a forecast and ``provisional``, while the
    clock is suspended there is none. ``step`` names the step of a ``step`` clock. ``explanation`` is the derivation:
    objects with ``code`` and params. ``escalate_at`` is when a person has to take over what a machine still tries, so that
    paper or the telephone can do it in time. ``events`` are what happened to the clock (``event_to_json``), in order.
    ``lapses_at`` is when a suspension has used up its maximum and the clock runs on by itself. ``closing`` is when the
    office closes (``HH:MM``), kept where the last day of the rule ends then and empty elsewhere. ``levels_told`` are the
    levels of the rule's ladder that have been told. All instants are UTC.
    """

    id: UUID
    case_id: UUID
    kind: ClockKind
    state: ClockState
    term: Mapping[str, Any]
    calendar: str
    calendar_version: str
    time_zone: str
    step: str = ""
    started_at: datetime | None = None
    due_at: datetime | None = None
    provisional: bool = False
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    ended_at: datetime | None = None
    explanation: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    escalate_at: datetime | None = None
    events: Sequence[Mapping[str, Any]] = ()
    lapses_at: datetime | None = None
    closing: str = ""
    levels_told: Sequence[str] = ()

    @property
    def next_at(self) -> datetime | None:
        """When the clock role has work on it: the warning, then the due instant, or the lapse of a suspension; ``None``
        when it only stands."""
        if self.state is ClockState.SUSPENDED:
            return self.lapses_at
        if self.state is not ClockState.RUNNING:
            return None
        return self.warn_at if self.warn_at is not None and self.warned_at is None else self.due_at

    @property
    def rule(self) -> Term:
        """The pinned rule as a term."""
        return term_from_json(self.term)

    @property
    def closes(self) -> time | None:
        """When the office closes, where the last day of the rule ends then."""
        return closing_of(self.closing) if self.closing else None

    @property
    def history(self) -> tuple[ClockEvent, ...]:
        """What happened to the clock. The release before this one kept its start alone."""
        if not self.events and self.started_at is not None:
            return (Triggered(self.started_at),)
        return tuple(event_from_json(event) for event in self.events)


def new_clock(
    id_: UUID,
    case_id: UUID,
    kind: ClockKind,
    term: Term,
    calendar: Calendar,
    time_zone: str,
    *,
    forecast_from: datetime,
    step: str = "",
    closing: str = "",
) -> Clock:
    """Return a clock that waits for its trigger, with the due date as if the trigger came at ``forecast_from``."""
    clock = Clock(id_, case_id, kind, ClockState.NOT_STARTED, term_to_json(term), calendar.id, calendar.version, time_zone, step)
    clock.closing = closing
    end = due(term, forecast_from, calendar, time_zone, clock.closes)
    lines = tuple(line_to_json(line) for line in end.explanation)
    return replace(clock, due_at=end.due_at, provisional=True, explanation=lines)


def start_clock(
    id_: UUID,
    case_id: UUID,
    kind: ClockKind,
    term: Term,
    calendar: Calendar,
    time_zone: str,
    *,
    at: datetime,
    step: str = "",
    closing: str = "",
) -> Clock:
    """Return a clock that runs since ``at``."""
    made = new_clock(id_, case_id, kind, term, calendar, time_zone, forecast_from=at, step=step, closing=closing)
    return start(made, at, calendar)


def start(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """Return the clock running since ``at``. A clock that has started already is returned unchanged."""
    if clock.state is not ClockState.NOT_STARTED:
        return clock
    return _followed(replace(clock, started_at=at), (Triggered(at),), calendar)


def suspend(clock: Clock, at: datetime, ground: str, calendar: Calendar) -> Clock:
    """Return the clock suspended on ``ground`` since ``at``. Raises ``ClockRefused`` with the rule that forbids it."""
    return _with(clock, Suspended(at, ground), calendar)


def resume(clock: Clock, at: datetime, ground: str, calendar: Calendar) -> Clock:
    """Return the clock with ``ground`` (empty: the only one) over at ``at``. Raises ``ClockRefused``."""
    return _with(clock, Resumed(at, ground), calendar)


def extend(clock: Clock, notice: datetime, length: int | None, calendar: Calendar) -> Clock:
    """Return the clock extended, as notified at ``notice``; ``length`` in the rule's unit, its most unless given.

    Raises ``ClockRefused``.
    """
    return _with(clock, Extended(notice, length), calendar)


def lapse(clock: Clock, calendar: Calendar) -> Clock:
    """Return the clock running on since ``lapses_at``: no ground holds it any longer, for each has used up its maximum."""
    if clock.state is not ClockState.SUSPENDED or clock.lapses_at is None:
        return clock
    history: tuple[ClockEvent, ...] = clock.history
    for ground in _course(clock, history, calendar).suspended_on:
        history = (*history, Resumed(clock.lapses_at, ground))
    return _followed(clock, history, calendar)


def rederive(clock: Clock, calendar: Calendar) -> Clock:
    """Return the clock with its dates derived anew from its events, as with a new version of its calendar.

    What ended, or has not started, is returned unchanged.
    """
    if clock.state not in (ClockState.RUNNING, ClockState.SUSPENDED) or clock.started_at is None:
        return clock
    return _followed(clock, clock.history, calendar)


def end_clock(clock: Clock, at: datetime, dated: datetime | None = None) -> Clock:
    """Return the clock ended by an act at ``at`` (receipt at our edge): met before the due instant, else met late.

    ``dated``: when the act says that it was made; one from before the due instant that reached us at or after it is
    disputed. A clock that never started is cancelled: there was nothing to keep.
    """
    if clock.state in ENDED:
        return clock
    if clock.state is ClockState.NOT_STARTED:
        return cancel(clock, at)
    said = dated if dated is not None and dated <= at else None
    if clock.due_at is None or at < clock.due_at:
        state = ClockState.MET
    else:
        state = ClockState.DISPUTED if said is not None and said < clock.due_at else ClockState.MET_LATE
    return replace(clock, state=state, ended_at=at, events=_ended(clock, Ended(at, said)), lapses_at=None)


def warned(clock: Clock, at: datetime) -> Clock:
    """Return the clock with its warning noted as given at ``at``, once."""
    return clock if clock.warned_at is not None else replace(clock, warned_at=at)


def breach(clock: Clock, at: datetime) -> Clock:
    """Return the clock breached. Raises ``Conflict`` when the due instant is still to come at ``at``."""
    if clock.state is not ClockState.RUNNING:
        return clock
    _must_be_due(clock, at)
    return replace(clock, state=ClockState.BREACHED)


def tacit(clock: Clock, at: datetime) -> Clock:
    """Return the clock ended by what the law reads into silence, as of the due instant itself.

    Raises ``Conflict`` when that is still to come at ``at``, or when the law reads nothing into it.
    """
    if clock.state is not ClockState.RUNNING:
        return clock
    _must_be_due(clock, at)
    state = _TACIT.get(clock.rule.silence)
    if state is None:
        raise Conflict("no_silence", "the law reads nothing into silence here; the clock is breached and the case goes on")
    return replace(clock, state=state, ended_at=clock.due_at)


def cancel(clock: Clock, at: datetime) -> Clock:
    """Return the clock cancelled (a withdrawn case, a superseded request). A breach stays on record."""
    if clock.state in ENDED or clock.state is ClockState.BREACHED:
        return clock
    return replace(clock, state=ClockState.CANCELLED, ended_at=at, events=_ended(clock, Cancelled(at)), lapses_at=None)


def legal_deadline(clocks: Iterable[Clock]) -> datetime | None:
    """Return the earliest due instant of the clocks that run, or ran out and still wait for their end.

    A breached clock counts, so that what is already late is not served last. Only ``LEGAL`` clocks count.
    """
    open_ = (ClockState.RUNNING, ClockState.BREACHED)
    return min((c.due_at for c in clocks if c.kind in LEGAL and c.state in open_ and c.due_at is not None), default=None)


def _must_be_due(clock: Clock, at: datetime) -> None:
    if clock.due_at is None or at < clock.due_at:
        raise Conflict("clock_not_due", f"the clock is due at {clock.due_at}, not yet at {at}; it cannot expire before")


def _with(clock: Clock, event: ClockEvent, calendar: Calendar) -> Clock:
    """Return the clock after an event that people bring about; what has ended or expired takes no more."""
    if clock.state in ENDED:
        raise ClockRefused("already_ended", f"the clock is {clock.state}; nothing follows that")
    if clock.state is ClockState.BREACHED:
        code = "notice_after_expiry" if isinstance(event, Extended) else "after_expiry"
        raise ClockRefused(code, f"the term ran out at {clock.due_at}; it can no longer be suspended, resumed or extended")
    history = clock.history
    may_follow(clock.rule, history, event, calendar, clock.time_zone, closing=clock.closes)
    return _followed(clock, (*history, event), calendar)


def _ended(clock: Clock, event: Ended | Cancelled) -> tuple[Mapping[str, Any], ...]:
    """The events up to the end; what was recorded as later than it has not happened to this clock."""
    before = [known for known in clock.history if known.at <= event.at]
    return tuple(event_to_json(each) for each in (*before, event))


def course_of(clock: Clock, calendar: Calendar) -> Course:
    """Return where the clock stands by its events, derived with ``calendar``."""
    return _course(clock, clock.history, calendar)


def _course(clock: Clock, history: Sequence[ClockEvent], calendar: Calendar) -> Course:
    return follow(clock.rule, history, calendar, clock.time_zone, closing=clock.closes, accepted=True)


def _followed(clock: Clock, history: Sequence[ClockEvent], calendar: Calendar) -> Clock:
    """Return the clock with all that follows from its events. It runs or is suspended; expiry is for the clock role."""
    course, rule, since = _course(clock, history, calendar), clock.rule, clock.started_at
    due_at, zone = course.due_at, clock.time_zone
    warn_at = None
    if course.date is not None and since is not None:
        warn_at = warning_at(rule, course.date, since, calendar, zone, clock.closes)
    again = due_at != clock.due_at and warn_at is not None and clock.warned_at is not None and warn_at > clock.warned_at
    return replace(
        clock,
        state=ClockState.SUSPENDED if course.suspended_on else ClockState.RUNNING,
        calendar=calendar.id,
        calendar_version=calendar.version,
        due_at=due_at,
        provisional=course.provisional,
        warn_at=warn_at,
        warned_at=None if again else clock.warned_at,
        escalate_at=_takes_over(rule, course, calendar, zone),
        explanation=tuple(line_to_json(line) for line in course.explanation if line.code != "state"),
        events=tuple(event_to_json(event) for event in history),
        lapses_at=course.lapses_at,
    )


@lru_cache(maxsize=1024)
def _with_margin(rule: Term) -> Term:
    return replace(rule, margin=_MARGIN)


def _takes_over(rule: Term, course: Course, calendar: Calendar, time_zone: str) -> datetime | None:
    """By the margin of the rule; without one a working day before the end, but not in the first half of a short term."""
    if rule.margin is not None:
        return margin_at(rule, course, calendar, time_zone)
    at = margin_at(_with_margin(rule), course, calendar, time_zone)
    if at is None or course.started_at is None or course.due_at is None:
        return at
    return max(at, course.started_at + (course.due_at - course.started_at) / 2)
